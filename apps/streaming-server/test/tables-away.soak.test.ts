import { EventBus } from '@bnc/event-bus';
import { redis as redisTransport } from '@bnc/event-bus/redis';
import { startRedis } from '@bnc/testing/redis';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ServerEvents } from '../src/rooms/events.ts';
import { RedisTables } from '../src/rooms/redis-tables.ts';
import { payloadOf } from './payloads.ts';
import { pushOf } from './pushes.ts';
import { deliveryOf } from './room-stage.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let redis: Awaited<ReturnType<typeof startRedis>>;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** A server, and another one that shares its Redis. */
let server: TestServer;
let tables: RedisTables;
let bus: EventBus<ServerEvents>;
let client: ReturnType<typeof createClient>;
beforeEach(async () => {
  server = await TestServer.start({ redisUrl: redis.url });
  tables = await RedisTables.open(redis.url, { keepMs: 86_400_000, onError: () => {} });
  bus = new EventBus<ServerEvents>({ transport: await redisTransport({ url: redis.url }) });
  client = createClient({ url: redis.url });
  await client.connect();
});
afterEach(async () => {
  await server.close();
  await bus.close();
  tables.close();
  client.destroy();
});

/** Has a table answer with nothing but errors, for a while. */
async function breakFor(ms: number, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await client.rename(`{bnc}:${name}`, `{bnc}:${name} aside`);
    await client.set(`{bnc}:${name}`, 'broken');
  }
  await new Promise((resolve) => setTimeout(resolve, ms));
  for (const name of names) await client.rename(`{bnc}:${name} aside`, `{bnc}:${name}`);
}

function news(repoId: string, repositoryId: number, isPrivate: boolean) {
  return {
    repoId,
    repositoryId,
    isPrivate,
    occurredAt: Number(isPrivate),
  };
}

describe('while the tables do not answer', { timeout: 60_000 }, () => {
  test('news that a repository is private waits for them, and closes it to strangers then', async () => {
    await tables.learn(news('octo/closing', 901, false));
    await using stranger = await SSEReader.open(`${server.origin}/stream/octo/closing?format=pcm-s16le`);
    await tables.learn(news('octo/closing', 901, true));
    const broken = breakFor(1_000, 'names');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await bus.publish('repository:changed', { repoId: 'octo/closing' }, { key: 'octo/closing' });
    await broken;
    const silence = new Promise((resolve) => setTimeout(resolve, 3_000, 'silence'));
    expect(await Promise.race([stranger.ended, silence])).not.toBe('silence');
    expect(stranger.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
  });

  test('a private phrase is sent to no stranger', async () => {
    await tables.learn(news('octo/lost-news', 902, false));
    await using stranger = await SSEReader.open(`${server.origin}/stream/octo/lost-news?format=pcm-s16le`);
    await tables.learn(news('octo/lost-news', 902, true));
    const broken = breakFor(4_000, 'names');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const delivery = deliveryOf({ repoId: 'octo/lost-news', repositoryId: 902, isPrivate: true });
    await bus.publish('webhook:github:push', delivery, { key: '902' });
    await broken;
    await stranger.ended;
    expect(stranger.all('audio_buffer')).toEqual([]);
  });

  test('what happens in a room waits for them, and is no dead letter', async () => {
    await tables.learn(news('octo/waits', 903, false));
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/waits?format=pcm-s16le`);
    const broken = breakFor(8_000, 'repositories');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const delivery = deliveryOf({ repoId: 'octo/waits', repositoryId: 903 });
    await bus.publish('webhook:github:push', delivery, { key: '903' });
    await broken;
    await listener.next('audio_buffer');
    expect(await bus.listDeadLetters()).toEqual([]);
  });

  test('a change of the merged rooms waits for them', async () => {
    await tables.putMergedRoom({ name: 'duo', repositories: ['octo/late'] });
    const broken = breakFor(1_000, 'merged');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await bus.publish('rooms:changed', { name: 'duo' }, { key: 'rooms' });
    await broken;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/late?format=pcm-s16le`);
    expect(listener.all('connected')[0]?.data.repoId).toBe('duo');
  });
});

