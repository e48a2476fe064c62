import type { Bench, Benchmark } from '@bnc/bench';
import { percentile } from '@bnc/bench';
import { doorsWith, listenerOf } from '../test/listeners.ts';
import { pushOf } from '../test/pushes.ts';
import { TestServer } from '../test/server.ts';

/** Requests of each kind, in turns, so that both have the same machine. */
const requests = 2000;

/** What it costs to know who makes a request: one with a token that lists 200 repositories, and one without. */
export const benchmark: Benchmark = {
  name: 'streaming-server/doors',
  async run(bench: Bench): Promise<void> {
    await using server = await TestServer.start({ doors: doorsWith({ rateLimit: 0 }) });
    await server.deliver('push', pushOf('octo/open', 1));
    await server.deliver('push', pushOf('octo/secret', 2, true));
    const listed = Array.from({ length: 200 }, (_, i) => i + 2);
    const headers = { ...(await listenerOf(listed)) };
    const took = { open: [] as number[], authorised: [] as number[] };
    for (let round = -200; round < requests; round++) {
      for (const [kind, url, wanted] of [
        ['open', '/history/octo/open', {}],
        ['authorised', '/history/octo/secret', headers],
      ] as const) {
        const start = performance.now();
        const { statusCode } = await server.app.inject({ url, headers: wanted });
        if (statusCode !== 200) throw new Error(`${url} returned ${statusCode}`);
        if (round >= 0) took[kind].push(performance.now() - start);
      }
    }
    const [open, authorised] = [percentile(took.open, 0.5), percentile(took.authorised, 0.5)];
    bench.record({ name: 'open request p50', unit: 'ms', value: open });
    bench.record({
      name: 'authorised request p50, more than an open one',
      unit: 'ms',
      value: authorised - open,
      goal: { atMost: 0.2 },
    });
  },
};
