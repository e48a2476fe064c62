import type { GroupStats } from '../event.ts';
import type { OwnedStore, Unfenced } from '../local-owners.ts';
import { matcher } from '../topic.ts';
import type { Entry, GroupSpec, Reference, Start, Stored } from '../transport.ts';
import type { GroupCallbacks } from './group.ts';
import type { MemoryLog } from './log.ts';

interface Pending {
  readonly event: Stored;
  attempts: number;
}

interface OwnedCallbacks extends GroupCallbacks {
  /** Called when `pull` may bring more, after it had no room. */
  readonly onRoom: () => void;
}

/** An owned group in memory: its place in the log, what is not settled before it, and the states of its keys. */
export class MemoryOwned implements OwnedStore {
  readonly #log: MemoryLog;
  readonly #spec: GroupSpec;
  readonly #matches: (topic: string) => boolean;
  readonly #callbacks: OwnedCallbacks;
  /** True when `pull` stopped because too many events are not settled. */
  #isFull = false;
  readonly #pending = new Map<number, Pending>();
  readonly #states = new Map<string, unknown>();
  /** Events that were given back to this group alone. */
  readonly #back: Reference[] = [];
  #cursor: number;
  #redeliveries = 0;
  #deadLettered = 0;
  #lost = 0;

  constructor(log: MemoryLog, spec: GroupSpec, callbacks: OwnedCallbacks) {
    this.#log = log;
    this.#spec = spec;
    this.#matches = matcher(spec.pattern);
    this.#callbacks = callbacks;
    this.#cursor = spec.from === 'new' ? log.last : spec.from;
  }

  async pull(count: number): Promise<readonly Reference[]> {
    const out = this.#back.splice(0);
    const { last, maxEvents } = this.#log;
    this.#passCut();
    while (this.#cursor < last && out.length < count && this.#pending.size < maxEvents) {
      const event = this.#log.at(++this.#cursor);
      if (event && this.#matches(event.topic)) {
        this.#pending.set(event.seq, { event, attempts: 0 });
        out.push({ seq: event.seq, key: event.key });
      }
    }
    // What is read is held until it is settled: a log full of it is enough.
    this.#isFull = this.#pending.size >= maxEvents;
    return out;
  }

  async start(wanted: readonly Start[]): Promise<readonly (Unfenced | undefined)[]> {
    return wanted.map(({ seq, stateOf }) => {
      const pending = this.#pending.get(seq);
      if (!pending) {
        return undefined;
      }
      const attempt = ++pending.attempts;
      if (attempt > 1) {
        this.#redeliveries++;
      }
      const state = stateOf === undefined ? undefined : this.#states.get(stateOf);
      return { event: pending.event, epoch: this.#log.epoch, attempt, state };
    });
  }

  async giveBack(places: readonly number[]): Promise<void> {
    for (const seq of places) {
      const pending = this.#pending.get(seq);
      if (pending && pending.attempts > 0) {
        pending.attempts--;
      }
    }
  }

  async done(seq: number): Promise<boolean> {
    return this.#settle(seq);
  }

  async dead(seq: number, reason: string, notice: Entry | undefined): Promise<boolean> {
    const pending = this.#pending.get(seq);
    if (!pending) {
      return false;
    }
    this.#settle(seq);
    this.#deadLettered++;
    this.#callbacks.onDead(pending.event, pending.attempts, reason, notice);
    return true;
  }

  /** Settles events and keeps the state of a key; undefined deletes it. */
  commit(settle: readonly number[], state: { readonly key: string; readonly value: unknown } | undefined): void {
    for (const seq of settle) {
      this.#settle(seq);
    }
    if (state?.value === undefined) {
      this.#states.delete(state?.key ?? '');
    } else {
      this.#states.set(state.key, state.value);
    }
  }

  /** Puts an event back for this group alone, as if it had never been tried. */
  putBack(event: Stored): void {
    this.#pending.set(event.seq, { event, attempts: 0 });
    this.#back.push({ seq: event.seq, key: event.key });
  }

  /** Forgets a key that was erased. */
  forget(key: string): void {
    for (const [seq, { event }] of this.#pending) {
      if (event.key === key) {
        this.#settle(seq);
      }
    }
    this.#states.delete(key);
  }

  get name(): string {
    return this.#spec.group;
  }

  /**
   * Returns whether the group has yet to read an event at or before a place. Passes over events that it does not match.
   */
  needs(place: number): boolean {
    this.#passCut();
    for (; this.#cursor < place; this.#cursor++) {
      const event = this.#log.at(this.#cursor + 1);
      if (event && this.#matches(event.topic)) {
        return true;
      }
    }
    return false;
  }

  stats(): GroupStats {
    const { group, pattern } = this.#spec;
    const started = [...this.#pending.values()].filter(({ attempts }) => attempts > 0).length;
    const unread = this.#log.last - Math.max(this.#cursor, this.#log.first - 1);
    return {
      group,
      pattern,
      lag: unread + this.#pending.size - started,
      pending: started,
      redeliveries: this.#redeliveries,
      deadLettered: this.#deadLettered,
      lost: this.#lost,
    };
  }

  #settle(seq: number): boolean {
    const wasPending = this.#pending.delete(seq);
    if (wasPending && this.#isFull) {
      this.#isFull = false;
      queueMicrotask(() => this.#callbacks.onRoom());
    }
    return wasPending;
  }

  #passCut(): void {
    const cut = this.#log.first - 1 - this.#cursor;
    if (cut > 0) {
      this.#lost += cut;
      this.#cursor += cut;
      this.#callbacks.onLost(cut);
    }
  }
}
