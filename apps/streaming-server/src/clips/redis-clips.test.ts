import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DiskClips } from './clip-store.ts';
import { RedisClips } from './redis-clips.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnc-redis-clips-'));
let redis: Awaited<ReturnType<typeof startRedis>>;
let client: ReturnType<typeof createClient>;
beforeAll(async () => {
  redis = await startRedis();
  client = createClient({ url: redis.url });
  await client.connect();
});
afterAll(async () => {
  client.destroy();
  await redis.stop();
  rmSync(folder, { recursive: true });
});

test('clips in Redis take no more than their budget: the oldest go, and what is deleted leaves nothing', async () => {
  const maxBytes = 100_000;
  const disk = new DiskClips(folder);
  await using clips = Object.assign(await RedisClips.open(redis.url, { disk, maxBytes, onError: () => {} }), {
    async [Symbol.asyncDispose](this: RedisClips) {
      this.close();
    },
  });
  const names = Array.from({ length: 50 }, () => `${randomBytes(32).toString('hex')}.clip`);
  for (const name of names) await clips.put(name, randomBytes(9000));
  const there = async (): Promise<readonly string[]> => (await client.keys('bnc:clip:*')).map((key) => key.slice(9));
  expect((await there()).toSorted()).toEqual(names.slice(-11).toSorted());
  // Again and larger: it counts once, and is the newest.
  const again = names[40] ?? '';
  await clips.put(again, randomBytes(20_000));
  expect(await client.hGet('bnc:clips:sizes', '*')).toBe('92000');
  expect(await there()).toHaveLength(9);
  expect(await there()).toContain(again);
  // What is larger than the budget is not kept, and takes nothing that is smaller with it for good.
  await clips.put(`${'0'.repeat(64)}.clip`, randomBytes(maxBytes + 1));
  expect(await there()).toEqual([]);
  await clips.put(again, randomBytes(10));
  await clips.delete(again);
  expect(await client.keys('bnc:clip*')).toEqual(['bnc:clips:sizes']);
  expect(await client.hGetAll('bnc:clips:sizes')).toMatchObject({ '*': '0' });
});
