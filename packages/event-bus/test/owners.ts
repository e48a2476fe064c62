import { expect } from 'vitest';
import { EventBus } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { type BusProcess, startProcess } from './processes.ts';
import { newPrefix, shared } from './redis-bus.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number };
  [topic: `out:${string}`]: { readonly of: readonly number[]; readonly by: number };
}

/** Servers that own keys together, and who writes for them. */
export interface Fleet {
  readonly bus: EventBus<Events>;
  /** Starts one more server and waits until it has joined. */
  readonly join: () => Promise<BusProcess>;
  /** Publishes `perSecond` events over `keys` keys for `ms`; returns how many have been published in all. */
  readonly write: (perSecond: number, keys: number, ms: number) => Promise<number>;
  /**
   * Waits until all is settled, and finds what was lost, doubled, or seen by two at a time. A key may change hands
   * `changes` times; `paused` servers are expected to be given up.
   */
  readonly check: (count: number, changes: number, paused?: readonly BusProcess[]) => Promise<void>;
  readonly servers: readonly BusProcess[];
}

/** Milliseconds by the clock that all processes share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Starts `count` servers on a bus of their own. */
export async function startFleet(count: number, leaseMs: number): Promise<Fleet> {
  const prefix = newPrefix();
  const store = { url: shared.url, prefix, leaseMs };
  const bus = new EventBus<Events>({ transport: await redis(store) });
  atEnd(() => bus.close({ drainMs: 100 }));
  const servers: BusProcess[] = [];
  const join = async (): Promise<BusProcess> => {
    const server = startProcess({ store, role: 'own' });
    servers.push(server);
    await server.ready();
    return server;
  };
  await Promise.all(Array.from({ length: count }, join));
  let written = 0;
  const write = async (perSecond: number, keys: number, ms: number): Promise<number> => {
    const start = performance.now();
    const publishing: Promise<unknown>[] = [];
    for (let count = 0; count < (perSecond * ms) / 1000; count++) {
      const n = written++;
      const wait = start + (count * 1000) / perSecond - performance.now();
      if (wait > 1) {
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
      publishing.push(bus.publish(`job:${n % 3}`, { n }, { key: `k${(n * 7) % keys}` }));
    }
    await Promise.all(publishing);
    return written;
  };
  const check: Fleet['check'] = async (written, changes, paused = []) => {
    await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0 }]));
    const outputs: number[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await bus.read(after, { limit: 1_000, pattern: 'out:*' });
      outputs.push(...page.events.flatMap(({ payload }) => payload.of));
      ({ last: after, more } = page);
    }
    // None lost, none doubled.
    expect(outputs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, n) => n));
    // One owner at a time: a key changes hands when servers come and go, and does not go to and fro.
    // Where a server is paused, or given up on a busy machine, keys go and come back as often as that happens.
    const starved = servers.filter(
      (server) => !paused.includes(server) && server.told.some((one) => one.say === 'lost' && one.why === 'lost'),
    );
    const allowed = starved.length + paused.length > 0 ? Number.POSITIVE_INFINITY : changes;
    const seen = servers.flatMap(({ told }, server) =>
      told.flatMap((one) => (one.say === 'saw' ? [{ ...one, server }] : [])),
    );
    for (const [key, events] of Map.groupBy(seen, (one) => one.key)) {
      const owners = events.toSorted((a, b) => a.at - b.at).map(({ server }) => server);
      const hands = owners.filter((server, place) => place > 0 && server !== owners[place - 1]).length;
      expect([key, hands, owners.length > 0 && hands <= allowed]).toEqual([key, hands, true]);
    }
  };
  return { bus, join, write, check, servers };
}
