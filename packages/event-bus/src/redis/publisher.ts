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
}

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** Small enough that this process fills the next batch while Redis stores one; larger ones were slower. */
const maxBatchEvents = 32;
const maxBatchChars = 1_048_576;

/** Stores everything published in one turn of the loop with one script per batch. */
export class RedisPublisher {
  readonly #log: RedisLog;
  readonly #settings: readonly string[];
  #batch: Waiting[] = [];

  constructor(log: RedisLog, { maxEvents, maxAgeMs, dedupeWindowMs }: RedisRetention) {
    this.#log = log;
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
    for (let start = 0; start < batch.length; ) {
      let chars = 0;
      let end = start;
      while (end < batch.length && end - start < maxBatchEvents && chars < maxBatchChars) {
        chars += String(batch[end++]?.entry.payload).length;
      }
      void this.#store(batch.slice(start, end));
      start = end;
    }
  }

  /** What `store` in the scripts reads. */
  argsOf(entries: readonly Entry[]): string[] {
    const args = [randomUUID().slice(0, 8), ...this.#settings, String(entries.length)];
    for (const { topic, publishedAt, payload, key, dedupeIds, fence } of entries) {
      const keyed = key === undefined ? '' : `${partitionName(partitionOf(key))}k${key}`;
      const count = fence === undefined ? String(dedupeIds.length) : `${dedupeIds.length} ${fence}`;
      args.push(topic, String(publishedAt), payload as string, keyed, count);
    }
    for (const { dedupeIds } of entries) args.push(...dedupeIds);
    return args;
  }

  /** Reads what `store` in the scripts returns. */
  appendedOf([epoch, ...places]: readonly [string, ...number[]]): readonly Appended[] {
    this.#log.know(epoch, Math.max(0, ...places));
    return places.map((place) => ({ seq: Math.abs(place), epoch, duplicate: place < 0 }));
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    try {
      const answer = await this.#log.script('publish', this.argsOf(batch.map(({ entry }) => entry)));
      const appended = this.appendedOf(answer as readonly [string, ...number[]]);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const one = appended[index];
        if (one && one.seq > 0) resolve(one);
        else reject(fenced());
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
