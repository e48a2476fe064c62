import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EventBus } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readMergedRooms } from '../src/rooms/merged-rooms.ts';
import { jobOf, repositoryOf } from './builds.ts';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const token = 'an-operator-token-of-32-bytes-or-more';
const operator = { authorization: `Bearer ${token}` };
let pushes = 0;

function idOf(repoId: string): number {
  return (repositoryOf(repoId) as { repository: { id: number } }).repository.id;
}

function pushOf(repoId: string, id: number, isPrivate = false): Record<string, unknown> {
  return payloadOf('push', repoId, (payload) => {
    const sha = (++pushes).toString(16).padStart(40, 'b');
    payload.after = sha;
    payload.head_commit = { ...(payload.head_commit as object), id: sha, message: `push ${pushes}` };
    Object.assign(payload.repository as object, { id, private: isPrivate });
  });
}

describe('a room of several repositories', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ rooms: readMergedRooms('team:choir/*,band/one'), adminTokens: [token] });
  });
  afterAll(() => server.close());

  test('is heard under its name and theirs, and says of each happening where it was', async () => {
    await using listener = await SSEReader.open(`${server.origin}/stream/team?format=pcm-s16le`);
    await using other = await SSEReader.open(`${server.origin}/stream/Band/One?format=pcm-s16le`);
    expect(other.all('connected')[0]?.data).toMatchObject({ repoId: 'team', message: 'Listening to team' });
    await server.deliver('push', pushOf('choir/alto', 301));
    await server.deliver('push', pushOf('band/one', 302));
    await server.deliver('push', pushOf('choir/bass', 303));
    const first = await listener.next('audio_buffer', 0, 30_000);
    const second = await listener.next('audio_buffer', 1, 30_000);
    expect(first.data.repoId).toBe('choir/alto');
    expect(second.data.tells?.map(({ repoId }) => repoId).toSorted()).toEqual(['band/one', 'choir/bass']);
    expect(second.data.startAt).toBeGreaterThanOrEqual(first.data.startAt + first.data.params.duration * 1000 - 1);
    await other.next('audio_buffer', 1, 30_000);
    expect(other.ids).toEqual(listener.ids);
  });

  test('closes to strangers as soon as one of them is private', async () => {
    await using listener = await SSEReader.open(`${server.origin}/stream/team?format=pcm-s16le`);
    await server.deliver('push', pushOf('choir/secret', 304, true));
    await listener.ended;
    expect(listener.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
    for (const name of ['team', 'band/one']) {
      await expect(SSEReader.open(`${server.origin}/stream/${name}`)).rejects.toThrow(/^404/);
    }
    await using insider = await SSEReader.open(`${server.origin}/stream/team?format=pcm-s16le`, operator);
    expect(insider.all('connected')).toHaveLength(1);
  });

  test('keeps what a private repository told from strangers when that is in it no longer', async () => {
    const put = (repositories: readonly string[]): Promise<Response> =>
      fetch(`${server.origin}/rooms/mix`, {
        method: 'PUT',
        headers: { ...operator, 'content-type': 'application/json' },
        body: JSON.stringify({ repositories }),
      });
    await put(['mix/open', 'mix/secret']);
    await server.deliver('push', pushOf('mix/open', 307));
    await server.deliver('push', pushOf('mix/secret', 308, true));
    const history = async (headers: object): Promise<string[]> => {
      const answer = await fetch(`${server.origin}/history/mix`, { headers: { ...headers } });
      return ((await answer.json()) as { phrases: { repoId: string }[] }).phrases.map(({ repoId }) => repoId);
    };
    await expect.poll(() => history(operator)).toHaveLength(2);
    await using insider = await SSEReader.open(`${server.origin}/stream/mix?format=pcm-s16le`, operator);
    expect((await insider.next('audio_buffer', 0, 30_000)).data.repoId).toBe('mix/secret');
    // What is told of it from now on was told too late to be of this room.
    await server.deliver('push', pushOf('mix/secret', 308, true));
    await put(['mix/open']);
    expect(await history({})).toEqual(['mix/open']);
    await using stranger = await SSEReader.open(`${server.origin}/stream/mix?format=pcm-s16le`);
    // The first of these may be told together with the secret one.
    for (let times = 0; times < 20 && stranger.all('audio_buffer').length === 0; times++) {
      await server.deliver('push', pushOf('mix/open', 307));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    const heard = stranger.all('audio_buffer').flatMap(({ data }) => data.tells?.map(({ repoId }) => repoId));
    expect(new Set(heard)).toEqual(new Set(['mix/open']));
    await fetch(`${server.origin}/rooms/mix`, { method: 'DELETE', headers: operator });
  });

  test('is made, changed and ended by the operator, and those who listen are led there', async () => {
    const send = (method: string, body?: object, headers: object = operator): Promise<Response> =>
      fetch(`${server.origin}/rooms/duo`, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
    const refused = await send('PUT', { repositories: ['solo/one'] }, {});
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await send('PUT', { repositories: ['nonsense'] })).status).toBe(400);
    expect((await send('PUT', {})).status).toBe(400);
    await server.deliver('push', pushOf('solo/one', 305));
    await using listener = await SSEReader.open(`${server.origin}/stream/solo/one?format=pcm-s16le`);
    expect((await send('PUT', { repositories: ['solo/one', 'solo/two'] })).status).toBe(204);
    await listener.ended;
    expect(listener.all('moved')[0]?.data).toEqual({ from: 'solo/one', to: 'duo' });
    const rooms = (await (await fetch(`${server.origin}/rooms`, { headers: operator })).json()) as object;
    expect(rooms).toMatchObject({
      rooms: [
        { name: 'duo', isFixed: false },
        { name: 'team', isFixed: true },
      ],
    });
    await using again = await SSEReader.open(`${server.origin}/stream/duo?format=pcm-s16le`);
    await server.deliver('push', pushOf('solo/two', 306));
    expect((await again.next('audio_buffer', 0, 30_000)).data.repoId).toBe('solo/two');
    expect((await send('DELETE')).status).toBe(204);
    await again.ended;
    expect(again.all('disconnected')[0]?.data.code).toBe('STREAM_GONE');
    expect((await send('DELETE')).status).toBe(404);
    expect((await fetch(`${server.origin}/rooms/team`, { method: 'DELETE', headers: operator })).status).toBe(409);
  });
});

