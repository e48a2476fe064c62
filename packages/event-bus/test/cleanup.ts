import { afterAll } from 'vitest';

const tasks: (() => unknown)[] = [];
afterAll(async () => {
  for (const task of tasks.splice(0).toReversed()) await task();
});

/** Runs `task` when the tests of the file have ended, last first. Concurrent tests cannot use `onTestFinished`. */
export function atEnd(task: () => unknown): void {
  tasks.push(task);
}
