import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '@bnc/testing/redis';
import { expect, test } from 'vitest';
import { Follower } from './follower.ts';
import { pushOf } from './pushes.ts';
import { deliver } from './server.ts';
import { runServer, settingsFor, useFolder } from './server-process.ts';

const folder = useFolder();
const isFull = process.env.BNC_SOAK === 'full';
const seconds = isFull ? 300 : 40;
const killEverySeconds = isFull ? 30 : 8;
const rooms = 4;
const visitors = 200;
const forms = [
  'format=score',
  'delivery=url&format=flac',
  'delivery=url&format=score,opus',
  'format=pcm-s16le',
  'format=json',
];
const metricsToken = 'a-token-for-prometheus-of-32-bytes';

test(`a server lives through ${seconds} s of events, of ${visitors} listeners who come and go, of killed renderers and of two ends of its Redis`, {
  timeout: seconds * 1000 + 1_200_000,
}, async () => {
  const redis = await startRedis({ appendonly: 'always' });
  try {
    const more = { DEMO: 'off', REDIS_URL: redis.url, METRICS_TOKENS: metricsToken };
    const server = runServer([], settingsFor(folder(), more));
    const origin = await server.origin();
    const room = (index: number): string => `octo/life-${index % rooms}`;
    const residents = Array.from(
      { length: rooms },
      (_, index) => new Follower(() => `${origin}/stream/${room(index)}?format=score`),
    );
    await Promise.all(residents.map((one) => one.isOpen));
    const metrics = async (): Promise<Record<string, number>> => {
      const headers = { authorization: `Bearer ${metricsToken}` };
      const lines = (await (await fetch(`${origin}/metrics`, { headers })).text()).split('\n');
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
      );
    };
    const megabytes = (pid = server.child.pid): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

    const over = new AbortController();
    const sent = Array.from({ length: rooms }, () => 0);
    const events = (async () => {
      for (let count = 0; !over.signal.aborted; count++) {
        const push = pushOf(room(count), 950 + (count % rooms));
        const deliveryId = `life-${count}`;
        // While the store is away GitHub's delivery fails, and is sent again under its id.
        while ((await deliver(origin, 'push', push, { deliveryId })).status !== 202) await wait(200);
        sent[count % rooms] = (sent[count % rooms] ?? 0) + 1;
        await wait(500);
      }
    })();
    let visits = 0;
    const crowd = Array.from({ length: visitors }, async (_, index) => {
      await wait((index / visitors) * 5000);
      while (!over.signal.aborted) {
        const visitor = new Follower(() => `${origin}/stream/${room(index)}?${forms[index % forms.length]}`);
        visits++;
        await wait(2000 + Math.random() * 8000);
        visitor.close();
      }
    });
    let kills = 0;
    const killer = (async () => {
      while (!over.signal.aborted) {
        await wait(killEverySeconds * 1000);
        const { stdout } = spawnSync('pgrep', ['-P', String(server.child.pid)], { encoding: 'utf8' });
        for (const pid of stdout.split('\n').filter(Boolean)) {
          process.kill(Number(pid), 'SIGKILL');
          kills++;
        }
      }
    })();
    await wait((seconds / 3) * 1000);
    await redis.restart();
    await wait((seconds / 6) * 1000);
    const before = megabytes();
    await wait((seconds / 6) * 1000);
    await redis.restart();
    await wait((seconds / 3) * 1000);
    const after = megabytes();
    over.abort();
    await Promise.all([events, killer, ...crowd]);

    const all = sent.reduce((sum, one) => sum + one, 0);
    await expect.poll(() => residents.map((one) => one.speaksFor), { timeout: 120_000 }).toEqual(sent);
    expect(residents.map((one) => [one.doubled, one.gaps])).toEqual(residents.map(() => [0, 0]));
    for (const one of residents) one.close();
    // Clips of a burst are rendered one after the other, which takes long on a machine that others use too.
    await expect.poll(async () => (await metrics()).bnc_bus_pending_events, { timeout: 900_000 }).toBe(0);
    await expect
      .poll(async () =>
        Object.entries(await metrics()).filter(([name, count]) => name.startsWith('bnc_listeners') && count !== 0),
      )
      .toEqual([]);
    const counted = await metrics();
    expect(counted).toMatchObject({
      bnc_dead_letters: 0,
      bnc_bus_lag_events: 0,
      bnc_bus_lost_total: 0,
      bnc_store_up: 1,
      bnc_render_queue: 0,
    });
    const accepted = counted['bnc_deliveries_total{outcome="accepted",reason=""}'] ?? 0;
    // Where the response was lost, the delivery is a duplicate of itself.
    const duplicate = counted['bnc_deliveries_total{outcome="duplicate",reason=""}'] ?? 0;
    expect(accepted + duplicate).toBe(all);
    expect(counted.bnc_streams_opened_total).toBe(
      Object.entries(counted).reduce(
        (sum, [name, count]) => sum + (name.startsWith('bnc_streams_closed_total') ? count : 0),
        0,
      ),
    );
    // What Redis holds is bounded too: clips of inline samples are large.
    expect(megabytes(redis.pid)).toBeLessThan(500);
    // In the short form the server is still warming up.
    expect(after).toBeLessThan(before * (isFull ? 1.15 : 1.5) + 40);
    process.stdout.write(
      `${all} events, ${visits} visits, ${kills} renderers killed, RSS ${Math.round(before)} and ${Math.round(after)} MB\n`,
    );
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  } finally {
    await redis.stop();
  }
});
