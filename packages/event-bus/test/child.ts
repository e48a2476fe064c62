/** A process with a bus, for tests that kill it. Talks over IPC; its work is the first argument, as JSON. */
import { EventBus } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { sqlite } from '../src/sqlite.ts';

/** What the process does. */
export interface Work {
  /** The store: a file, or a url with its prefix. */
  readonly store:
    | { readonly file: string }
    | { readonly url: string; readonly prefix: string; readonly leaseMs: number };
  /** `consume`: joins group `g` on `job:*`. `write`: publishes to `job:a` as fast as it can. */
  readonly role: 'consume' | 'write';
  /** What the handler does: `ms` of waiting or of blocking the loop, or the end of the process. */
  readonly handler?: { readonly wait: number } | { readonly block: number } | 'die';
  readonly concurrency?: number;
}

/** What the process tells. */
export type Told =
  | { readonly say: 'ready' }
  | { readonly say: 'start' | 'end'; readonly n: number; readonly attempt: number }
  | { readonly say: 'acked'; readonly ids: readonly (readonly [dedupeId: string, id: string])[] }
  | { readonly say: 'failed'; readonly code: string; readonly message: string };

const tell = (told: Told): void => {
  process.send?.(told);
};

const work = JSON.parse(process.argv[2] ?? '') as Work;

const run = async (): Promise<void> => {
  const transport = 'file' in work.store ? await sqlite(work.store) : await redis(work.store);
  const bus = new EventBus<{ [topic: `job:${string}`]: { n: number } }>({
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
    { group: 'g', concurrency: work.concurrency ?? 1 },
  );
  await subscription.ready;
  tell({ say: 'ready' });
};

run().catch((error: unknown) => {
  const { code, message } = error as { code: string; message: string };
  tell({ say: 'failed', code, message });
});
