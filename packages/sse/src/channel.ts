import type { Connection } from './connection.ts';
import { History } from './history.ts';
import type { HistoryBudget } from './history-budget.ts';
import type { SSEStart } from './options.ts';
import type { Settings } from './settings.ts';
import type { SSEResumed } from './sse-connection.ts';

/** What happens to a client with more than its byte limit waiting: it keeps only the newest message, or is closed. */
export type SlowPolicy = 'latest' | 'disconnect';

/** Listeners of one name, and what they may replay. */
export class Channel {
  readonly name: string;
  /** Prefix of the ids made here. It belongs to this object alone, so that no id of another channel or process fits. */
  readonly epoch: string;
  readonly slow: SlowPolicy;
  readonly history: History;
  readonly connections: Set<Connection> = new Set();
  /** Variants in use, and by how many. */
  readonly variants: Map<string, number> = new Map();
  /** Monotonic ms of the last time something happened here. */
  usedAt: number = performance.now();

  constructor(name: string, epoch: string, slow: SlowPolicy, limits: Settings['history'], budget: HistoryBudget) {
    this.name = name;
    this.epoch = epoch;
    this.slow = slow;
    this.history = new History(limits, budget);
  }

  add(connection: Connection): void {
    this.connections.add(connection);
    this.variants.set(connection.variant, (this.variants.get(connection.variant) ?? 0) + 1);
  }

  delete(connection: Connection): void {
    if (!this.connections.delete(connection)) return;
    const left = (this.variants.get(connection.variant) ?? 1) - 1;
    if (left === 0) {
      this.variants.delete(connection.variant);
      this.history.drop(connection.variant);
    } else {
      this.variants.set(connection.variant, left);
    }
    this.usedAt = performance.now();
  }

  /**
   * Finds where a client with this last event id goes on. Where that is not known, it starts with what comes, or with the
   * newest message. Constant time, whatever the id.
   */
  resume(lastEventId: string | undefined, start: SSEStart): { from: number; resumed: SSEResumed; missed: number } {
    const { first, end, newest } = this.history;
    const from = start === 'newest' ? newest : end;
    if (!lastEventId) return { from, resumed: 'fresh', missed: 0 };
    const seq = this.history.seqOf(lastEventId) ?? this.#ownSeq(lastEventId);
    if (seq === undefined || seq >= end) return { from, resumed: 'truncated', missed: 0 };
    if (seq + 1 >= first) return { from: seq + 1, resumed: 'replayed', missed: 0 };
    return { from: first, resumed: 'truncated', missed: first - seq - 1 };
  }

  #ownSeq(id: string): number | undefined {
    if (!id.startsWith(`${this.epoch}-`)) return undefined;
    const digits = id.slice(this.epoch.length + 1);
    return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
  }
}
