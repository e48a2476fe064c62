import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '@bnc/testing/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { deliver } from './server.ts';
import { killAll, runServer, type ServerProcess, settingsFor, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

/** Lease of an owner, and what may come on top of it, in ms. */
const leaseMs = 5000;
const graceMs = 1000;

let pushes = 0;

function pushOf(repoId: string, id: number): Record<string, unknown> {
  return payloadOf('push', repoId, (payload) => {
    const sha = (++pushes).toString(16).padStart(40, 'c');
    payload.after = sha;
    payload.head_commit = { ...(payload.head_commit as object), id: sha };
    Object.assign(payload.repository as object, { id });
  });
}

interface Server {
  readonly process: ServerProcess;
  readonly origin: string;
}

const folder = useFolder();
let redis: Awaited<ReturnType<typeof startRedis>>;
let count = 0;
beforeAll(async () => {
  redis = await startRedis({ appendonly: 'everysec' });
});
afterAll(() => redis.stop());

async function startServer(): Promise<Server> {
  const process = runServer([], settingsFor(join(folder(), String(++count)), { DEMO: 'off', REDIS_URL: redis.url }));
  return { process, origin: await process.origin() };
}

async function renderedBy({ origin }: Server): Promise<number> {
  return ((await (await fetch(`${origin}/health`)).json()) as { rendered: number }).rendered;
}

function speaksFor(listener: SSEReader): number {
  return listener.all('audio_buffer').reduce((sum, { data }) => sum + data.speaksFor, 0);
}

/** What a listener heard has no overlap, and no message twice. */
function expectInOrder(listener: SSEReader): void {
  const heard = listener.all('audio_buffer');
  for (const [index, { data }] of heard.entries()) {
    const before = heard[index - 1]?.data;
    expect(data.startAt).toBeGreaterThanOrEqual(before ? before.startAt + before.params.duration * 1000 - 1 : 0);
  }
}

/** A room with a listener, and which of the servers owns it. */
async function findOwner(
  servers: readonly Server[],
  room: string,
  id: number,
): Promise<{ owner: Server; other: Server; listener: SSEReader }> {
  const before = await Promise.all(servers.map(renderedBy));
  // A first phrase that nobody on the owner's side needs to hear tells who renders.
  const scout = await SSEReader.open(`${servers[0]?.origin}/stream/${room}?delivery=url&format=flac`);
  await deliver(servers[0]?.origin ?? '', 'push', pushOf(room, id));
  const { data } = await scout.next('audio_buffer', 0, 30_000);
  const after = await Promise.all(servers.map(renderedBy));
  const place = after.findIndex((rendered, index) => rendered > (before[index] ?? 0));
  const owner = servers[place];
  const other = servers.find((server) => server !== owner);
  if (!owner || !other) throw new Error('nobody has rendered');
  await scout.close();
  await wait(Math.max(0, data.startAt + data.params.duration * 1000 - Date.now()) + 500);
  const listener = await SSEReader.open(`${other.origin}/stream/${room}?delivery=url&format=flac`, {
    'last-event-id': scout.ids.at(-1) ?? '',
  });
  return { owner, other, listener };
}

describe('the owner of a room', { timeout: 120_000 }, () => {
  test('is killed in the middle of a burst: the next phrase comes within the lease, none is lost and none doubled', async () => {
    const servers = await Promise.all([startServer(), startServer(), startServer()]);
    const { owner, other, listener } = await findOwner(servers, 'octo/burst', 401);
    await deliver(other.origin, 'push', pushOf('octo/burst', 401));
    await listener.next('audio_buffer', 0, 30_000);
    for (let index = 0; index < 5; index++) await deliver(other.origin, 'push', pushOf('octo/burst', 401));
    owner.process.child.kill('SIGKILL');
    const killedAt = Date.now();
    await listener.next('audio_buffer', 1, 30_000);
    expect(Date.now() - killedAt).toBeLessThanOrEqual(leaseMs + graceMs + 500);
    await expect.poll(() => speaksFor(listener), { timeout: 15_000 }).toBe(6);
    await wait(3000);
    expect(speaksFor(listener)).toBe(6);
    expectInOrder(listener);
    await listener.close();
    killAll();
  });

  test('is killed in the middle of a render: the phrase sounds once, within the lease', async () => {
    const servers = await Promise.all([startServer(), startServer(), startServer()]);
    const { owner, other, listener } = await findOwner(servers, 'octo/render', 402);
    await deliver(other.origin, 'push', pushOf('octo/render', 402));
    await wait(60);
    owner.process.child.kill('SIGKILL');
    const killedAt = Date.now();
    await listener.next('audio_buffer', 0, 30_000);
    expect(Date.now() - killedAt).toBeLessThanOrEqual(leaseMs + graceMs + 500);
    await wait(3000);
    expect(speaksFor(listener)).toBe(1);
    await listener.close();
    killAll();
  });

  test('is stopped for two leases and wakes: another speaks for the room, and nothing is told twice', async () => {
    const servers = await Promise.all([startServer(), startServer(), startServer()]);
    const { owner, other, listener } = await findOwner(servers, 'octo/sleep', 403);
    await deliver(other.origin, 'push', pushOf('octo/sleep', 403));
    owner.process.child.kill('SIGSTOP');
    for (let index = 0; index < 3; index++) await deliver(other.origin, 'push', pushOf('octo/sleep', 403));
    await wait(2 * leaseMs);
    owner.process.child.kill('SIGCONT');
    await expect.poll(() => speaksFor(listener), { timeout: 15_000 }).toBe(4);
    await deliver(owner.origin, 'push', pushOf('octo/sleep', 403));
    await expect.poll(() => speaksFor(listener), { timeout: 15_000 }).toBe(5);
    await wait(3000);
    expect(speaksFor(listener)).toBe(5);
    expectInOrder(listener);
    await listener.close();
    killAll();
  });

  test('changes while servers come and go under load: every push is told once, in every room', async () => {
    const servers = await Promise.all([startServer(), startServer()]);
    const [stays, leaves] = servers;
    if (!stays || !leaves) throw new Error('no servers');
    const rooms = Array.from({ length: 10 }, (_, index) => ({ name: `octo/load-${index}`, id: 410 + index }));
    const listeners = await Promise.all(
      rooms.map(({ name }) => SSEReader.open(`${stays.origin}/stream/${name}?delivery=url&format=flac`)),
    );
    let sent = 0;
    let joins: Promise<Server> | undefined;
    for (let round = 0; round < 12; round++) {
      for (const { name, id } of rooms) {
        const answer = await deliver((round < 6 && sent % 2 === 1 ? leaves : stays).origin, 'push', pushOf(name, id));
        expect(answer.body.status).toBe('accepted');
        sent++;
      }
      if (round === 2) joins = startServer();
      if (round === 6) leaves.process.child.kill('SIGTERM');
      await wait(500);
    }
    await joins;
    for (const listener of listeners) {
      await expect.poll(() => speaksFor(listener), { timeout: 40_000 }).toBe(12);
      expectInOrder(listener);
    }
    expect((await leaves.process.ended).code).toBe(0);
    await Promise.all(listeners.map((listener) => listener.close()));
    killAll();
  });
});
