import { BusError } from '../errors.ts';
import type { RedisLog } from './log.ts';

/** What is kept, and for how long. */
export interface RedisLimits {
  readonly maxEvents: number;
  readonly maxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly maxDedupeIds: number;
  readonly groupTtlMs: number;
}

/**
 * How often old events and groups are looked for, in milliseconds. The first look comes after returning groups have had
 * time to join.
 */
const lookMs = 3_600_000;
/** How often to try to free memory while Redis is full, and for how long after the last refusal, in milliseconds. */
const retryMs = 500;
const patienceMs = 600_000;

/** Cuts history and ends groups even when nobody publishes, or when Redis is too full for publishing. */
export class RedisTrimmer {
  readonly #log: RedisLog;
  readonly #limits: RedisLimits;
  readonly #warn: (error: BusError) => void;
  readonly #looking: ReturnType<typeof setInterval>;
  #isFreeing = false;
  #fullUntil = 0;
  #hasWarned = false;
  #isStopped = false;

  constructor(log: RedisLog, limits: RedisLimits, warn: (error: BusError) => void) {
    this.#log = log;
    this.#limits = limits;
    this.#warn = warn;
    // Timers here do not keep an idle process alive.
    this.#looking = setInterval(
      () => {
        void this.trim();
        void log.script('endGroups', [String(limits.groupTtlMs)]).catch(() => {});
      },
      Math.min(limits.groupTtlMs, lookMs),
    );
    this.#looking.unref();
  }

  /** Cuts events that are too old or too many. Returns the number of events; 0 when Redis cannot be reached. */
  async trim(isFull = false): Promise<number> {
    const { maxEvents, maxAgeMs } = this.#limits;
    const args = [maxEvents, maxAgeMs, Date.now(), isFull ? 1 : 0].map(String);
    try {
      const [cut, idsCut] = (await this.#log.script('trim', args)) as readonly [number, string | null];
      if (idsCut !== null && !this.#hasWarned) {
        this.#hasWarned = true;
        this.#warnOfIds(Number(idsCut));
      }
      return cut;
    } catch {
      return 0;
    }
  }

  /** Frees memory because Redis refused to store more: now, or once groups have handled something. */
  full(): void {
    this.#fullUntil = performance.now() + patienceMs;
    if (!this.#isFreeing) {
      void this.#free();
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#looking);
  }

  async #free(): Promise<void> {
    this.#isFreeing = true;
    while (!this.#isStopped && performance.now() < this.#fullUntil && (await this.trim(true)) === 0) {
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
    this.#isFreeing = false;
  }

  #warnOfIds(ageMs: number): void {
    const { maxDedupeIds, dedupeWindowMs } = this.#limits;
    this.#warn(
      new BusError(
        'BUS_DEDUPE_FULL',
        `more than ${maxDedupeIds} dedupe ids came in ${Math.round(ageMs / 60_000)} minutes, so the oldest are forgotten before dedupeWindowMs (${dedupeWindowMs}): raise maxDedupeIds, or lower dedupeWindowMs`,
      ),
    );
  }
}
