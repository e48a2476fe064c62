import { startTimer, steadyNow, type Timer } from '../timer.ts';
import type { Stored } from '../transport.ts';
import type { Request } from './requests.ts';
import type { SqliteStore } from './store.ts';

/**
 * Wait before due entries are tried again that the file did not take, and longest wait, as clocks may be set; in
 * milliseconds.
 */
const dueAgainMs = 1_000;
const lookMs = 60_000;

/** Gives due entries their place, and announces due retries. Call `again` when there may be a new time. */
export function watchDues(
  store: SqliteStore,
  announce: (due: readonly Stored[]) => void,
): { again(): void; stop(): void } {
  let timer: Timer | undefined;
  let lookedAt = 0;
  const look = (): void => {
    const now = Math.floor(steadyNow());
    const hasRetries = store.groups.nextRetry(lookedAt) <= now;
    lookedAt = now;
    let due: readonly Stored[] = [];
    let isDone = true;
    try {
      if (store.nextDue() <= Date.now()) {
        store.run(true, () => {
          due = store.appendDue();
        });
      }
    } catch {
      // The file is full, or the disk fails, which the next publish finds too.
      isDone = false;
    }
    if (due.length > 0 || hasRetries) announce(due);
    wait(isDone ? 0 : dueAgainMs);
  };
  const wait = (leastMs: number): void => {
    timer?.stop();
    const ms = Math.min(
      Math.max(leastMs, store.nextDue() - Date.now()),
      store.groups.nextRetry(lookedAt) - steadyNow(),
    );
    timer = ms === Number.POSITIVE_INFINITY ? undefined : startTimer(Math.min(Math.max(ms, 0), lookMs), look);
  };
  return { again: () => wait(0), stop: () => timer?.stop() };
}

/** Whether a request may have added something that waits for its time, or a consumer that waits for it. */
export function mayWait(request: Request): boolean {
  const { op } = request;
  return op === 'later' || op === 'join' || op === 'listen' || (op === 'append' && request.entry.dueAt !== undefined);
}