describe('the phrases of a room', { timeout: 60_000 }, () => {
  test('can be read page by page by those who may listen', async () => {
    await using server = await TestServer.start({ adminTokens: [token] });
    for (let index = 0; index < 3; index++) await server.deliver('push', pushOf('octo/cat', 310));
    const read = async (query: string, headers = {}): Promise<Response> =>
      fetch(`${server.origin}/history/octo/cat${query}`, { headers });
    await expect.poll(async () => ((await (await read('')).json()) as { phrases: [] }).phrases.length).toBe(3);
    const page = (await (await read('?limit=2')).json()) as { repoId: string; phrases: { phraseId: string }[] };
    expect(page.phrases).toHaveLength(2);
    const rest = (await (await read(`?before=${page.phrases[1]?.phraseId}`)).json()) as typeof page;
    expect(rest.phrases).toHaveLength(1);
    expect(rest.phrases[0]).toMatchObject({ repoId: 'octo/cat', speaksFor: 1, activity: { event: 'push' } });
    for (const query of ['?limit=0', '?limit=101', '?limit=x']) expect((await read(query)).status).toBe(400);
    await server.deliver('push', pushOf('octo/cat', 310, true));
    expect((await read('')).status).toBe(404);
    expect((await read('', operator)).status).toBe(200);
  });
});

