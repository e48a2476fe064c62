import { randomUUID } from 'node:crypto';
import type { Bench, Benchmark } from '@bnc/bench';
import { percentile } from '@bnc/bench';
import type { SerializedBuffer } from '@bnc/contracts';
import { payloadOf } from '../test/payloads.ts';
import { TestServer } from '../test/server.ts';
import { SSEReader } from '../test/sse-reader.ts';

/** Deliveries measured for each form, one at a time, each in a room of its own so that none waits for a bar line. */
const deliveries = 50;

/** Ways to listen, by their query. */
const forms = [
  'format=score',
  'format=json',
  'format=pcm-s16le',
  'delivery=url&format=flac',
  'delivery=url&format=opus',
];

function newPush(repoId: string): unknown {
  return payloadOf('push', repoId, (json) => {
    json.after = randomUUID().replaceAll('-', '').padEnd(40, '0');
  });
}

async function fetchFirst(origin: string, buffer: SerializedBuffer): Promise<void> {
  if (!('renditions' in buffer)) return;
  await (await fetch(`${origin}${buffer.renditions[0]?.url}`)).arrayBuffer();
}

/** From the POST of a signed push to its sound at a listener: everything in between is real. */
export const benchmark: Benchmark = {
  name: 'streaming-server/latency',
  async run(bench: Bench): Promise<void> {
    await using server = await TestServer.start();
    const answers: number[] = [];
    const times = new Map<string, number[]>(forms.map((query) => [query, []]));
    for (let round = -3; round < deliveries; round++) {
      for (const [query, measured] of times) {
        const repoId = `octo/${query.replaceAll(/[=&]/g, '-')}-${round + 3}`;
        await using listener = await SSEReader.open(`${server.origin}/stream/${repoId}?${query}`);
        const start = performance.now();
        await server.deliver('push', newPush(repoId));
        const answered = performance.now() - start;
        const { data } = await listener.next('audio_buffer', 0, 30_000);
        await fetchFirst(server.origin, data.buffer);
        if (round < 0) continue;
        measured.push(performance.now() - start);
        answers.push(answered);
      }
    }
    bench.record({ name: 'POST to 202, durable p50', unit: 'ms', value: percentile(answers, 0.5) });
    for (const [query, measured] of times) {
      bench.record({ name: `POST to bytes (${query}) p50`, unit: 'ms', value: percentile(measured, 0.5) });
      bench.record({ name: `POST to bytes (${query}) p99`, unit: 'ms', value: percentile(measured, 0.99) });
    }
  },
};
