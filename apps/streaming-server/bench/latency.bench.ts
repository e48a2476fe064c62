import { randomUUID } from 'node:crypto';
import type { Bench, Benchmark } from '@bnc/bench';
import { percentile } from '@bnc/bench';
import { payloadOf } from '../test/payloads.ts';
import { TestServer } from '../test/server.ts';
import { SSEReader } from '../test/sse-reader.ts';

/** Deliveries measured, one at a time, each in a room of its own so that none waits for a bar line. */
const deliveries = 50;

/** From the POST of a signed push to its `audio_buffer` at a listener: everything in between is real. */
export const benchmark: Benchmark = {
  name: 'streaming-server/latency',
  async run(bench: Bench): Promise<void> {
    await using server = await TestServer.start();
    for (const format of ['pcm-s16le', 'json']) {
      const times: number[] = [];
      const answers: number[] = [];
      for (let count = -3; count < deliveries; count++) {
        const repoId = `octo/${format}-${count + 3}`;
        const payload = payloadOf('push', repoId, (json) => {
          json.after = randomUUID().replaceAll('-', '').padEnd(40, '0');
        });
        await using listener = await SSEReader.open(`${server.origin}/stream/${repoId}?format=${format}`);
        const start = performance.now();
        await server.deliver('push', payload);
        const answered = performance.now() - start;
        await listener.next('audio_buffer', 0, 30_000);
        if (count < 0) continue;
        times.push(performance.now() - start);
        answers.push(answered);
      }
      bench.record({ name: `POST to 202, durable (${format}) p50`, unit: 'ms', value: percentile(answers, 0.5) });
      bench.record({ name: `POST to audio_buffer (${format}) p50`, unit: 'ms', value: percentile(times, 0.5) });
      bench.record({ name: `POST to audio_buffer (${format}) p99`, unit: 'ms', value: percentile(times, 0.99) });
    }
  },
};
