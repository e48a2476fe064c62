import { setTimeout as wait } from 'node:timers/promises';
import { SSEClient } from '@bnc/sse/client';
import { startRedis } from '@bnc/testing/redis';
import { expect, test } from 'vitest';
import { messageOf, pushOf } from './pushes.ts';
import { TestServer } from './server.ts';

interface Listening {
  readonly client: SSEClient;
  readonly heard: string[];
}

function listen({ origin }: TestServer, lastEventId = ''): Listening {
  const heard: string[] = [];
  const client = new SSEClient(`${origin}/stream/octo/away?format=score`, {
    lastEventId,
    onMessage: ({ data }) => heard.push(data),
  });
  return { client, heard };
}

test('what happens while all listeners of a stopping server are on their way to another is played to them', {
  timeout: 30_000,
}, async () => {
  const redis = await startRedis();
  const leaving = await TestServer.start({ redisUrl: redis.url });
  const staying = await TestServer.start({ redisUrl: redis.url });
  try {
    const first = listen(leaving);
    await expect.poll(() => first.heard.some((data) => data.includes('"connected"'))).toBe(true);
    const closing = leaving.close();
    await expect.poll(() => first.heard.some((data) => data.includes('STREAM_SHUTDOWN'))).toBe(true);
    const { lastEventId } = first.client;
    first.client.close();
    // This one has closed its streams by then; the other one decides each push at once.
    await wait(500);
    const pushes = [pushOf('octo/away', 5801), pushOf('octo/away', 5801)];
    for (const push of pushes) {
      expect((await staying.deliver('push', push)).status).toBe(202);
      await wait(200);
    }
    const again = listen(staying, lastEventId);
    const told = (): readonly boolean[] =>
      pushes.map((push) =>
        again.heard.some((data) => data.includes('"audio_buffer"') && data.includes(messageOf(push))),
      );
    await expect.poll(told, { timeout: 15_000 }).toEqual([true, true]);
    again.client.close();
    await closing;
  } finally {
    await staying.close();
    await redis.stop();
  }
});
