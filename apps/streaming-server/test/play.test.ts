import type { StreamMessageOf } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoRepoId, sceneNames } from '../src/demo/scenes.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function post(server: TestServer, path: string, body?: unknown, headers = {}): Promise<Reply> {
  const response = await fetch(`${server.origin}${path}`, {
    method: 'POST',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

describe('a test phrase', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ adminTokens: [operatorToken] });
    await server.deliver('push', pushOf('octo/cat', 910));
  });
  afterAll(() => server.close());

  test('is played to those who listen, as a score and as a clip, and is in the history', async () => {
    await using scores = await SSEReader.open(`${server.origin}/stream/octo/cat?format=score`);
    await using clips = await SSEReader.open(`${server.origin}/stream/octo/cat?format=flac`);
    const wanted = { tempo: 120, duration: 2, bars: 1, scale: ['D4', 'F4', 'A4'], instrumentType: 'fmSynth' };
    const { status, body } = await post(server, '/stream/octo/cat/test', wanted, operator);
    expect(status).toBe(202);
    const isTest = ({ data }: StreamMessageOf<'audio_buffer'>): boolean => data.phraseId === body.phraseId;
    await expect
      .poll(() => scores.all('audio_buffer').find(isTest)?.data, { timeout: 20_000 })
      .toMatchObject({
        params: wanted,
        activity: { event: 'test', title: 'A test phrase' },
        speaksFor: 0,
      });
    await expect.poll(() => clips.all('audio_buffer').some(isTest), { timeout: 20_000 }).toBe(true);
    const newest = async (): Promise<unknown> => {
      const history = await fetch(`${server.origin}/repos/octo/cat/history`);
      return ((await history.json()) as { phrases: { phraseId: string }[] }).phrases[0]?.phraseId;
    };
    await expect.poll(newest).toBe(body.phraseId);
  });

  test('is for the operator alone outside of the demo', async () => {
    for (const path of ['/stream/octo/cat/test', '/stream/octo/nobody/test', `/stream/${demoRepoId}/test`]) {
      expect(await post(server, path, {}), path).toMatchObject({ status: 401, body: { code: 'OPERATOR_ONLY' } });
    }
    const unknown = await post(server, '/stream/octo/nobody/test', {}, operator);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'REPO_NOT_FOUND' } });
  });

  test.each([
    [{ tempo: 10 }],
    [{ duration: 31 }],
    [{ tempo: '120' }],
    [{ scale: [] }],
    [{ scale: ['H9'] }],
    [{ mode: 'sad' }],
    [{ reasons: [{ because: 'advertisement', therefore: 'https://example.com' }] }],
    [[]],
    ['text'],
  ])('refuses %j', async (body) => {
    const refused = await post(server, '/stream/octo/cat/test', body, operator);
    expect(refused).toMatchObject({ status: 400, body: { code: 'TEST_INVALID' } });
  });
});

describe('the demo room', { timeout: 120_000 }, () => {
  test('lets everyone try eighteen things, again and again, each heard as a phrase of its own', async () => {
    await using server = await TestServer.start({ demo: true });
    const path = `/repos/${demoRepoId}/history?limit=100`;
    const signs = async (): Promise<readonly string[]> => {
      const { phrases } = (await (await fetch(`${server.origin}${path}`)).json()) as {
        phrases: { params: { sign: string } }[];
      };
      return phrases.map(({ params }) => params.sign);
    };
    for (const name of sceneNames) {
      expect(await post(server, `/stream/${demoRepoId}/try/${name}`), name).toMatchObject({ status: 202 });
    }
    await expect.poll(async () => new Set(await signs()).size, { timeout: 20_000 }).toBe(18);
    for (const name of ['push', 'opened', 'merged', 'red', 'green', 'deploy']) {
      expect(await post(server, `/stream/${demoRepoId}/try/${name}`), name).toMatchObject({ status: 202 });
    }
    await expect.poll(async () => (await signs()).length, { timeout: 20_000 }).toBe(24);
    // The address has six requests left in this minute.
    for (let left = 6; left > 0; left--) await post(server, `/stream/${demoRepoId}/try/push`);
    expect(await post(server, `/stream/${demoRepoId}/try/push`)).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED' },
    });
  });

  test('is the only one that can be tried, and only with what it knows', async () => {
    await using server = await TestServer.start({ demo: true, adminTokens: [operatorToken] });
    expect(await post(server, '/stream/octo/cat/try/push', undefined, operator)).toMatchObject({
      status: 404,
      body: { code: 'TRY_ONLY_IN_DEMO' },
    });
    expect(await post(server, `/stream/${demoRepoId}/try/explode`)).toMatchObject({
      status: 400,
      body: { code: 'TRY_UNKNOWN' },
    });
    expect(await post(server, `/stream/${demoRepoId}/test`, {})).toMatchObject({ status: 202 });
  });
});
