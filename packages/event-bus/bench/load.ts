import { percentile } from '@bnc/bench';

/** A payload of about 400 bytes, like that of a delivery. */
export const payload = { repoId: 'octo/cat', title: 'x'.repeat(360), n: 1 };

/** Runs `publish` `count` times, `inFlight` at a time. Returns the rate per second. */
export async function rate(publish: () => Promise<unknown>, count: number, inFlight: number): Promise<number> {
  let left = count;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await publish();
    }),
  );
  return count / ((performance.now() - start) / 1000);
}

/** Runs `publish` 200 times a second for two seconds. Returns a percentile of its duration in milliseconds. */
export async function latency(publish: () => Promise<unknown>, fraction: number): Promise<number> {
  const times: number[] = [];
  const pending: Promise<unknown>[] = [];
  const start = performance.now();
  for (let n = 0; n < 400; n++) {
    const wait = start + n * 5 - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const from = performance.now();
    pending.push(publish().then(() => times.push(performance.now() - from)));
  }
  await Promise.all(pending);
  return percentile(times, fraction);
}
