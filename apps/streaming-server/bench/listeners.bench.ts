import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
        const cost = async (form: string): Promise<number> => {
          const options = { origin, redisUrl: redis.url, rooms: 100, listeners, perSecond: 0.2, seconds: 20 };
          let before = 0;
          const onOpen = async (): Promise<void> => {
            before = cpuMsOf(server.child.pid);
          };
          await phraseStorm({ ...options, forms: [form], onOpen });
          return (cpuMsOf(server.child.pid) - before) / (options.rooms * options.perSecond * options.seconds);
        };
        const scores = await cost('format=score');
        const links = await cost('delivery=url&format=flac');
        bench.record({
          name: `${listeners} listeners of 100 rooms, the server's CPU for a phrase that is decided: scores`,
          unit: 'ms',
          value: scores,
          peers: { 'links to clips that are rendered': links },
        });
      } finally {
        killAll();
        await redis.stop();
      }
    }),
};

/** Processor time in ms that a process and its children have taken. */
function cpuMsOf(pid = 0): number {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return [String(pid), ...stdout.split('\n').filter(Boolean)].reduce((sum, one) => {
    // After the name, which may hold anything: the 12th and 13th field are user and system time in 1/100 s.
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return sum + 10 * (Number(fields[11]) + Number(fields[12]));
  }, 0);
}