describe('a repository that the operator forgets', { timeout: 60_000 }, () => {
  test('is not heard by a stranger who comes when nobody listens to it any more', async () => {
    await using server = await TestServer.start({ adminTokens: [token] });
    await server.deliver('push', pushOf('octo/gone', 322, true));
    const insider = await SSEReader.open(`${server.origin}/stream/octo/gone?format=pcm-s16le`, operator);
    await insider.next('audio_buffer', 0, 30_000);
    await insider.close();
    const url = `${server.origin}/repositories/octo/gone`;
    expect((await fetch(url, { method: 'DELETE', headers: operator })).status).toBe(204);
    await using stranger = await SSEReader.open(`${server.origin}/stream/octo/gone?format=pcm-s16le`, {
      'last-event-id': '0-1',
    });
    await server.deliver('push', pushOf('octo/gone', 322));
    await stranger.next('audio_buffer', 0, 30_000);
    const titles = stranger.all('audio_buffer').flatMap(({ data }) => data.tells?.map(({ title }) => title));
    expect(titles).toEqual([`Pushed 1 commit to master: push ${pushes}`]);
  });

  test('is gone from the log, the tables, the clips and the memory, and begins again as a stranger', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bnc-forget-'));
    const server = await TestServer.start({ dataDir, adminTokens: [token] });
    await server.deliver('push', pushOf('octo/other', 321));
    await server.deliver('push', pushOf('octo/first-name', 320));
    await server.deliver('push', pushOf('octo/gone', 320));
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/gone?delivery=url&format=flac`);
    const { buffer } = (await listener.next('audio_buffer', 0, 30_000)).data;
    const clip = 'renditions' in buffer ? `${server.origin}${buffer.renditions[0]?.url}` : '';
    expect((await fetch(clip, { method: 'HEAD' })).status).toBe(200);

    const forget = (name: string, headers: Record<string, string> = operator): Promise<Response> =>
      fetch(`${server.origin}/repositories/${name}`, { method: 'DELETE', headers });
    expect((await forget('octo/gone', {})).status).toBe(401);
    expect((await forget('octo/nobody')).status).toBe(404);
    expect((await forget('octo/gone')).status).toBe(204);

    expect((await fetch(clip, { method: 'HEAD' })).status).toBe(404);
    const history = await fetch(`${server.origin}/history/octo/gone`);
    expect(await history.json()).toEqual({ repoId: 'octo/gone', phrases: [] });
    await listener.close();
    await server.close();
    for (const file of ['events.sqlite', 'rooms.sqlite']) {
      const db = new DatabaseSync(join(dataDir, file));
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
      const rows = tables.flatMap(({ name }) => db.prepare(`SELECT * FROM "${String(name)}"`).all());
      const text = JSON.stringify(rows);
      db.close();
      expect(text).toContain('octo/other');
      for (const word of ['octo/first-name', '"repoId\\":\\"octo/gone', 'push 9999']) {
        expect(text, `${file}: ${word}`).not.toContain(word);
      }
    }
    await using again = await TestServer.start({ dataDir });
    await again.deliver('push', pushOf('octo/gone', 320));
    await using late = await SSEReader.open(`${again.origin}/stream/octo/gone?format=pcm-s16le`);
    expect((await late.next('audio_buffer', 0, 30_000)).data.speaksFor).toBe(1);
    rmSync(dataDir, { recursive: true });
  });
});

describe('what outlives the log', { timeout: 60_000 }, () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'bnc-cut-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test('is who is private, what a repository is called, and what a room played last', async () => {
    const first = await TestServer.start({ dataDir });
    await first.deliver('push', pushOf('octo/secret', 330, true));
    await first.deliver('push', pushOf('octo/old', 331));
    await first.deliver('push', pushOf('octo/new', 331));
    const listener = await SSEReader.open(`${first.origin}/stream/octo/new?format=pcm-s16le`);
    const { data } = await listener.next('audio_buffer', 0, 30_000);
    const [lastId = ''] = listener.ids.slice(-1);
    await listener.close();
    await first.close();
    const log = new DatabaseSync(join(dataDir, 'events.sqlite'));
    log.exec(
      "UPDATE meta SET value = (SELECT max(seq) FROM events) WHERE name = 'floor'; DELETE FROM events WHERE seq < (SELECT max(seq) FROM events); DELETE FROM heads",
    );
    log.close();

    await using second = await TestServer.start({ dataDir });
    await expect(SSEReader.open(`${second.origin}/stream/octo/secret`)).rejects.toThrow(/^404/);
    await using late = await SSEReader.open(`${second.origin}/stream/octo/old?format=pcm-s16le`);
    expect(late.all('connected')[0]?.data.repoId).toBe('octo/new');
    const again = await late.next('audio_buffer', 0, 30_000);
    expect(again.data).toMatchObject({ startAt: data.startAt, params: data.params });
    await using returned = await SSEReader.open(`${second.origin}/stream/octo/new?format=pcm-s16le`, {
      'last-event-id': lastId,
    });
    expect(returned.all('connected')[0]?.data.resumed).toBe('replayed');
  });

  test('is made again from the log when it is gone, and nothing is told twice', async () => {
    const first = await TestServer.start({ dataDir });
    await first.deliver('push', pushOf('octo/secret', 334, true));
    await first.deliver('workflow_job', jobOf('octo/cat', 'unit', 'success'));
    const listener = await SSEReader.open(`${first.origin}/stream/octo/cat?format=pcm-s16le`);
    await first.deliver('push', pushOf('octo/cat', idOf('octo/cat')));
    const { data } = await listener.next('audio_buffer', 0, 30_000);
    await listener.close();
    await first.close();
    for (const name of readdirSync(dataDir).filter((file) => file.startsWith('rooms.sqlite'))) {
      rmSync(join(dataDir, name));
    }

    await using second = await TestServer.start({ dataDir });
    await expect(SSEReader.open(`${second.origin}/stream/octo/secret`)).rejects.toThrow(/^404/);
    await using late = await SSEReader.open(`${second.origin}/stream/octo/cat?format=pcm-s16le`);
    expect((await late.next('audio_buffer', 0, 30_000)).data.startAt).toBe(data.startAt);
    const history = await fetch(`${second.origin}/history/octo/cat`);
    expect(((await history.json()) as { phrases: [] }).phrases).toHaveLength(1);
  });

  test('is its tempo: a room that was busy is as fast after a restart', async () => {
    const tempoOf = async (server: TestServer, repoId: string, index: number): Promise<number> => {
      const read = async (): Promise<{ params: { tempo: number } }[]> =>
        ((await (await fetch(`${server.origin}/history/${repoId}`)).json()) as { phrases: [] }).phrases;
      await expect.poll(async () => (await read()).length).toBe(index + 1);
      return (await read())[0]?.params.tempo ?? 0;
    };
    const server = await TestServer.start({ dataDir });
    for (let index = 0; index < 6; index++) {
      await server.deliver('push', pushOf('octo/busy', 332));
      await tempoOf(server, 'octo/busy', index);
    }
    const before = await tempoOf(server, 'octo/busy', 5);
    await server.deliver('push', pushOf('octo/calm', 333));
    expect(before).toBeGreaterThan(await tempoOf(server, 'octo/calm', 0));
    await server.close();
    await using again = await TestServer.start({ dataDir });
    await again.deliver('push', pushOf('octo/busy', 332));
    expect(await tempoOf(again, 'octo/busy', 6)).toBeGreaterThanOrEqual(before);
  });
});

describe('dead letters', { timeout: 60_000 }, () => {
  test('are listed, read, given back and deleted by the operator alone', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bnc-letters-'));
    const transport = await sqlite({ file: join(dataDir, 'events.sqlite') });
    await using bus = new EventBus({ transport, retry: { attempts: 1 } });
    const group = { group: 'broken', keys: 'owned' } as const;
    const broken = bus.subscribe('job:*', () => Promise.reject(new Error('it is broken')), group);
    await broken.ready;
    for (const job of [1, 2]) await bus.publish('job:one', { job }, { key: 'one' });
    await expect.poll(async () => (await bus.listDeadLetters()).length).toBe(2);
    await bus.close();

    await using server = await TestServer.start({ dataDir, adminTokens: [token] });
    const ask = (path: string, method = 'GET', headers: Record<string, string> = operator): Promise<Response> =>
      fetch(`${server.origin}/dead-letters${path}`, { method, headers });
    const list = async (query = ''): Promise<{ id: string; topic: string; reason: string; payload?: object }[]> =>
      ((await (await ask(query)).json()) as { deadLetters: [] }).deadLetters;
    const ways = [
      ['', 'GET'],
      ['/1', 'GET'],
      ['/1/retry', 'POST'],
      ['/1', 'DELETE'],
    ] as const;
    for (const [path, method] of ways) expect((await ask(path, method, {})).status).toBe(401);
    const [first, second] = await list();
    expect(first).toMatchObject({ topic: 'job:one', reason: 'Error: it is broken' });
    expect(first).not.toHaveProperty('payload');
    expect(await list(`?after=${first?.id}`)).toEqual([second]);
    expect(await (await ask(`/${first?.id}`)).json()).toMatchObject({ payload: { job: 1 }, attempts: 1 });
    expect((await ask(`/${first?.id}/retry`, 'POST')).status).toBe(202);
    expect((await ask(`/${second?.id}`, 'DELETE')).status).toBe(204);
    expect(await list()).toEqual([]);
    for (const [path, method] of ways.slice(1)) expect((await ask(path, method)).status).toBe(404);
    for (const query of ['?limit=0', '?after=nonsense']) expect((await ask(query)).status).toBe(400);
    expect((await ask('/nonsense')).status).toBe(404);
    rmSync(dataDir, { recursive: true });
  });
});
