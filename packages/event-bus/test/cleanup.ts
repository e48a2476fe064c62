import { afterAll } from 'vitest';

const tasks: (() => unknown)[] = [];
afterAll(async () => {
  for (const task of tasks.splice(0).toReversed()) await task();
});

/** Runs `task` when the file's tests have ended, last first: tests that run beside each other cannot use `onTestFinished`. */
export function atEnd(task: () => unknown): void {
  tasks.push(task);
}
