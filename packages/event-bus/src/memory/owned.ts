import type { GroupStats } from '../event.ts';
import type { OwnedStore, Unfenced } from '../local-owners.ts';
import { matcher } from '../topic.ts';
import type { Entry, GroupSpec, Reference, Start, Stored } from '../transport.ts';
import type { Bury, GroupLog } from './group.ts';

interface Pending {
  readonly event: Stored;
  attempts: number;
}

/** An owned group in memory: its place in the log, what is not settled before it, and the states of its keys. */
export class MemoryOwned implements OwnedStore {
  readonly #log: GroupLog;
  readonly #spec: GroupSpec;
  readonly #matches: (topic: string) => boolean;
  readonly #onDead: Bury;
  readonly #pending = new Map<number, Pending>();
  readonly #states = new Map<string, unknown>();
  /** Events that were given back to this group alone. */
  readonly #back: Reference[] = [];
  #cursor: number;
  #redeliveries = 0;
  #deadLettered = 0;
  #lost = 0;

  constructor(log: GroupLog, spec: GroupSpec, onDead: Bury) {
    this.#log = log;
    this.#spec = spec;
    this.#matches = matcher(spec.pattern);
    this.#onDead = onDead;
    this.#cursor = spec.from === 'new' ? log.last : spec.from;
  }

  async pull(count: number): Promise<readonly Reference[]> {
    const out = this.#back.splice(0);
    const { first, last } = this.#log;
    this.#lost += Math.max(0, first - 1 - this.#cursor);
    this.#cursor = Math.max(this.#cursor, first - 1);
    while (this.#cursor < last && out.length < count) {
      const event = this.#log.at(++this.#cursor);
      if (event && this.#matches(event.topic)) {
        this.#pending.set(event.seq, { event, attempts: 0 });
        out.push({ seq: event.seq, key: event.key });
      }
    }
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
    return this.#pending.delete(seq);
  }

  async dead(seq: number, reason: string, notice: Entry | undefined): Promise<boolean> {
    const pending = this.#pending.get(seq);
    if (!pending) {
      return false;
    }
    this.#pending.delete(seq);
    this.#deadLettered++;
    this.#onDead(pending.event, pending.attempts, reason, notice);
    return true;
  }

  /** Settles events and keeps the state of a key; undefined deletes it. */
  commit(settle: readonly number[], state: { readonly key: string; readonly value: unknown } | undefined): void {
    for (const seq of settle) {
      this.#pending.delete(seq);
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
        this.#pending.delete(seq);
      }
    }
    this.#states.delete(key);
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
}
