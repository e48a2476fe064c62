import { readFileSync } from 'node:fs';
import { percentile } from '@bnc/bench';
import { startRedis } from '@bnc/testing/redis';
import { describe, expect, test } from 'vitest';
import { openFiles } from '../src/settings/open-files.ts';
import { phraseStorm } from './phrase-storm.ts';
import { runServer, settingsFor, useFolder } from './server-process.ts';

const folder = useFolder();
const isFull = process.env.BNC_SOAK === 'full';
const metricsToken = 'a-token-for-prometheus-of-32-bytes';

async function metricsOf(origin: string): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${metricsToken}` };
  const lines = (await (await fetch(`${origin}/metrics`, { headers })).text()).split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

describe('a server', { timeout: 900_000 }, () => {
  test('brings a phrase a second in each of 50 rooms to 1,000 listeners of scores and clips, and leaves nothing out', async () => {
    const redis = await startRedis();
    try {
      const more = { DEMO: 'off', REDIS_URL: redis.url, METRICS_TOKENS: metricsToken };
      const origin = await runServer([], settingsFor(folder(), more)).origin();
      const { wanted, received } = await phraseStorm({
        origin,
        redisUrl: redis.url,
        rooms: 50,
        listeners: 1000,
        perSecond: 1,
        seconds: isFull ? 60 : 8,
        forms: ['format=score', 'delivery=url&format=flac', 'format=score', 'delivery=url&format=score,flac'],
      });
      expect(received).toBe(wanted);
      expect(await metricsOf(origin)).toMatchObject({
        'bnc_stream_messages_total{outcome="skipped"}': 0,
        'bnc_stream_messages_total{outcome="dropped"}': 0,
        'bnc_clips_total{from="render"}': 1,
        bnc_stream_errors_total: 0,
      });
    } finally {
      await redis.stop();
    }
  });

  test.runIf(isFull).each([
    { protocol: 'HTTP/1.1', most: Math.floor(((openFiles() ?? 50_000) * 0.85) / 1000) * 1000 },
    { protocol: 'HTTP/2', most: 50_000 },
  ])(
    'holds up to 50,000 streams of $protocol in 22 KiB each, and a broadcast at 1,000 messages a second takes 200 ms at most',
    async ({ protocol, most }) => {
      // As many as the system allows, in rooms of 20: each of HTTP/1.1 takes a file.
      const streams = Math.min(50_000, most);
      const rooms = streams / 20;
      const redis = await startRedis();
      try {
        const more = { DEMO: 'off', REDIS_URL: redis.url, METRICS_TOKENS: metricsToken, MAX_STREAMS: '60000' };
        const isHttp2 = protocol === 'HTTP/2';
        const server = runServer([], settingsFor(folder(), { ...more, ...(isHttp2 && { HTTP2_PORT: '0' }) }));
        const origin = await server.origin();
        const [, http2Origin] = /HTTP\/2 for a proxy +(\S+)\//.exec(await server.says('Ctrl-C stops')) ?? [];
        expect(http2Origin !== undefined).toBe(isHttp2);
        const kilobytes = (): number =>
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]);
        const storm = { origin, redisUrl: redis.url, forms: ['format=score'], ...(http2Origin && { http2Origin }) };
        // What the first streams bring into memory is not theirs.
        await phraseStorm({ ...storm, rooms: 100, listeners: 2_000, perSecond: 0.5, seconds: 2 });
        const before = kilobytes();
        let each = 0;
        const { wanted, received, latencies } = await phraseStorm({
          ...storm,
          rooms,
          listeners: streams,
          perSecond: 50 / rooms,
          seconds: 50,
          addresses: ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'],
          onOpen: async () => {
            each = (kilobytes() - before) / streams;
          },
        });
        process.stdout.write(
          `${streams} streams of ${protocol}, ${each.toFixed(1)} KiB each, p99 ${Math.round(percentile(latencies, 0.99))} ms\n`,
        );
        expect(received).toBe(wanted);
        expect(each).toBeLessThanOrEqual(22);
        expect(percentile(latencies, 0.99)).toBeLessThanOrEqual(200);
      } finally {
        await redis.stop();
      }
    },
  );
});
