import { join } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { deliver } from './server.ts';
import { killAll, runServer, settingsFor, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

const folder = useFolder();
const servers = 4;
const rounds = 20;
const deliveries = 12;

function pushOf(repoId: string, n: number): Record<string, unknown> {
  return payloadOf('push', repoId, (payload) => {
    const sha = n.toString(16).padStart(40, 'a');
    payload.after = sha;
    payload.head_commit = { ...(payload.head_commit as object), id: sha };
  });
}

interface Phrase {
  readonly startAt: number;
  readonly endsAt: number;
  readonly speaksFor: number;
}

/** What a listener has heard, once it speaks for everything. */
async function hearAll(listener: SSEReader): Promise<readonly Phrase[]> {
  const phrases = (): Phrase[] =>
    listener.all('audio_buffer').map(({ data: { startAt, params, speaksFor } }) => ({
      startAt,
      endsAt: startAt + params.duration * 1000,
      speaksFor,
    }));
  await expect
    .poll(() => phrases().reduce((sum, { speaksFor }) => sum + speaksFor, 0), { timeout: 60_000 })
    .toBe(deliveries);
  return phrases();
}

test(`${servers} servers on one Redis speak for a burst with one voice: two phrases, one after the other, to everybody`, {
  timeout: 300_000,
}, async () => {
  const redis = await startRedis({ appendonly: 'everysec' });
  try {
    const origins = await Promise.all(
      Array.from({ length: servers }, (_, n) =>
        runServer([], settingsFor(join(folder(), String(n)), { DEMO: 'off', REDIS_URL: redis.url })).origin(),
      ),
    );
    for (let round = 0; round < rounds; round++) {
      const room = `octo/fleet-${round}`;
      const listeners = await Promise.all(
        origins.map((origin) => SSEReader.open(`${origin}/stream/${room}?delivery=url&format=flac`)),
      );
      await Promise.all(
        Array.from({ length: deliveries }, async (_, n) => {
          const answer = await deliver(origins[n % servers] ?? '', 'push', pushOf(room, round * 100 + n));
          expect(answer.body.status).toBe('accepted');
        }),
      );
      const [first = [], ...others] = await Promise.all(listeners.map(hearAll));
      expect(first).toHaveLength(2);
      for (const other of others) expect(other).toEqual(first);
      for (const [index, { startAt }] of first.entries()) {
        expect(startAt).toBeGreaterThanOrEqual((first[index - 1]?.endsAt ?? 0) - 1);
      }
      await Promise.all(listeners.map((listener) => listener.close()));
    }
  } finally {
    killAll();
    await redis.stop();
  }
});
