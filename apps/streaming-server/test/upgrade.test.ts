import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

/**
 * A data folder of the release before rooms had tables, killed while `octo/cat` sounded: `octo/secret` is private, what
 * happened in `octo/dog` was never heard, and two pushes to `octo/cat` had been accepted and not been told.
 */
const fixture = join(import.meta.dirname, 'fixtures/events-of-layout-1.sqlite.gz');

describe('a data folder of an earlier release', { timeout: 60_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bnc-upgrade-'));
  let server: TestServer;
  beforeAll(async () => {
    writeFileSync(join(dataDir, 'events.sqlite'), gunzipSync(readFileSync(fixture)));
    server = await TestServer.start({ dataDir });
  });
  afterAll(async () => {
    await server.close();
    rmSync(dataDir, { recursive: true });
  });
  const history = async (repoId: string): Promise<readonly { speaksFor: number; startAt?: number }[]> => {
    const answer = await fetch(`${server.origin}/history/${repoId}`);
    return ((await answer.json()) as { phrases: { speaksFor: number; startAt?: number }[] }).phrases;
  };

  const toldIn = async (repoId: string): Promise<number> =>
    (await history(repoId)).reduce((sum, { speaksFor }) => sum + speaksFor, 0);

  test('keeps a private repository private', async () => {
    await expect(SSEReader.open(`${server.origin}/stream/octo/secret`)).rejects.toThrow(/^404/);
    expect((await fetch(`${server.origin}/history/octo/secret`)).status).toBe(404);
  });

  test('tells what had been accepted and not been told, once', async () => {
    await expect.poll(() => toldIn('octo/cat')).toBe(3);
    expect((await history('octo/cat')).at(-1)?.startAt).toBeGreaterThan(0);
  });

  test('lets a listener go on after the message that came last', async () => {
    await using returned = await SSEReader.open(`${server.origin}/stream/octo/cat?format=pcm-s16le`, {
      'last-event-id': 'e49c75bb-8',
    });
    expect(returned.all('connected')[0]?.data.resumed).toBe('replayed');
  });

  test('does the same at the next start, and nothing twice', async () => {
    await server.close();
    server = await TestServer.start({ dataDir });
    const delivery = await server.deliver('push', payloadOf('push', 'octo/owl'));
    expect(delivery.body.status).toBe('accepted');
    await expect.poll(async () => (await history('octo/owl')).length).toBe(1);
    expect(await toldIn('octo/cat')).toBe(3);
    expect(await history('octo/dog')).toHaveLength(1);
  });
});
