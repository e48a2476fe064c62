import { assertOptions, assertType, nameOf } from './check.ts';
import { encodePayload } from './envelope.ts';
import { BusError } from './errors.ts';
import type { BusEvent } from './event.ts';
import { parseFence } from './fence.ts';
import type { BusLimits, CommitEntry, PublishOptions, PublishResult } from './options.ts';
import type { SchemaCheck } from './schema.ts';
import { assertTopic, isOwnTopic } from './topic.ts';
import type { Appended, Entry, Transport } from './transport.ts';

const noIds: readonly string[] = [];
const maxDedupeIds = 16;
/** Most events that one commit settles, and most that it publishes. */
const maxCommitted = 1_000;
/** Last moment that a `Date` can hold. */
const maxTimeMs = 8.64e15;

/** What a commit writes, before it is checked. */
export interface UncheckedCommit {
  readonly settle?: readonly BusEvent[];
  readonly publish?: readonly CommitEntry[];
  readonly state?: { readonly key: string; readonly value: unknown };
  readonly fence?: string;
}

/** Checks what is published, hands it to the store, and counts the publishes that wait for the store. */
export class Publisher {
  readonly #transport: Transport;
  readonly #limits: BusLimits;
  readonly #schemas: SchemaCheck;
  /** The topic that was checked last, as many are published to one topic. */
  #topic = '';
  #waiting = 0;
  #wakes: (() => void)[] = [];

  constructor(transport: Transport, limits: BusLimits, schemas: SchemaCheck) {
    this.#transport = transport;
    this.#limits = limits;
    this.#schemas = schemas;
  }

  /** Publishes that wait for the store. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when no publish waits for the store. */
  async idle(): Promise<void> {
    while (this.#waiting > 0) {
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
    }
  }

  publish(topic: string, payload: unknown, options: PublishOptions): Promise<PublishResult> {
    const entry = this.#entryOf(topic, payload, options);
    this.#assertPending();
    const appended = this.#transport.append(entry);
    return appended instanceof Promise ? this.#count(appended, resultOf) : Promise.resolve(resultOf(appended));
  }

  /** Writes a commit. Returns the results, and the fences of the events that are settled now. */
  async commit(options: UncheckedCommit): Promise<readonly [readonly PublishResult[], readonly string[]]> {
    const { settle = [], publish = [], state, fence } = options;
    for (const [name, list] of Object.entries({ settle, publish })) {
      if (!Array.isArray(list)) throw new TypeError(`${name} must be an array, got ${nameOf(list)}`);
      if (list.length > maxCommitted) {
        throw new RangeError(`${name} must be at most ${maxCommitted} events, got ${list.length}`);
      }
    }
    const settled = settle.map((event, place) => {
      assertOptions(`settle[${place}]`, event);
      if (event.fence === undefined) {
        throw new TypeError(`event ${event.id} has no fence: settle events of a group with keys: 'owned'`);
      }
      assertType(`settle[${place}].fence`, event.fence, 'string');
      return event.fence;
    });
    if (fence !== undefined) assertType('fence', fence, 'string');
    const fences = [...new Set(fence === undefined ? settled : [fence, ...settled])];
    if (fences.length === 0) throw new TypeError('commit needs events to settle, or a fence');
    if (new Set(fences.map((one) => parseFence(one).group)).size > 1) {
      throw new TypeError('commit settles events of one group and pattern: make one commit for each');
    }
    const entries = publish.map((entry, place) => {
      assertOptions(`publish[${place}]`, entry);
      return this.#committedOf(entry);
    });
    if (state !== undefined) assertOptions('state', state);
    if (state) this.assertLength('state.key', state.key);
    const kept = state && { key: state.key, value: this.encode(`the state of ${state.key}`, state.value) };
    this.#assertPending();
    const commit = { fences, settle: [...new Set(settled)], publish: entries, state: kept };
    const results = await this.#count(this.#transport.commit(commit), (appended) => appended.map(resultOf));
    return [results, settled];
  }

  /**
   * Checks the length of a name.
   * @throws {TypeError} unless it is a string.
   * @throws {BusError} `BUS_TOPIC_TOO_LONG`.
   */
  assertLength(name: string, value: string): void {
    assertType(name, value, 'string');
    const { maxTopicLength } = this.#limits;
    if (value.length > maxTopicLength) {
      throw new BusError(
        'BUS_TOPIC_TOO_LONG',
        `${name} has ${value.length} characters, the limit is ${maxTopicLength}: shorten it`,
      );
    }
  }

