import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { deliver, secret } from './server.ts';
import { killAll, runServer } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-durable-'));
});
afterEach(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const env = (name: string, more: Record<string, string> = {}): Record<string, string> => ({
  DATA_DIR: join(folder, name),
  GITHUB_WEBHOOK_SECRETS: secret,
  DEMO: 'off',
  ...more,
});

describe('an accepted delivery', { timeout: 120_000 }, () => {
  test('survives kill -9 right after its 202, and is heard once after the restart', async () => {
    const first = runServer([], env('one'));
    const origin = await first.origin();
    const payload = payloadOf('push');
    expect((await deliver(origin, 'push', payload, { deliveryId: 'survivor-1' })).status).toBe(202);
    first.child.kill('SIGKILL');
    await first.ended;

    const second = runServer([], env('one'));
    const again = await second.origin();
    await using listener = await SSEReader.open(`${again}/stream/octo/cat?format=pcm-s16le`);
    const { data } = await listener.next('audio_buffer', 0, 60_000);
    expect(data).toMatchObject({ repoId: 'octo/cat', speaksFor: 1 });
    expect((await deliver(again, 'push', payload, { deliveryId: 'survivor-1' })).body.status).toBe('duplicate');
    await deliver(again, 'pull_request', payloadOf('pull_request'));
    const next = await listener.next('audio_buffer', 1, 60_000);
    expect(next.data.activity.event).toBe('pull_request');
  });

  test('is heard after kill -9 in the middle of its render', async () => {
    const first = runServer([], env('one'));
    const origin = await first.origin();
    const listener = await SSEReader.open(`${origin}/stream/octo/cat?format=pcm-s16le`);
    await deliver(origin, 'push', payloadOf('push'));
    first.child.kill('SIGKILL');
    await first.ended;
    await listener.close();
    expect(listener.all('audio_buffer')).toEqual([]);

    const again = await runServer([], env('one')).origin();
    await using returned = await SSEReader.open(`${again}/stream/octo/cat?format=pcm-s16le`);
    expect((await returned.next('audio_buffer', 0, 60_000)).data.activity.event).toBe('push');
  });

  test('keeps a private repository private after a restart', async () => {
    const first = runServer([], env('one'));
    await deliver(
      await first.origin(),
      'push',
      payloadOf('push', 'octo/cat', ({ repository }) => Object.assign(repository as object, { private: true })),
    );
    first.child.kill('SIGKILL');
    await first.ended;
    const again = await runServer([], env('one')).origin();
    await expect(SSEReader.open(`${again}/stream/octo/cat`)).rejects.toThrow(/^404/);
  });
});

describe('two servers on one Redis', { timeout: 120_000 }, () => {
  test('render a delivery once, and listeners of both hear it at one time', async () => {
    const redis = await startRedis({ appendonly: 'everysec' });
    try {
      const [one, two] = ['one', 'two'].map((name) => runServer([], env(name, { REDIS_URL: redis.url })));
      const origins = await Promise.all([one?.origin() ?? '', two?.origin() ?? '']);
      const listeners = await Promise.all(
        origins.map((origin) => SSEReader.open(`${origin}/stream/octo/cat?format=pcm-s16le`)),
      );
      const answer = await deliver(origins[0] ?? '', 'push', payloadOf('push'), { deliveryId: 'shared-1' });
      expect(answer.status).toBe(202);
      const heard = await Promise.all(listeners.map((listener) => listener.next('audio_buffer', 0, 60_000)));
      expect(heard[1]?.data.buffer).toEqual(heard[0]?.data.buffer);
      expect(heard[1]?.data.startAt).toBe(heard[0]?.data.startAt);

      // The other server knows the delivery too, and the next phrase is again the only one.
      const repeated = await deliver(origins[1] ?? '', 'push', payloadOf('push'), { deliveryId: 'shared-1' });
      expect(repeated.body.status).toBe('duplicate');
      await deliver(origins[1] ?? '', 'pull_request', payloadOf('pull_request'));
      for (const listener of listeners)
        expect((await listener.next('audio_buffer', 1, 60_000)).data.activity.event).toBe('pull_request');

      const rendered = await Promise.all(
        origins.map(
          async (origin) => ((await (await fetch(`${origin}/health`)).json()) as { rendered: number }).rendered,
        ),
      );
      expect(rendered.reduce((sum, count) => sum + count, 0)).toBe(2);
      await Promise.all(listeners.map((listener) => listener.close()));
    } finally {
      killAll();
      await redis.stop();
    }
  });

  test('make a repository private on both at once', async () => {
    const redis = await startRedis({ appendonly: 'everysec' });
    try {
      const origins = await Promise.all(
        ['one', 'two'].map((name) => runServer([], env(name, { REDIS_URL: redis.url })).origin()),
      );
      await using stranger = await SSEReader.open(`${origins[1]}/stream/octo/cat`);
      await deliver(
        origins[0] ?? '',
        'push',
        payloadOf('push', 'octo/cat', ({ repository }) => Object.assign(repository as object, { private: true })),
      );
      await stranger.ended;
      expect(stranger.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
      await expect(SSEReader.open(`${origins[1]}/stream/octo/cat`)).rejects.toThrow(/^404/);
    } finally {
      killAll();
      await redis.stop();
    }
  });
});
