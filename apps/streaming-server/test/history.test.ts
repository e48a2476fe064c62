import { describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

interface Page {
  readonly repoId: string;
  readonly hasWebhook: boolean;
  readonly lastHeardAt?: number;
  readonly phrases: readonly { readonly phraseId: string; readonly startAt?: number; readonly buffer?: object }[];
  readonly next?: string;
}

async function read(server: TestServer, path: string, headers = {}): Promise<Response> {
  return fetch(`${server.origin}${path}`, { headers });
}

async function pageOf(server: TestServer, path: string, headers = {}): Promise<Page> {
  const response = await read(server, path, headers);
  expect(response.status, path).toBe(200);
  return (await response.json()) as Page;
}

describe('the phrases of a room', { timeout: 60_000 }, () => {
  test.each(['/repos/octo/cat/history', '/repos/octo%2Fcat/history', '/history/octo/cat'])(
    'can be read page by page by those who may listen, under %s',
    async (path) => {
      await using server = await TestServer.start({ adminTokens: [operatorToken] });
      for (let index = 0; index < 3; index++) await server.deliver('push', pushOf('octo/cat', 310));
      await expect.poll(async () => (await pageOf(server, path)).phrases.length).toBe(3);
      const page = await pageOf(server, `${path}?limit=2`);
      expect(page.phrases).toHaveLength(2);
      expect(page.next).toBe(page.phrases[1]?.phraseId);
      const rest = await pageOf(server, `${path}?limit=2&before=${page.next}`);
      expect(rest.phrases).toHaveLength(1);
      expect(rest).not.toHaveProperty('next');
      expect(rest.phrases[0]).toMatchObject({ repoId: 'octo/cat', speaksFor: 1, activity: { event: 'push' } });
      for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=1.5', 'limit=1&limit=2']) {
        const refused = await read(server, `${path}?${query}`);
        expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
          400,
          'HISTORY_LIMIT_INVALID',
        ]);
      }
      await server.deliver('push', pushOf('octo/cat', 310, true));
      const hidden = await read(server, path);
      const unknown = await read(server, path.replaceAll('cat', 'dog'), operator);
      expect(hidden.status).toBe(404);
      expect(unknown.status).toBe(200);
      expect((await read(server, path, operator)).status).toBe(200);
    },
  );

  test('come with their scores, to be drawn and played again', async () => {
    await using server = await TestServer.start();
    await server.deliver('push', pushOf('octo/cat', 310));
    await expect.poll(async () => (await pageOf(server, '/repos/octo/cat/history')).phrases.length).toBe(1);
    const [phrase] = (await pageOf(server, '/repos/octo/cat/history?scores=on')).phrases;
    expect(phrase?.buffer).toMatchObject({ v: 2, encoding: 'score', score: { v: 1 } });
  });

  test('say when the room was heard last, and whether a webhook was ever seen', async () => {
    await using server = await TestServer.start();
    const path = '/repos/octo/cat/history';
    const before = await pageOf(server, path);
    expect(before).toEqual({ repoId: 'octo/cat', hasWebhook: false, phrases: [] });
    await server.deliver('ping', payloadOf('ping', 'octo/cat'));
    const { repository } = payloadOf('ping', 'octo/cat') as { repository: { id: number } };
    expect(await pageOf(server, path)).toEqual({ repoId: 'octo/cat', hasWebhook: true, phrases: [] });
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/cat?format=score`);
    await server.deliver('push', pushOf('octo/cat', repository.id));
    const { data } = await listener.next('audio_buffer');
    await expect.poll(async () => (await pageOf(server, path)).lastHeardAt).toBe(data.startAt);
  });
});

describe('a ping', () => {
  test('of a private repository opens nothing, and an old one opens no repository that has turned private', async () => {
    await using server = await TestServer.start({ adminTokens: [operatorToken], streamDefaultAccess: 'deny' });
    const ping = (isPrivate: boolean) =>
      payloadOf('ping', 'octo/cat', ({ repository }) => Object.assign(repository as object, { private: isPrivate }));
    await server.deliver('ping', ping(true));
    expect((await read(server, '/repos/octo/cat/history')).status).toBe(404);
    await server.deliver('ping', ping(false));
    expect((await read(server, '/repos/octo/cat/history')).status).toBe(404);
    await server.deliver('ping', payloadOf('ping', 'octo/dog'));
    expect((await pageOf(server, '/repos/octo/dog/history')).hasWebhook).toBe(true);
  });
});
