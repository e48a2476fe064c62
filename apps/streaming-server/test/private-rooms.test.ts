import { startRedis } from '@bnc/testing/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryOf } from './builds.ts';
import { byUrl } from './clip-stage.ts';
import { doorsWith, listenerOf } from './listeners.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

/** Every route that says something of a room. */
const routes: readonly ((room: string) => string)[] = [
  (room) => `/stream/${room}?format=score`,
  (room) => `/stream?repo=${room}&format=score`,
  (room) => `/history/${room}`,
  (room) => `/repos/${room}/history`,
  (room) => `/repos/${room}/history?scores=on`,
  (room) => `/health/repo/${room}`,
];

/** What a response shows: status, headers and body, but for what differs each time. */
async function shown(url: string, init: RequestInit = {}): Promise<unknown> {
  const stopped = new AbortController();
  const response = await fetch(url, { ...init, signal: stopped.signal });
  const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  const body = response.ok ? 'a stream, or data' : await response.text();
  stopped.abort();
  return { status: response.status, headers, body };
}

describe('a private repository', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      adminTokens: [operatorToken],
      doors: doorsWith(),
      streamDefaultAccess: 'deny',
    });
    await server.deliver('push', pushOf('acme/secret', 901, true));
    await server.deliver('push', pushOf('acme/other', 902, true));
  });
  afterAll(() => server.close());

  test('looks like one that does not exist, on every route, to whoever may not hear it', async () => {
    const removed = repositoryOf('acme/removed', 903);
    await server.deliver('push', pushOf('acme/removed', 903));
    await server.deliver('repository', { action: 'deleted', ...removed });
    const wrong: readonly Readonly<Record<string, string>>[] = [
      {},
      await listenerOf([902]),
      await listenerOf([]),
      await listenerOf([901], { expiresAt: Date.now() - 1000 }),
      await listenerOf([901], { secret: 'another-secret-of-32-bytes-or-more' }),
      { cookie: `bnc-token=${(await listenerOf([902])).authorization.slice(7)}` },
      { cookie: `__Host-bnc-token=${(await listenerOf([901])).authorization.slice(7)}` },
      { authorization: (await listenerOf([901])).authorization.replace('Bearer', 'Basic') },
    ];
    for (const route of routes) {
      const nothing = await shown(`${server.origin}${route('acme/nothing')}`);
      expect(nothing).toMatchObject({ status: 404, body: expect.stringContaining('REPO_NOT_FOUND') });
      for (const headers of wrong) {
        expect(await shown(`${server.origin}${route('acme/secret')}`, { headers })).toEqual(nothing);
      }
      for (const headers of [{}, await listenerOf([903])]) {
        expect(await shown(`${server.origin}${route('acme/removed')}`, { headers })).toEqual(nothing);
      }
    }
    // What may be taken away: a span, and one phrase that is there.
    const newest = async (): Promise<string | undefined> => {
      const inside = await fetch(`${server.origin}/repos/acme/secret/history`, { headers: operator });
      return ((await inside.json()) as { phrases: { phraseId: string }[] }).phrases[0]?.phraseId;
    };
    await expect.poll(newest).toBeDefined();
    const phraseId = await newest();
    for (const path of ['export?from=0&to=1000&format=mid', `phrases/${phraseId}?format=mid`]) {
      const nothing = await shown(`${server.origin}/repos/acme/nothing/${path}`);
      expect(nothing).toMatchObject({ status: 404, body: expect.stringContaining('REPO_NOT_FOUND') });
      for (const headers of wrong) {
        expect(await shown(`${server.origin}/repos/acme/secret/${path}`, { headers })).toEqual(nothing);
      }
    }
    const taken = await fetch(`${server.origin}/repos/acme/secret/phrases/${phraseId}?format=mid`, {
      headers: await listenerOf([901]),
    });
    expect([taken.status, taken.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
  });

  test('opens to a token that lists it, as a bearer or in a cookie, and never in the query', async () => {
    const { authorization } = await listenerOf([901]);
    const token = authorization.slice(7);
    for (const route of routes) {
      const url = `${server.origin}${route('acme/secret')}`;
      expect(await shown(url, { headers: { authorization } })).toMatchObject({ status: 200 });
      expect(await shown(url, { headers: { cookie: `bnc-token=${token}` } })).toMatchObject({ status: 200 });
      for (const name of ['token', 'access_token', 'authorization', 'bnc-token']) {
        const asked = `${url}${url.includes('?') ? '&' : '?'}${name}=${token}`;
        expect(await shown(asked)).toMatchObject({ status: 404 });
      }
    }
    const { rooms, refused } = await greetingOf(`${server.origin}/stream?repo=acme/secret&repo=acme/other`, {
      authorization,
    });
    expect([rooms?.map(({ asked }) => asked), refused?.map(({ asked }) => asked)]).toEqual([
      ['acme/secret'],
      ['acme/other'],
    ]);
  });

  test('shows its listeners in /health to those who may hear it', async () => {
    await using listener = await SSEReader.open(
      `${server.origin}/stream/acme/secret?format=score`,
      await listenerOf([901]),
    );
    expect(listener.messages.length).toBeGreaterThan(0);
    const roomsFor = async (headers: Record<string, string>): Promise<unknown> => {
      const response = await fetch(`${server.origin}/health`, { headers });
      return ((await response.json()) as { clients: { repoId: string }[] }).clients.map(({ repoId }) => repoId);
    };
    expect(await roomsFor(await listenerOf([901]))).toEqual(['acme/secret']);
    for (const headers of [{}, await listenerOf([902])]) expect(await roomsFor(headers)).toEqual([]);
  });

  test('closes to a listener whose token ends, within a second or so, and stays open to the others', async () => {
    const url = `${server.origin}/stream/acme/secret?format=score`;
    await using stays = await SSEReader.open(url, await listenerOf([901]));
    await using ends = await SSEReader.open(url, await listenerOf([901], { expiresAt: Date.now() + 2000 }));
    await ends.ended;
    expect(ends.all('disconnected')[0]?.data.code).toBe('STREAM_EXPIRED');
    expect(stays.all('disconnected')).toEqual([]);
    expect((await fetch(url, { headers: await listenerOf([901]), method: 'HEAD' })).status).toBe(200);
  });

  test('lets a listener go on whose token ends where it needs none', async () => {
    await server.deliver('push', pushOf('acme/open', 904));
    const headers = await listenerOf([901], { expiresAt: Date.now() + 3000 });
    await using listener = await SSEReader.open(`${server.origin}/stream/acme/open?format=score`, headers);
    await using control = await SSEReader.open(`${server.origin}/stream/acme/secret?format=score`, headers);
    await control.ended;
    await server.deliver('push', pushOf('acme/open', 904));
    await listener.next('audio_buffer', 1);
    // It turns private, and the token that would have opened it has ended.
    await server.deliver('push', pushOf('acme/open', 904, true));
    await listener.ended;
    expect(listener.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
  });

  test('closes to everyone when it is deleted, or the app is removed from it', async () => {
    await server.deliver('push', pushOf('acme/leaving', 905, true));
    await server.deliver('push', pushOf('acme/public-leaving', 906));
    const headers = await listenerOf([905]);
    await using insider = await SSEReader.open(`${server.origin}/stream/acme/leaving?format=score`, headers);
    await using stranger = await SSEReader.open(`${server.origin}/stream/acme/public-leaving?format=score`);
    const { repository } = repositoryOf('acme/leaving', 905) as { repository: object };
    await server.deliver('installation_repositories', {
      action: 'removed',
      installation: { id: 1 },
      repositories_added: [],
      repositories_removed: [{ ...repository, private: true }],
    });
    await server.deliver('repository', { action: 'deleted', ...repositoryOf('acme/public-leaving', 906) });
    await Promise.all([insider.ended, stranger.ended]);
    for (const reader of [insider, stranger]) expect(reader.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
    expect((await fetch(`${server.origin}/history/acme/leaving`, { headers })).status).toBe(404);
    expect((await fetch(`${server.origin}/history/acme/leaving`, { headers: operator })).status).toBe(200);
  });

  test('is followed to its new name by those who may hear it, and its old name inherits nothing', async () => {
    await server.deliver('push', pushOf('acme/before', 907, true));
    const headers = await listenerOf([907]);
    await using insider = await SSEReader.open(`${server.origin}/stream/acme/before?format=score`, headers);
    const { repository } = repositoryOf('acme/after', 907) as { repository: object };
    await server.deliver('repository', {
      action: 'renamed',
      changes: { repository: { name: { from: 'before' } } },
      repository: { ...repository, private: true },
    });
    await insider.ended;
    expect(insider.all('moved')[0]?.data).toEqual({ from: 'acme/before', to: 'acme/after' });
    expect((await greetingOf(`${server.origin}/stream/acme/before`, headers)).repoId).toBe('acme/after');
    await server.deliver('push', pushOf('acme/before', 908, true));
    expect((await fetch(`${server.origin}/history/acme/before`, { headers })).status).toBe(404);
    expect((await fetch(`${server.origin}/history/acme/after`, { headers })).status).toBe(200);
  });

  test('links to clips under a signed path, which opens that clip and ends; others have the bytes by token only', async () => {
    const headers = await listenerOf([901]);
    await using listener = await SSEReader.open(
      `${server.origin}/stream/acme/secret?delivery=url&format=flac`,
      headers,
    );
    const { buffer } = (await listener.next('audio_buffer', 0, 30_000)).data;
    const signed = byUrl(buffer).renditions[0]?.url ?? '';
    const [, , signature = '', name = ''] = signed.split('/');
    expect(signed).toMatch(/^\/clips\/[\w.-]+\/[0-9a-f]{64}\.flac$/);
    const get = (path: string, more: Record<string, string> = {}): Promise<Response> =>
      fetch(`${server.origin}${path}`, { method: 'HEAD', headers: more });
    const open = await get(signed);
    expect([open.status, open.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
    expect(open.headers.get('access-control-allow-origin')).toBeNull();
    expect((await get(`/clips/${name}`)).status).toBe(404);
    expect((await get(`/clips/${signature.slice(0, -1)}_/${name}`)).status).toBe(404);
    expect((await get(`/clips/${name}`, await listenerOf([902]))).status).toBe(404);
    for (const path of [`/clips/${name}`, `/clips/ended.${'a'.repeat(22)}/${name}`]) {
      expect((await get(path, headers)).status).toBe(200);
    }
    // The signature is for listeners: it ends with the repository.
    const { repository } = repositoryOf('acme/secret', 901) as { repository: object };
    await server.deliver('repository', { action: 'deleted', repository: { ...repository, private: true } });
    expect((await get(signed)).status).toBe(404);
  });

  test('is heard in a merged room by those whose token lists every private one, and leaves with what it told', async () => {
    const put = (repositories: readonly string[]): Promise<Response> =>
      fetch(`${server.origin}/rooms/crew`, {
        method: 'PUT',
        body: JSON.stringify({ repositories }),
        headers: { ...operator, 'content-type': 'application/json' },
      });
    await put(['crew/one', 'crew/two', 'crew/three']);
    await server.deliver('push', pushOf('crew/one', 911, true));
    await server.deliver('push', pushOf('crew/two', 912, true));
    await server.deliver('push', pushOf('crew/three', 913));
    const url = `${server.origin}/repos/crew/history`;
    const both = await listenerOf([911, 912]);
    const heard = async (headers: Record<string, string>): Promise<readonly string[]> => {
      const { phrases = [] } = (await (await fetch(url, { headers })).json()) as {
        phrases?: { tells: { repoId: string }[] }[];
      };
      return [...new Set(phrases.flatMap(({ tells }) => tells.map(({ repoId }) => repoId)))].toSorted();
    };
    await expect.poll(() => heard(both)).toEqual(['crew/one', 'crew/three', 'crew/two']);
    for (const numbers of [[911], [912], [913, 911], []]) {
      expect((await fetch(url, { headers: await listenerOf(numbers) })).status).toBe(404);
    }
    await using one = await SSEReader.open(`${server.origin}/stream/crew?format=score`, both);
    await put(['crew/one', 'crew/three']);
    const fewer = await listenerOf([911]);
    expect(await heard(fewer)).not.toContain('crew/two');
    await using late = await SSEReader.open(`${server.origin}/stream/crew?format=score`, {
      ...fewer,
      'last-event-id': '0-1',
    });
    await server.deliver('push', pushOf('crew/one', 911, true));
    await late.next('audio_buffer');
    const told = late.all('audio_buffer').flatMap(({ data }) => data.tells?.map(({ repoId }) => repoId) ?? []);
    expect(told).not.toContain('crew/two');
    expect(one.all('disconnected')).toEqual([]);
  });
});

async function greetingOf(url: string, headers: Record<string, string>) {
  await using reader = await SSEReader.open(url, headers);
  return (await reader.next('connected')).data;
}

describe('a repository that turns private while strangers listen on two servers', { timeout: 60_000 }, () => {
  test('is silent for all of them within a second, with its history, replay and clips', async () => {
    const redis = await startRedis();
    const shared = { redisUrl: redis.url, doors: doorsWith({ sessionSecrets: [] }) };
    const [one, two] = await Promise.all([TestServer.start(shared), TestServer.start(shared)]);
    try {
      const push = pushOf('acme/open', 920);
      const strangers = await Promise.all(
        [one, two].flatMap(({ origin }) => [
          SSEReader.open(`${origin}/stream/acme/open?format=score`),
          SSEReader.open(`${origin}/stream/acme/open?format=flac&delivery=url`),
        ]),
      );
      await one.deliver('push', push);
      const { buffer } = (await strangers[3]?.next('audio_buffer', 0, 30_000))?.data ?? {};
      const { renditions } = byUrl(buffer);
      const clip = renditions[0]?.url ?? '';
      const seen = await fetch(`${two.origin}${clip}`, { method: 'HEAD' });
      expect([seen.status, seen.headers.get('cache-control')]).toEqual([200, 'public, max-age=300, must-revalidate']);
      const { repository } = repositoryOf('acme/open', 920) as { repository: object };
      await one.deliver('repository', { action: 'privatized', repository: { ...repository, private: true } });
      const toldAt = performance.now();
      await Promise.all(strangers.map(({ ended }) => ended));
      // A second by the promise; ten times as long where the machine is busy with other tests.
      expect(performance.now() - toldAt).toBeLessThan(10_000);
      for (const stranger of strangers) expect(stranger.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
      const lastId = strangers[2]?.ids.findLast((id) => id !== undefined && id !== '') ?? '';
      for (const { origin } of [one, two]) {
        const replay = await fetch(`${origin}/stream/acme/open`, { headers: { 'last-event-id': lastId } });
        const paths = ['/history/acme/open', '/repos/acme/open/history', '/health/repo/acme/open', clip];
        const statuses = await Promise.all(paths.map(async (path) => (await fetch(`${origin}${path}`)).status));
        expect([replay.status, ...statuses]).toEqual([404, 404, 404, 404, 404]);
      }
    } finally {
      await Promise.all([one.close(), two.close()]);
      await redis.stop();
    }
  });
});
