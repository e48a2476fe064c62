import { setTimeout as wait } from 'node:timers/promises';
import type { Job } from '../pool/messages.ts';

/** What a warm-up works with. */
export interface WarmUpOptions {
  /** Does a job. */
  run(job: Job): Promise<unknown>;
  /** Tells whether a job is being done that the pool waits for. */
  isBusy(): boolean;
  /** Called when all is done. */
  onEnd(): void;
}

/** Time between two jobs, in ms. */
const restMs = 300;

/**
 * Does warm-up jobs one after the other while there is no other job, and throws their results away: what they load and
 * compile is there for later jobs.
 */
export class WarmUp {
  readonly #options: WarmUpOptions;
  #jobs: Job[] | undefined;
  #isRunning = false;

  constructor(options: WarmUpOptions) {
    this.#options = options;
  }

  /** Takes the jobs, and begins if it may. */
  start(jobs: readonly Job[]): void {
    this.#jobs = [...jobs];
    void this.goOn();
  }

  /** Does what is left, until a job comes that the pool waits for. */
  async goOn(): Promise<void> {
    const { run, isBusy, onEnd } = this.#options;
    if (!this.#jobs || this.#isRunning) return;
    this.#isRunning = true;
    while (!isBusy()) {
      const job = this.#jobs.shift();
      if (!job) {
        this.#jobs = undefined;
        onEnd();
        break;
      }
      // A job that the pool waits for will say what is wrong.
      await run(job).catch(() => {});
      // Most of what the first job compiles serves any other one, which now finds this process, and the CPU, free.
      if (this.#jobs.length > 0) await wait(restMs);
    }
    this.#isRunning = false;
  }
}
