import { randomUUID } from 'node:crypto';
import { BusError } from '../errors.ts';
import { fenced } from '../local-owners.ts';
import { partitionName, partitionOf } from '../partition.ts';
import type { Appended, Entry } from '../transport.ts';
import type { RedisLog } from './log.ts';

/** What is kept, and how long. */
export interface RedisRetention {
  readonly maxEvents: number;
  readonly maxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly maxDelayed: number;
}

/** Epoch, then of each event its place, as `store` in the scripts says. */
type Results = readonly [epoch: string, ...places: (number | 'delayed' | 'seen' | 'full')[]];

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** A batch costs Redis some 50 µs besides its events: 2 µs an event in batches of 25, a half in batches of 100. */
const maxBatchEvents = 100;
/** More than so many become two batches when Redis has nothing to do, so that it stores one while this process fills the next. */
const maxLoneEvents = 50;
const maxBatchChars = 1_048_576;

/** Stores everything published in one turn of the loop with one script per batch. */
export class RedisPublisher {
  readonly #log: RedisLog;
  /** What `store` and `release` in the scripts read first. */
  readonly #settings: readonly string[];
  readonly #maxDelayed: number;
  #batch: Waiting[] = [];
  /** Batches that Redis has not answered. */
  #storing = 0;

  constructor(log: RedisLog, { maxEvents, maxAgeMs, dedupeWindowMs, maxDelayed }: RedisRetention) {
    this.#log = log;
    this.#maxDelayed = maxDelayed;
    this.#settings = [String(maxEvents), String(maxAgeMs), String(dedupeWindowMs), `${log.prefix}dedupe:`];
  }

  append(entry: Entry): Promise<Appended> {
    const { isReady, where } = this.#log.connection;
    if (!isReady) return Promise.reject(new BusError('BUS_UNAVAILABLE', `${where}: not connected; nothing was stored`));
    return new Promise((resolve, reject) => {
      this.#batch.push({ entry, resolve, reject });
      if (this.#batch.length === 1) queueMicrotask(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    await this.#log.checking;
    // Batches of one size, as a small rest costs most of what a full one does.
    const least = this.#storing === 0 && batch.length > maxLoneEvents ? 2 : 1;
    const size = Math.ceil(batch.length / Math.max(least, Math.ceil(batch.length / maxBatchEvents)));
    for (let start = 0; start < batch.length; ) {
      let chars = 0;
      let end = start;
      while (end < batch.length && end - start < size && chars < maxBatchChars) {
        chars += String(batch[end++]?.entry.payload).length;
      }
      void this.#store(batch.slice(start, end));
      start = end;
    }
  }

  /** What `store` in the scripts reads. */
  argsOf(entries: readonly Entry[]): string[] {
    const args = [randomUUID().slice(0, 8), ...this.#settings, String(entries.length)];
    for (const { topic, publishedAt, payload, key, dedupeIds, fence, dueAt } of entries) {
      const keyed = key === undefined ? '' : `${partitionName(partitionOf(key))}k${key}`;
      const delayed = dueAt === undefined ? '' : `d${this.#maxDelayed} `;
      const count = `${delayed}${dedupeIds.length}${fence === undefined ? '' : ` ${fence}`}`;
      args.push(topic, String(publishedAt), payload as string, keyed, count);
    }
    for (const { dedupeIds } of entries) args.push(...dedupeIds);
    return args;
  }

  /** What `release` in the scripts reads. */
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
      for (const { reject } of batch) reject(error);
    } finally {
      this.#storing--;
    }
  }
}
