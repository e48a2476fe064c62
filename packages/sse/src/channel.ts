import { checkStart } from './check.ts';
import type { Cursor } from './cursor.ts';
import { History } from './history.ts';
import type { HistoryBudget } from './history-budget.ts';
import { idIn, markOf, tagOf } from './joined-id.ts';
import type { SSEStart } from './options.ts';
import type { Settings } from './settings.ts';
import type { SSEResumed } from './sse-connection.ts';

/**
 * What happens to a client with more than `maxBacklogBytes` waiting. `latest`: it skips to the newest message.
 * `disconnect`: its stream is closed.
 */
export type SlowPolicy = 'latest' | 'disconnect';

/** What the channels of a manager have in common. */
export interface Lineage {
  /** Random, so that no id of another process matches. */
  readonly epoch: string;
  /** Channels made so far: the number of the next one. */
  made: number;
  /** The value of `made` when a channel that had messages was last dropped. */
  droppedAt: number;
}

/** Where a client resumes. */
export interface Resumed {
  /** Number of its next message. */
  readonly from: number;
  readonly resumed: SSEResumed;
  readonly missed: number;
}

/** The listeners of one channel, and the messages that they may replay. */
export class Channel {
  readonly name: string;
  /**
   * Prefix of the ids made here. It belongs to this object alone, so that no id of another channel or process matches.
   */
  readonly epoch: string;
  readonly slow: SlowPolicy;
  readonly history: History;
  readonly cursors: Set<Cursor> = new Set();
  /** Variants in use, and how many listeners each has. */
  readonly variants: Map<string, number> = new Map();
  /** Monotonic ms of the last time something happened here. */
  usedAt: number = performance.now();
  readonly #lineage: Lineage;
  readonly #number: number;
  #tag: string | undefined;

  constructor(name: string, lineage: Lineage, slow: SlowPolicy, limits: Settings['history'], budget: HistoryBudget) {
    this.name = name;
    this.slow = slow;
    this.history = new History(limits, budget);
    this.#lineage = lineage;
    this.#number = lineage.made++;
    this.epoch = `${lineage.epoch}.${this.#number.toString(36)}`;
  }

  /** Its short name in joined ids. */
  get tag(): string {
    this.#tag ??= tagOf(this.name);
    return this.#tag;
  }

  /** Whether it never had a message, so that it has no past to remember. */
  get isBlank(): boolean {
    return this.history.end === 1;
  }

  add(cursor: Cursor): void {
    const { variant } = cursor.connection;
    this.cursors.add(cursor);
    this.variants.set(variant, (this.variants.get(variant) ?? 0) + 1);
  }

  delete(cursor: Cursor): void {
    if (!this.cursors.delete(cursor)) return;
    const { variant } = cursor.connection;
    const left = (this.variants.get(variant) ?? 1) - 1;
    if (left === 0) {
      this.variants.delete(variant);
      this.history.drop(variant);
    } else {
      this.variants.set(variant, left);
    }
    this.usedAt = performance.now();
  }

  /** The id with which a client resumes at a message. */
  idBefore(seq: number): string {
    const { last, end } = this.history;
    const id = seq === end ? last?.id : this.history.get(seq - 1)?.id;
    return id ?? `${this.epoch}-${seq - 1}`;
  }

  /** Marks the place before a message in a joined id: a client that sends it resumes at that message. */
  markBefore(seq: number): string {
    return markOf(this.tag, this.idBefore(seq));
  }

  /**
   * Finds where a client with this last event id resumes. If the id is not known, the client starts with the next
   * message, or with the newest one. Takes constant time, whatever the id.
   */
  resume(lastEventId: string | undefined, start: SSEStart): Resumed {
    const { first, end, newest } = this.history;
    const from = start === 'newest' ? newest : end;
    if (!lastEventId) return { from, resumed: 'fresh', missed: 0 };
    const seq = this.#seqOf(lastEventId) ?? this.#seqOf(idIn(lastEventId, this.tag) ?? '');
    if (seq === undefined || seq >= end) return { from, resumed: 'truncated', missed: 0 };
    if (seq + 1 >= first) return { from: seq + 1, resumed: 'replayed', missed: 0 };
    return { from: first, resumed: 'truncated', missed: first - seq - 1 };
  }

  /** Whether an id names a place here. */
  knows(id: string): boolean {
    return this.#seqOf(id) !== undefined;
  }

  #seqOf(id: string): number | undefined {
    const known = this.history.seqOf(id);
    if (known !== undefined) return known;
    const place = /^(.+)\.([\da-z]{1,11})-(0|[1-9]\d{0,14})$/.exec(id);
    if (place?.[1] !== this.#lineage.epoch) return undefined;
    const [, , number = '', seq = ''] = place;
    if (number === this.#number.toString(36)) return Number(seq);
    // A channel without messages was dropped with its last listener. What came since is all here, unless a channel was
    // dropped that had some.
    const wasBlank = seq === '0' && Number.parseInt(number, 36) >= this.#lineage.droppedAt;
    return wasBlank ? 0 : undefined;
  }
}

/**
 * Finds where a client that listens to several channels resumes in each of them.
 * @throws {TypeError} when the function `start` returns neither `next` nor `newest`.
 */
export function resumeAll(
  channels: readonly Channel[],
  lastEventId: string | undefined,
  start: SSEStart | ((channel: string) => SSEStart),
): Resumed[] {
  const startOf = ({ name }: Channel): SSEStart => {
    if (typeof start !== 'function') return start;
    const chosen = start(name);
    checkStart(chosen);
    return chosen;
  };
  if (!lastEventId) return channels.map((channel) => channel.resume(undefined, startOf(channel)));
  const heard = channels.filter(
    (channel) => idIn(lastEventId, channel.tag) !== undefined || channel.knows(lastEventId),
  );
  // A channel that the id does not speak of is new to the client. An id that speaks of none is not known.
  return channels.map((channel) =>
    channel.resume(heard.length === 0 || heard.includes(channel) ? lastEventId : undefined, startOf(channel)),
  );
}
