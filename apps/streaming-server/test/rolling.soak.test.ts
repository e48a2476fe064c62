import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '@bnc/testing/redis';
import { expect, test } from 'vitest';
import { Follower } from './follower.ts';
import { freePort, hasNginx, shippedConfig, startNginx } from './nginx.ts';
import { pushOf } from './pushes.ts';
import { deliver } from './server.ts';
import { runServer, type ServerProcess, settingsFor, useFolder } from './server-process.ts';

const folder = useFolder();
const rooms = 25;
const listeners = 500;
const webhooksPerSecond = 50;

test(`two servers behind nginx restart one after the other under ${webhooksPerSecond} webhooks a second and ${listeners} listeners: nothing is lost, nothing comes twice`, {
  timeout: 400_000,
}, async ({ skip }) => {
  if (!hasNginx) skip('needs nginx');
  const redis = await startRedis({ appendonly: 'everysec' });
  try {
    const ports = [await freePort(), await freePort()];
    const start = async (index: number): Promise<ServerProcess> => {
      const more = { DEMO: 'off', REDIS_URL: redis.url, PORT: String(ports[index]), DRAIN_SECONDS: '1' };
      const server = runServer([], settingsFor(join(folder(), String(index)), more));
      await server.origin();
      return server;
    };
    const servers = await Promise.all([start(0), start(1)]);
    await using nginx = await startNginx((port) =>
      shippedConfig(
        port,
        ports.map((one) => `http://127.0.0.1:${one}`),
      ),
    );
    const room = (index: number): string => `octo/rolling-${index % rooms}`;
    const crowd = Array.from(
      { length: listeners },
      (_, index) => new Follower(() => `${nginx.origin}/stream/${room(index)}?format=score`),
    );
    await Promise.all(crowd.map((one) => one.isOpen));

    // A listener who has heard nothing has no id to come back with, and would begin with the newest phrase.
    for (let index = 0; index < rooms; index++) {
      expect((await deliver(nginx.origin, 'push', pushOf(room(index), 900 + index))).status).toBe(202);
    }
    await expect.poll(() => crowd.every(({ phrases }) => phrases.length > 0), { timeout: 60_000 }).toBe(true);
    const sent = Array.from({ length: rooms }, () => 1);
    const statuses = new Map<string, number>();
    const note = (outcome: string): void => void statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
    // Where nginx reaches no server in time, as on a machine that is overloaded, the delivery is sent again under its id.
    const send = async (payload: unknown, deliveryId: string): Promise<void> => {
      for (let tries = 0; tries < 10; tries++) {
        const outcome = await deliver(nginx.origin, 'push', payload, { deliveryId }).then(
          ({ status, body }) => `${status} ${String(body.status)}`,
          () => 'no server',
        );
        note(outcome);
        if (outcome.startsWith('202')) return;
        await wait(500);
      }
    };
    const over = new AbortController();
    const posts: Promise<void>[] = [];
    const load = (async () => {
      const from = performance.now();
      for (let count = 0; !over.signal.aborted; count++) {
        posts.push(send(pushOf(room(count), 900 + (count % rooms)), `rolling-${count}`));
        sent[count % rooms] = (sent[count % rooms] ?? 0) + 1;
        await wait(Math.max(0, from + ((count + 1) * 1000) / webhooksPerSecond - performance.now()));
      }
    })();
    const exits: { readonly code: number | null; readonly ms: number }[] = [];
    for (const [index, server] of servers.entries()) {
      await wait(3000);
      const from = performance.now();
      server.child.kill('SIGTERM');
      const { code } = await server.ended;
      exits.push({ code, ms: performance.now() - from });
      await start(index);
    }
    await wait(3000);
    over.abort();
    await load;
    await Promise.all(posts);
    // One that was stored, and whose response was lost with the connection, is known when nginx tries the other server.
    const { '202 accepted': accepted = 0, '202 duplicate': duplicate = 0, ...others } = Object.fromEntries(statuses);
    const { 'no server': unreached = 0, ...wrong } = others;
    expect(wrong).toEqual({});
    expect(accepted + duplicate).toBe(posts.length);
    expect(unreached).toBeLessThan(posts.length / 10);
    // Six seconds after the signal the server would have ended itself with 1.
    expect(exits.map(({ code }) => code)).toEqual([0, 0]);
    const missing = (): number => crowd.filter((one, index) => one.speaksFor !== sent[index % rooms]).length;
    await expect.poll(missing, { timeout: 120_000 }).toBe(0);
    expect(crowd.reduce((sum, one) => sum + one.doubled, 0)).toBe(0);
    expect(crowd.reduce((sum, one) => sum + one.gaps, 0)).toBe(0);
    for (const one of crowd) one.close();
    process.stdout.write(
      `${posts.length} webhooks, ${unreached} of them again, ${crowd.reduce((sum, one) => sum + one.streams, 0)} streams of ${listeners} listeners, exits after ${exits.map(({ ms }) => Math.round(ms)).join(' and ')} ms\n`,
    );
  } finally {
    await redis.stop();
  }
});
