import { join } from 'node:path';
import { type Bench, type Benchmark, percentile } from '@bnc/bench';
import { startRedis } from '@bnc/testing/redis';
import { phraseStorm } from '../test/phrase-storm.ts';
import { killAll } from '../test/server-process.ts';
import { inFolder, startServer } from './servers.ts';

const token = 'a-token-for-prometheus-of-32-bytes';
const rooms = 50;
const listeners = 1000;

/** Many listeners of many rooms on one server, which play once a second: how soon each listener has each phrase. */
export const benchmark: Benchmark = {
  name: 'streaming-server/listeners',
  run: (bench: Bench): Promise<void> =>
    inFolder(async (folder) => {
      const redis = await startRedis();
      try {
        const server = startServer(join(folder, 'data'), { REDIS_URL: redis.url, METRICS_TOKENS: token });
        const origin = await server.origin();
        const { wanted, received, latencies } = await phraseStorm({
          origin,
          redisUrl: redis.url,
          rooms,
          listeners,
          perSecond: 1,
          seconds: 20,
          forms: ['format=score', 'delivery=url&format=flac', 'format=score', 'delivery=url&format=score,flac'],
        });
        const headers = { authorization: `Bearer ${token}` };
        const text = await (await fetch(`${origin}/metrics`, { headers })).text();
        const loopMs = 1000 * Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1]);
        const name = `${listeners} listeners of ${rooms} rooms, a phrase a second in each`;
        bench.record({ name: `${name}: publish to listener, p50`, unit: 'ms', value: percentile(latencies, 0.5) });
        bench.record({
          name: `${name}: publish to listener, p99`,
          unit: 'ms',
          value: percentile(latencies, 0.99),
          goal: { atMost: 250 },
        });
        bench.record({
          name: `${name}: messages that did not come`,
          unit: '',
          value: wanted - received,
          goal: { atMost: 0 },
        });
        bench.record({ name: `${name}: event loop, p99`, unit: 'ms', value: loopMs, goal: { atMost: 50 } });
      } finally {
        killAll();
        await redis.stop();
      }
    }),
};
