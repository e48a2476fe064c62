import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Bench, type Benchmark, median, percentile } from '@bnc/bench';
import { EventBus } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';
import type { ServerEvents } from '../src/rooms/events.ts';
import { MergedRooms } from '../src/rooms/merged-rooms.ts';
import { Rooms, roomWords } from '../src/rooms/rooms.ts';
import { SqliteTables } from '../src/rooms/sqlite-tables.ts';
import { deliver } from '../test/server.ts';
import { SSEReader } from '../test/sse-reader.ts';
import { deliveryIn, pushOf, sendAll } from './deliveries.ts';
import { commandsOf, eventsIn, inFleet, inFolder, pin, startServer, timeToListen } from './servers.ts';

/** A storm of signed deliveries: how long they take to be accepted, and how soon each room speaks. */
function storm(bench: Bench, rooms: number, count: number): Promise<void> {
  return inFolder(async (folder) => {
    const server = startServer(folder);
    const origin = await server.origin();
    // The first storm warms up the server.
    await sendAll(origin, rooms, rooms, count);
    await wait(3000);
    const begin = Date.now();
    const answers = await sendAll(origin, 0, rooms, count);
    const tookMs = Date.now() - begin;
    await wait(2000);
    server.child.kill('SIGTERM');
    await server.ended;
    const firstOf = new Map<string, number>();
    const spokeAfter = new Map<string, number>();
    for (const { topic, key = '', publishedAt } of await eventsIn(folder)) {
      if (publishedAt < begin) continue;
      if (topic.startsWith('webhook:github:') && !firstOf.has(key)) firstOf.set(key, publishedAt);
      const room = topic === 'music:generated' ? String(10_000 + Number(key.split('-').at(-1))) : undefined;
      if (room !== undefined && !spokeAfter.has(room)) {
        spokeAfter.set(room, publishedAt - (firstOf.get(room) ?? Number.NaN));
      }
    }
    if (spokeAfter.size !== rooms) throw new Error(`${spokeAfter.size} rooms have spoken`);
    const name = `${count} signed webhooks in 1 s over ${rooms} rooms`;
    bench.record({ name: `${name}: time until all are answered`, unit: 's', value: tookMs / 1000 });
    bench.record({ name: `${name}: 202, p99`, unit: 'ms', value: percentile(answers, 0.99), goal: { atMost: 1000 } });
    bench.record({
      name: `${name}: a room's first phrase after its delivery, p99`,
      unit: 'ms',
      value: percentile([...spokeAfter.values()], 0.99),
      goal: { atMost: 50 },
    });
  });
}

/** How soon a silent room speaks while a room that sounds is flooded, in ms: the median of some floods. */
function besideFlood(bench: Bench, count: number, rounds: number): Promise<void> {
  return inFolder(async (folder) => {
    const server = startServer(folder);
    const origin = await server.origin();
    await using listener = await SSEReader.open(`${origin}/stream/octo/room-0?delivery=url&format=flac`);
    await sendAll(origin, 1000, 100, 500);
    await deliver(origin, 'push', pushOf(0));
    await listener.next('audio_buffer', 0, 30_000);
    for (let round = 1; round <= rounds; round++) {
      const flood = Array.from({ length: count }, () => deliver(origin, 'push', pushOf(0)));
      await flood.at(count / 2);
      await deliver(origin, 'push', pushOf(round));
      await Promise.all(flood);
    }
    await wait(1000);
    server.child.kill('SIGKILL');
    await server.ended;
    const came = new Map<string, number>();
    const spokeAfter: number[] = [];
    for (const { topic, key = '', publishedAt } of await eventsIn(folder)) {
      if (topic.startsWith('webhook:github:')) came.set(key, publishedAt);
      const room = Number(/^octo\/room-(\d+)$/.exec(key)?.[1]);
      if (topic === 'music:generated' && room >= 1 && room <= rounds) {
        spokeAfter.push(publishedAt - (came.get(String(10_000 + room)) ?? Number.NaN));
      }
    }
    if (spokeAfter.length !== rounds) throw new Error(`${spokeAfter.length} rooms have spoken`);
    bench.record({
      name: `${count} deliveries to a room that sounds: another room's phrase after its delivery, median`,
      unit: 'ms',
      value: median(spokeAfter),
      goal: { atMost: 50 },
    });
  });
}

/** What a delivery that is heard and sounds costs on disk: one an hour in each room, so that each is a phrase. */
function logBytes(bench: Bench, count: number, rounds: number): Promise<void> {
  return inFolder(async (folder) => {
    const file = join(folder, 'events.sqlite');
    const bus = new EventBus<ServerEvents>({ transport: await sqlite({ file, durability: 'normal' }) });
    const tables = new SqliteTables(join(folder, 'rooms.sqlite'), { keepMs: 30 * 86_400_000 });
    const merged = new MergedRooms();
    let passedMs = 0;
    const now = (): number => Date.now() + passedMs;
    const rooms = new Rooms({ bus, tables, merged, now, render: async () => {} });
    const sounded: string[] = [];
    const following = bus.follow(roomWords, ({ topic }) => {
      if (topic === 'audio:rendered') sounded.push(topic);
    });
    await rooms.ready;
    for (let room = 0; room < count; room++) {
      await following.add(`octo/room-${room}`, { note: { forms: ['url:flac,opus'] } });
    }
    for (let round = 0; round < rounds; round++) {
      for (let room = 0; room < count; room++) {
        const delivery = deliveryIn(room, round);
        await tables.learn(delivery);
        const dedupeId = [`delivery:${delivery.deliveryId}`, `happening:${delivery.same?.thing}`];
        await bus.publish('webhook:github:push', delivery, { key: merged.keyOf(delivery), dedupeId });
      }
      const all = count * (round + 1);
      while (sounded.length < all) await wait(5);
      passedMs += 3_600_000;
    }
    await rooms.close({ drainMs: 1000 });
    await bus.close();
    tables.close();
    const perDelivery = (name: string): number => statSync(join(folder, name)).size / count / rounds / 1000;
    bench.record({
      name: `log on disk for each of ${count * rounds} deliveries that are heard`,
      unit: 'kB',
      value: perDelivery('events.sqlite'),
      goal: { atMost: 4 },
    });
    bench.record({
      name: 'the same: tables on disk',
      unit: 'kB',
      value: perDelivery('rooms.sqlite'),
    });
  });
}

