import type { MusicalParameters } from '@bnc/contracts';
import { EventBus } from '@bnc/event-bus';
import { redis as redisTransport } from '@bnc/event-bus/redis';
import { startRedis } from '@bnc/testing/redis';
import { expect, test } from 'vitest';
import type { ServerEvents } from '../src/rooms/events.ts';
import { pushOf } from './pushes.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

test('a phrase of a newer release, which this one cannot play, leaves the server and what comes after it as they are', {
  timeout: 60_000,
}, async () => {
  const redis = await startRedis({ appendonly: 'everysec' });
  try {
    await using server = await TestServer.start({ redisUrl: redis.url });
    await using newer = new EventBus<ServerEvents>({ transport: await redisTransport({ url: redis.url }) });
    const forms = ['format=score', 'format=pcm-s16le', 'delivery=url&format=score,opus'];
    const listeners = await Promise.all(
      forms.map((form) => SSEReader.open(`${server.origin}/stream/octo/newer?${form}`)),
    );
    await server.deliver('push', pushOf('octo/newer', 990));
    const first = await listeners[0]?.next('audio_buffer');
    if (!first) throw new Error('no phrase');
    const { params, repoId, activity, reasons, phraseId = '' } = first.data;
    const unknown = { ...params, instrumentOptions: { later: 1 } } as MusicalParameters;
    for (const musicalParams of [unknown, { ...unknown, instrumentType: 'theremin' } as unknown as MusicalParameters]) {
      await newer.publish(
        'music:generated',
        {
          phraseId: `${phraseId}${musicalParams.instrumentType}`,
          repoId,
          repositoryId: 990,
          isPrivate: false,
          isHeard: true,
          startAt: Date.now() + 500,
          hasClips: true,
          deliveryIds: ['later'],
          musicalParams,
          activity,
          reasons,
          receivedAt: Date.now(),
        },
        { key: 'octo/newer' },
      );
    }
    await server.deliver('push', pushOf('octo/newer', 990));
    for (const listener of listeners) {
      const played = (): boolean => listener.all('audio_buffer').some(({ data }) => data.startAt > first.data.startAt);
      await expect.poll(played, { timeout: 45_000 }).toBe(true);
      await listener.close();
    }
    expect(((await (await fetch(`${server.origin}/health`)).json()) as { status: string }).status).toBe('healthy');
  } finally {
    await redis.stop();
  }
});
