import { BusError } from './errors.ts';
import { MemoryGroup } from './memory-group.ts';
import {
  type Appended,
  type Consumer,
  type Entry,
  envelopeVersion,
  type GroupSpec,
  type Listener,
  type Page,
  type Stored,
  type StoredDeadLetter,
  type Transport,
  type TransportStats,
} from './transport.ts';

/** Settings of `memory`. */
export interface MemoryOptions {
  /** Events kept for `from`, `read` and groups that lag. Default 10,000; at least 1. */
  readonly maxEvents?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /** Ids remembered at most; beyond that the oldest are forgotten early. Default 100,000. */
  readonly maxDedupeIds?: number;
  /** Dead letters kept at most; beyond that the oldest are dropped. Default 1,000. */
  readonly maxDeadLetters?: number;
}

const day = 86_400_000;

const newEpoch = (): string => crypto.randomUUID().slice(0, 8);

class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly payloads = 'reference';
  readonly epoch = newEpoch();
  readonly #maxEvents: number;
  readonly #windowMs: number;
  readonly #maxDedupeIds: number;
  readonly #maxDeadLetters: number;
  readonly #ring: Stored[] = [];
  readonly #seen = new Map<string, { readonly seq: number; readonly at: number }>();
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #dead = new Map<string, StoredDeadLetter>();
  #listener: Listener | undefined;
  #deadCount = 0;
  last = 0;

  constructor({ maxEvents = 10_000, dedupeWindowMs = 30 * day, maxDedupeIds = 100_000, maxDeadLetters = 1_000 }) {
    const limits = Object.entries({ maxEvents, dedupeWindowMs, maxDedupeIds, maxDeadLetters });
    for (const [name, value] of limits)
      if (!(value >= 1)) throw new RangeError(`${name} must be at least 1, got ${value}`);
    this.#maxEvents = maxEvents;
    this.#windowMs = dedupeWindowMs;
    this.#maxDedupeIds = maxDedupeIds;
    this.#maxDeadLetters = maxDeadLetters;
  }

  get first(): number {
    return Math.max(1, this.last - this.#maxEvents + 1);
  }

  at(seq: number): Stored | undefined {
    const stored = this.#ring[seq % this.#maxEvents];
    return stored?.seq === seq ? stored : undefined;
  }

  start(listener: Listener): void {
    if (this.#listener) throw new TypeError('transport belongs to another bus already: make one for each bus');
    this.#listener = listener;
  }

  append({ topic, key, payload, dedupeIds, publishedAt }: Entry): Appended {
    for (const id of dedupeIds) {
      const seen = this.#seen.get(id);
      if (seen && performance.now() - seen.at < this.#windowMs)
        return { seq: seen.seq, epoch: this.epoch, duplicate: true };
    }
    const seq = ++this.last;
    const stored = { seq, topic, key, payload, publishedAt, version: envelopeVersion };
    this.#ring[seq % this.#maxEvents] = stored;
    if (dedupeIds.length > 0) this.#remember(dedupeIds, seq);
    this.#listener?.events([stored], this.epoch);
    return { seq, epoch: this.epoch, duplicate: false };
  }

  async read(after: number, limit: number): Promise<Page> {
    const { epoch, first, last } = this;
    const events: Stored[] = [];
    let upTo = Math.max(after, first - 1);
    while (upTo < last && events.length < limit) {
      const stored = this.at(++upTo);
      if (stored) events.push(stored);
    }
    return { epoch, events, first, last, upTo };
  }

  async join(spec: GroupSpec, wake: () => void): Promise<Consumer> {
    const name = JSON.stringify([spec.group, spec.pattern]);
    const group = this.#groups.get(name) ?? new MemoryGroup(this, spec, (...what) => this.#bury(spec, ...what));
    this.#groups.set(name, group);
    return group.join(wake);
  }

  async deadLetters(limit: number): Promise<readonly StoredDeadLetter[]> {
    return [...this.#dead.values()].slice(0, limit);
  }

  async retryDeadLetter(id: string): Promise<boolean> {
    const letter = this.#dead.get(id);
    const group = letter && this.#groups.get(JSON.stringify([letter.group, letter.pattern]));
    if (!group) return false;
    this.#dead.delete(id);
    group.giveBack(letter.event);
    return true;
  }

  async stats(): Promise<TransportStats> {
    return {
      depth: this.last - this.first + 1,
      deadLetters: this.#dead.size,
      groups: [...this.#groups.values()].map((group) => group.stats()),
      warnings: [],
    };
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#ring.length = 0;
    this.#seen.clear();
    this.#dead.clear();
    this.#groups.clear();
  }

  #remember(ids: readonly string[], seq: number): void {
    const at = performance.now();
    for (const id of ids) {
      this.#seen.delete(id);
      this.#seen.set(id, { seq, at });
    }
    for (const [id, seen] of this.#seen) {
      if (this.#seen.size <= this.#maxDedupeIds && at - seen.at < this.#windowMs) break;
      this.#seen.delete(id);
    }
  }

  #bury(spec: GroupSpec, event: Stored, attempts: number, reason: string, notice: Entry | undefined): void {
    const id = String(++this.#deadCount);
    const { group, pattern } = spec;
    this.#dead.set(id, { id, group, pattern, event, epoch: this.epoch, attempts, reason, at: Date.now() });
    if (notice) this.append({ ...notice, payload: { id, ...(notice.payload as object) } });
    for (const oldest of this.#dead.keys()) {
      if (this.#dead.size <= this.#maxDeadLetters) break;
      this.#dead.delete(oldest);
      this.#listener?.warning(
        new BusError('BUS_DEAD_LETTERED', `dead letter ${oldest} was dropped: more than ${this.#maxDeadLetters} wait`),
      );
    }
  }
}

/**
 * Keeps events in this process's memory: nothing survives its end. Payloads are handed over by reference.
 * @throws RangeError when a limit is below 1.
 */
export const memory = (options: MemoryOptions = {}): Transport => new MemoryTransport(options);
