import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMergedRooms } from '../src/rooms/merged-rooms.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

describe('a room of several repositories', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ rooms: readMergedRooms('team:choir/*,band/one'), adminTokens: [operatorToken] });
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
    const send = (method: string, body: object): Promise<Response> =>
      fetch(`${server.origin}/rooms/mix`, {
        method,
        headers: { ...operator, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const put = (repositories: readonly string[]): Promise<Response> => send('PUT', { repositories });
    await put(['mix/open', 'mix/secret']);
    // So that it does not sound for long.
    await send('POST', { tempo: [200, 200] });
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
