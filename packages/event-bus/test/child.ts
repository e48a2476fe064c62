/** A process with a bus, for tests that kill it. Talks over IPC; its work is the first argument, as JSON. */
import { type BusEvent, EventBus } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { sqlite } from '../src/sqlite.ts';

/** What the process does. */
export interface Work {
  /** The store: a file, or a url with its prefix. */
  readonly store:
    | { readonly file: string }
    | { readonly url: string; readonly prefix: string; readonly leaseMs: number; readonly followTtlMs?: number };
  /**
   * `consume`: joins group `g` on `job:*`. `write`: publishes to `job:a` as fast as it can. `own`: owns keys of group `g`
   * on `job:*`, gathers what comes for a key for 15 ms, and commits it with one event on `out:a` that names it all. `follow`:
   * follows the keys `k0` to `k9` on `job:*`.
   */
  readonly role: 'consume' | 'write' | 'own' | 'follow';
  /** What the handler does: `ms` of waiting or of blocking the loop, or the end of the process. */
  readonly handler?: { readonly wait: number } | { readonly block: number } | 'die';
  readonly concurrency?: number;
  readonly keys?: 'ordered' | 'owned';
}

/** A message of the process. */
export type Told =
  | { readonly say: 'ready' }
  | { readonly say: 'start' | 'end'; readonly n: number; readonly attempt: number }
  /** An owner or follower was given an event; `at` is in milliseconds by the clock that all processes share. */
  | { readonly say: 'saw'; readonly n: number; readonly key: string; readonly at: number }
  | { readonly say: 'lost'; readonly key: string; readonly why: 'lost' | 'revoked' | 'idle' }
  | { readonly say: 'refused'; readonly code: string }
  | { readonly say: 'acked'; readonly ids: readonly (readonly [dedupeId: string, id: string])[] }
  | { readonly say: 'failed'; readonly code: string; readonly message: string };

function tell(told: Told): void {
  process.send?.(told);
}

const work = JSON.parse(process.argv[2] ?? '') as Work;

async function run(): Promise<void> {
  const transport = 'file' in work.store ? await sqlite(work.store) : await redis(work.store);
  const bus = new EventBus<{
    [topic: `job:${string}`]: { n: number };
    [topic: `out:${string}`]: { of: number[]; by: number };
  }>({
    transport,
    retry: { attempts: 3, minDelayMs: 10 },
  });
  if (work.role === 'write') {
    tell({ say: 'ready' });
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (;;) {
          const dedupeId = crypto.randomUUID();
          const { id } = await bus.publish('job:a', { n: 0 }, { dedupeId });
          tell({ say: 'acked', ids: [[dedupeId, id]] });
        }
      }),
    );
  }
  if (work.role === 'own') {
    const gathered = new Map<string, BusEvent[]>();
    const commit = async (key: string): Promise<void> => {
      const events = gathered.get(key) ?? [];
      gathered.delete(key);
      if (events.length === 0) {
        return;
      }
      const of = events.map(({ payload }) => (payload as { n: number }).n);
      await bus
        .commit({
          settle: events,
          publish: [{ topic: 'out:a', payload: { of, by: process.pid }, key }],
          state: { key, value: of.at(-1) },
        })
        .catch((error: unknown) => tell({ say: 'refused', code: (error as { code: string }).code }));
    };
    const subscription = bus.subscribe(
      'job:*',
      (event) => {
        const { key = '', payload } = event;
        tell({ say: 'saw', n: payload.n, key, at: Number(process.hrtime.bigint()) / 1e6 });
        const events = gathered.get(key);
        if (events) {
          events.push(event);
        } else {
          gathered.set(key, [event]);
          setTimeout(() => void commit(key), 15);
        }
        return new Promise<void>(() => {});
      },
      {
        group: 'g',
        keys: 'owned',
        onOwn: () => {},
        onLose: async (key, why) => {
          tell({ say: 'lost', key, why });
          // Never after the key was lost: another has its events.
          if (why === 'lost') {
            gathered.delete(key);
          } else {
            await commit(key);
          }
        },
      },
    );
    await subscription.ready;
    process.once('SIGTERM', () => void bus.close().then(() => process.exit()));
    tell({ say: 'ready' });
    return;
  }
  if (work.role === 'follow') {
    const following = bus.follow('job:*', ({ payload: { n }, key = '' }) =>
      tell({ say: 'saw', n, key, at: Number(process.hrtime.bigint()) / 1e6 }),
    );
    await Promise.all(Array.from({ length: 10 }, (_, n) => following.add(`k${n}`, { note: process.pid })));
    tell({ say: 'ready' });
    return;
  }
  const subscription = bus.subscribe(
    'job:*',
    async ({ payload: { n }, attempt }) => {
      tell({ say: 'start', n, attempt });
      const { handler = { wait: 0 } } = work;
      if (handler === 'die') {
        // The word gets out before the end.
        await new Promise((resolve) => setTimeout(resolve, 20));
        process.kill(process.pid, 'SIGKILL');
        await new Promise(() => {});
      } else if ('block' in handler) {
        const end = performance.now() + handler.block;
        while (performance.now() < end);
      } else await new Promise((resolve) => setTimeout(resolve, handler.wait));
      tell({ say: 'end', n, attempt });
    },
    { group: 'g', concurrency: work.concurrency ?? 1, keys: work.keys ?? 'ordered' },
  );
  await subscription.ready;
  tell({ say: 'ready' });
}

run().catch((error: unknown) => {
  const { code, message } = error as { code: string; message: string };
  tell({ say: 'failed', code, message });
});
