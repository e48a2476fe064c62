import { hash, randomUUID } from 'node:crypto';
import { BusError } from '../errors.ts';
import { fenced } from '../local-owners.ts';
import { partitionName, partitionOf } from '../partition.ts';
import type { Appended, Entry } from '../transport.ts';
import { digestLength } from './id-scripts.ts';
import type { RedisLog } from './log.ts';

/** What is kept, and for how long. */
export interface RedisRetention {
  readonly maxEvents: number;
  readonly maxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly maxDedupeIds: number;
  readonly maxDelayed: number;
}

/** Epoch, then for each event its place, as `store` in the scripts returns it. */
type Results = readonly [epoch: string, ...places: (number | 'delayed' | 'seen' | 'full')[]];

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A batch costs Redis about 50 µs in addition to its events: 2 µs per event in batches of 25, 0.5 µs in batches of 100.
 */
const maxBatchEvents = 100;
/**
 * If there are more events than this, they become two batches when Redis has nothing to do, so that it stores one while
 * this process fills the next.
 */
const maxLoneEvents = 50;
const maxBatchChars = 1_048_576;

/** Stores everything published in one turn of the loop with one script per batch. */
export class RedisPublisher {
  readonly #log: RedisLog;
  /** What `store` and `release` in the scripts read first. */
  readonly #settings: readonly string[];
  readonly #maxDelayed: number;
  /** Called when Redis has no memory for more. */
  readonly #onFull: () => void;
  readonly #waiting: Waiting[] = [];
  #isSending = false;
  /** Batches to which Redis has not replied. */
  #storing = 0;

  constructor(
    log: RedisLog,
    { maxEvents, maxAgeMs, dedupeWindowMs, maxDedupeIds, maxDelayed }: RedisRetention,
    onFull: () => void,
  ) {
    this.#log = log;
    this.#onFull = onFull;
    this.#maxDelayed = maxDelayed;
    this.#settings = [maxEvents, maxAgeMs, dedupeWindowMs, maxDedupeIds].map(String);
  }

  append(entry: Entry): Promise<Appended> {
    const { isReady, where } = this.#log.connection;
    if (!isReady) return Promise.reject(new BusError('BUS_UNAVAILABLE', `${where}: not connected; nothing was stored`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (!this.#isSending) {
        this.#isSending = true;
        queueMicrotask(() => void this.#send());
      }
    });
  }

  /** Sends the waiting entries now, because something must be stored after them. */
  flush(): void {
    while (this.#waiting.length > 0) {
      void this.#store(this.#waiting.splice(0, this.#nextSize()));
    }
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      void this.#store(this.#waiting.splice(0, this.#nextSize()));
      if (this.#waiting.length > 0) {
        // Sent together, two batches are answered together, and Redis waits while the next ones are made: 14 % slower.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    this.#isSending = false;
  }

  /** Size of the next batch. Makes batches of one size, as a small rest costs most of what a full batch does. */
  #nextSize(): number {
    const count = this.#waiting.length;
    const least = this.#storing === 0 && count > maxLoneEvents ? 2 : 1;
    const most = Math.ceil(count / Math.max(least, Math.ceil(count / maxBatchEvents)));
    let size = 0;
    for (let chars = 0; size < most && chars < maxBatchChars; size++) {
      chars += String(this.#waiting[size]?.entry.payload).length;
    }
    return size;
  }

  /** Makes what `store` in the scripts reads. */
  argsOf(entries: readonly Entry[]): string[] {
    const ids: string[] = [];
    const counts = entries.map(({ dedupeIds, fence, dueAt }) => {
      const delayed = dueAt === undefined ? '' : `d${this.#maxDelayed} `;
      const unique = dedupeIds.length > 1 ? [...new Set(dedupeIds)] : dedupeIds;
      for (const id of unique) ids.push(this.#log.hasFormerIds ? `${digestOf(id)}${id}` : digestOf(id));
      return `${delayed}${unique.length}${fence === undefined ? '' : ` ${fence}`}`;
    });
    const columns = [
      ['t', entries.map(({ topic }) => topic)],
      ['a', entries.map(({ publishedAt }) => String(publishedAt))],
      ['k', entries.map(({ key }) => (key === undefined ? '' : `${partitionName(partitionOf(key))}k${key}`))],
      ['c', counts],
    ] as const;
    const differing = columns.filter(([, values]) => values.some((value) => value !== values[0]));
    const args = [randomUUID().slice(0, 8), ...this.#settings, String(entries.length)];
    args.push(differing.map(([name]) => name).join(''));
    for (const column of columns) args.push((!differing.includes(column) && column[1][0]) || '');
    for (const [index, { payload }] of entries.entries()) {
      args.push(payload as string);
      for (const [, values] of differing) args.push(values[index] ?? '');
    }
    // Not as arguments of one call: there may be 16,000.
    for (const id of ids) args.push(id);
    return args;
  }

  /** Makes what `release` in the scripts reads. */
  releaseArgs(): string[] {
    return [randomUUID().slice(0, 8), ...this.#settings];
  }

  /** Reads what `store` in the scripts returns. */
  appendedOf([epoch, ...places]: Results): readonly (Appended | BusError)[] {
    this.#log.know(epoch, Math.max(0, ...places.map((place) => (typeof place === 'number' ? place : 0))));
    return places.map((place) => {
      if (place === 'full') {
        return new BusError(
          'BUS_STORAGE_FULL',
          `${this.#maxDelayed} events wait for their time, the limit is maxDelayed: raise it`,
        );
      }
      if (typeof place === 'string') return { seq: 0, epoch, duplicate: place === 'seen' };
      return place === 0 ? fenced() : { seq: Math.abs(place), epoch, duplicate: place < 0 };
    });
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    this.#storing++;
    try {
      const answer = await this.#log.script('publish', this.argsOf(batch.map(({ entry }) => entry)));
      const appended = this.appendedOf(answer as Results);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const one = appended[index];
        if (one && !(one instanceof BusError)) resolve(one);
        else reject(one);
      }
    } catch (error) {
      if (error instanceof BusError && error.code === 'BUS_STORAGE_FULL') this.#onFull();
      for (const { reject } of batch) reject(error);
    } finally {
      this.#storing--;
    }
  }
}

/** 84 bits of an id. With 5,000,000 ids stored, a new id is mistaken for one of them once in 4e18 times. */
function digestOf(id: string): string {
  return hash('sha1', id, 'base64url').slice(0, digestLength);
}