test('requests are answered 503 while Redis is away, and an open stream goes on', { timeout: 60_000 }, async () => {
  const own = await startRedis({ appendonly: 'everysec' });
  const lonely = await TestServer.start({ redisUrl: own.url });
  const push = payloadOf('push', 'octo/away');
  await lonely.deliver('push', push);
  await using listener = await SSEReader.open(`${lonely.origin}/stream/octo/away?format=pcm-s16le`);
  await listener.next('audio_buffer', 0, 30_000);
  await own.kill('SIGKILL');
  await expect.poll(async () => (await lonely.deliver('push', payloadOf('push', 'octo/other'))).status).toBe(503);
  for (const path of ['/history/octo/away', '/health/repo/octo/away', '/stream/octo/away', '/stream/octo/other']) {
    const headers = { accept: path.startsWith('/stream') ? 'text/event-stream' : '*/*' };
    const { status, headers: answered } = await fetch(lonely.origin + path, { headers });
    expect([path, status, answered.get('retry-after')]).toEqual([path, 503, '5']);
  }
  await own.restart();
  await expect
    .poll(async () => (await fetch(`${lonely.origin}/history/octo/away`)).status, { timeout: 10_000 })
    .toBe(200);
  // The log and the tables have connections of their own, which come back one after the other.
  await expect
    .poll(async () => (await lonely.deliver('pull_request', payloadOf('pull_request', 'octo/away'))).status)
    .toBe(202);
  await listener.next('audio_buffer', 1, 30_000);
  await lonely.close();
  await own.stop();
});

test('deliveries are refused with 503 while Redis is full, reading goes on, and so does everything when there is space', {
  timeout: 60_000,
}, async () => {
  const own = await startRedis({ appendonly: 'everysec', args: ['--maxmemory', '16mb'] });
  const client = await createClient({ url: own.url }).connect();
  const full = await TestServer.start({ redisUrl: own.url });
  try {
    await full.deliver('push', pushOf('octo/full', 906));
    await using listener = await SSEReader.open(`${full.origin}/stream/octo/full?format=score`);
    await listener.next('audio_buffer');
    const junk: string[] = [];
    for (const bytes of [2 ** 18, 2 ** 13, 2 ** 8]) {
      const add = (): Promise<unknown> => client.set(`junk:${junk.length}`, Buffer.alloc(bytes));
      while (await add().catch(() => undefined)) junk.push(`junk:${junk.length}`);
    }
    const refused = await full.deliver('push', pushOf('octo/full', 906));
    expect([refused.status, refused.body.code]).toEqual([503, 'WEBHOOK_STORE_UNAVAILABLE']);
    for (const path of ['/history/octo/full', '/health/repo/octo/full', '/time', '/']) {
      expect([path, (await fetch(full.origin + path)).status]).toEqual([path, 200]);
    }
    await client.unlink(junk);
    await expect.poll(async () => (await full.deliver('push', pushOf('octo/full', 906))).status).toBe(202);
    await listener.next('audio_buffer', 1, 30_000);
  } finally {
    client.destroy();
    await full.close();
    await own.stop();
  }
});

test('when Redis has lost everything, streams go on, deliveries are taken and heard, and who comes back gets what followed', {
  timeout: 60_000,
}, async () => {
  const own = await startRedis({ appendonly: 'everysec' });
  const client = await createClient({ url: own.url }).connect();
  const lonely = await TestServer.start({ redisUrl: own.url });
  try {
    await lonely.deliver('push', pushOf('octo/lost', 907));
    await using listener = await SSEReader.open(`${lonely.origin}/stream/octo/lost?format=score`);
    await listener.next('audio_buffer');
    await client.flushAll();
    await expect
      .poll(
        async () => {
          const { status } = await lonely.deliver('push', pushOf('octo/lost', 907));
          return [status, listener.all('audio_buffer').length > 1];
        },
        { timeout: 45_000, interval: 1000 },
      )
      .toEqual([202, true]);
    expect(listener.all('disconnected')).toEqual([]);
    await using later = await SSEReader.open(`${lonely.origin}/stream/octo/lost?format=score`, {
      'last-event-id': listener.ids.find((id) => id !== undefined) ?? '',
    });
    expect(later.all('connected')[0]?.data.resumed).toBe('replayed');
    await later.next('audio_buffer');
  } finally {
    client.destroy();
    await lonely.close();
    await own.stop();
  }
});