  /** Encodes a value as the transport keeps it. */
  encode(what: string, value: unknown): unknown {
    if (value === undefined || this.#transport.payloads === 'reference') return value;
    return encodePayload(what, value, this.#limits.maxPayloadBytes);
  }

  /** Reads back what `encode` made. */
  decode(kept: unknown): unknown {
    return kept === undefined || this.#transport.payloads === 'reference' ? kept : JSON.parse(kept as string);
  }

  #committedOf(entry: CommitEntry): Entry {
    const options: PublishOptions = entry;
    if (options.notBefore !== undefined) {
      throw new TypeError('a commit stores its events at once: publish an event with notBefore by publish()');
    }
    return this.#entryOf(entry.topic, entry.payload, options);
  }

  /** Checks an event, and makes the entry to store. */
  #entryOf(topic: string, payload: unknown, { key, dedupeId, fence, notBefore }: PublishOptions): Entry {
    this.assertLength('topic', topic);
    if (isOwnTopic(topic)) throw new TypeError(`topics that begin with '$' are the bus's own, got ${topic}`);
    if (topic !== this.#topic) {
      assertTopic(topic);
      this.#topic = topic;
    }
    if (key !== undefined) this.assertLength('key', key);
    const dedupeIds = dedupeId === undefined ? noIds : this.#idsOf(dedupeId);
    if (fence !== undefined) {
      assertType('fence', fence, 'string');
      parseFence(fence);
    }
    const checked = this.#schemas.check(topic, payload);
    const stored =
      this.#transport.payloads === 'reference' ? checked : encodePayload(topic, checked, this.#limits.maxPayloadBytes);
    const now = Date.now();
    const dueAt = notBefore === undefined ? undefined : timeOf(notBefore);
    if (dueAt === undefined || dueAt <= now) {
      const entry = { topic, key, payload: stored, dedupeIds, publishedAt: now };
      return fence === undefined ? entry : { ...entry, fence };
    }
    return { topic, key, payload: stored, dedupeIds, publishedAt: dueAt, fence, dueAt };
  }

  #idsOf(dedupeId: string | readonly string[]): readonly string[] {
    if (typeof dedupeId !== 'string' && !Array.isArray(dedupeId)) {
      throw new TypeError(`dedupeId must be a string or an array of strings, got ${nameOf(dedupeId)}`);
    }
    const ids = typeof dedupeId === 'string' ? [dedupeId] : [...(dedupeId as readonly string[])];
    if (ids.length > maxDedupeIds) {
      throw new RangeError(`dedupeId must be at most ${maxDedupeIds} ids, got ${ids.length}`);
    }
    for (const id of ids) this.assertLength('dedupeId', id);
    return ids;
  }

  #assertPending(): void {
    if (this.#waiting >= this.#limits.maxPending) {
      throw new BusError(
        'BUS_OVERLOADED',
        `${this.#waiting} publishes wait for the store: publish slower or raise maxPending`,
      );
    }
  }

  /** Counts a publish as waiting until the store has settled it. */
  async #count<Stored, Result>(stored: Promise<Stored>, result: (stored: Stored) => Result): Promise<Result> {
    this.#waiting++;
    try {
      return result(await stored);
    } finally {
      if (--this.#waiting === 0) for (const wake of this.#wakes.splice(0)) wake();
    }
  }
}

/** Reads `notBefore`. */
function timeOf(notBefore: Date | number): number {
  const ms = notBefore instanceof Date ? notBefore.getTime() : notBefore;
  if (typeof ms !== 'number') throw new TypeError(`notBefore must be a Date or a number, got ${nameOf(ms)}`);
  if (!(Math.abs(ms) <= maxTimeMs)) throw new RangeError(`notBefore must be a time that a Date can hold, got ${ms}`);
  return Math.ceil(ms);
}

/** Returns the id of an event; none while it waits for its time. */
function resultOf({ epoch, seq, duplicate }: Appended): PublishResult {
  return { id: seq === 0 ? '' : `${epoch}-${seq}`, duplicate };
}