/** Time from the start of the process to listening, with a long log. */
function start(bench: Bench, events: number): Promise<void> {
  return inFolder(async (folder) => {
    const empty = [await timeToListen(folder), await timeToListen(folder), await timeToListen(folder)];
    const transport = await sqlite({ file: join(folder, 'events.sqlite'), durability: 'normal', maxBytes: 2 ** 31 });
    const bus = new EventBus({ transport, limits: { maxPending: 50_000 } });
    const payload = { deliveryId: 'x'.repeat(36), note: 'y'.repeat(60) };
    for (let done = 0; done < events; done += 10_000) {
      await Promise.all(
        Array.from({ length: 10_000 }, (_, index) =>
          bus.publish('webhook:github:label', payload, { key: String((done + index) % 5000) }),
        ),
      );
    }
    await bus.close();
    const full = [await timeToListen(folder), await timeToListen(folder), await timeToListen(folder)];
    bench.record({
      name: `start with ${events} events in the log`,
      unit: 'ms',
      value: median(full) - median(empty),
      goal: { atMost: 300 },
    });
    bench.record({ name: 'start with an empty log, the audio engine included', unit: 'ms', value: median(empty) });
  });
}

/** What servers cost Redis while nothing happens. */
function idle(bench: Bench, servers: number, seconds: number): Promise<void> {
  return inFleet(async ({ redisUrl, start }) => {
    for (let server = 0; server < servers; server++) await start();
    await wait(5000);
    const before = await commandsOf(redisUrl);
    await wait(seconds * 1000);
    // Asking costs a few itself.
    const count = (await commandsOf(redisUrl)) - before - 4;
    bench.record({
      name: `an idle fleet of ${servers}: Redis commands per server and second`,
      unit: '1/s',
      value: count / seconds / servers,
      goal: { atMost: 3 },
    });
  });
}

/**
 * Phrases a second that servers render for each core that they have. Each is on a core of its own. Redis and what drives
 * them are on a third core; where there are but two, they are on the second, and what they use of it is not counted as
 * the second server's.
 */
function phrasesPerCore(servers: number, seconds: number): Promise<number> {
  return inFleet(async (fleet) => {
    const cores = availableParallelism();
    const isShared = cores === servers;
    const origins: string[] = [];
    for (let core = 0; core < servers; core++) origins.push(await fleet.start({ core }));
    for (const pid of [process.pid, fleet.redisPid]) pin(pid, Math.min(cores - 1, 2));
    const origin = origins[0] ?? '';
    // A room's phrases follow one another: fewer rooms would leave two servers without work.
    const rooms = 200;
    const listeners = await Promise.all(
      Array.from({ length: rooms }, (_, room) =>
        SSEReader.open(`${origins[room % servers]}/stream/octo/room-${room}?delivery=url&format=flac`),
      ),
    );
    const heard = (): number => listeners.reduce((sum, one) => sum + one.all('audio_buffer').length, 0);
    const end = Date.now() + seconds * 1000 + 2000;
    const load = Promise.all(
      listeners.map(async (listener, room) => {
        while (Date.now() < end) {
          const before = listener.all('audio_buffer').length;
          await deliver(origin, 'push', pushOf(room));
          while (listener.all('audio_buffer').length === before && Date.now() < end) await wait(100);
        }
      }),
    );
    await wait(2000);
    const before = heard();
    const [cpu, redisCpu, from] = [process.cpuUsage(), await fleet.redisCpu(), performance.now()];
    await wait(seconds * 1000);
    const phrases = heard() - before;
    const tookS = (performance.now() - from) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const others = (user + system) / 1e6 + (await fleet.redisCpu()) - redisCpu;
    await load;
    await Promise.all(listeners.map((listener) => listener.close()));
    pin(process.pid, `0-${cores - 1}`);
    return phrases / (servers * tookS - (isShared ? others : 0));
  });
}

/** Rooms: how soon they speak, what they cost, and how they spread over servers. */
export const benchmark: Benchmark = {
  name: 'streaming-server/rooms',
  async run(bench: Bench): Promise<void> {
    await storm(bench, 100, 1000);
    await besideFlood(bench, 500, 7);
    await logBytes(bench, 100, 50);
    await start(bench, 1_000_000);
    await idle(bench, 8, 20);
    const name = 'phrases a second for each core of two servers, each on a core of its own';
    if (spawnSync('taskset', ['--version']).error || availableParallelism() < 2) {
      return bench.skip(name, 'needs two cores and taskset');
    }
    const one = await phrasesPerCore(1, 15);
    const two = await phrasesPerCore(2, 15);
    bench.record({
      name,
      unit: '1/s',
      value: two,
      peers: { 'one server': one },
      goal: { peer: 'one server', atLeast: 0.9 },
    });
  },
};
