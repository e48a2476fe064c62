import { randomBytes } from 'node:crypto';
import { Channel, type Lineage, type SlowPolicy } from './channel.ts';
import { checkChoice } from './check.ts';
import { HistoryBudget } from './history-budget.ts';
import type { Settings } from './settings.ts';

/** The channels of a manager: made for their first listener or message, dropped when nothing of them is left. */
export class Rooms {
  readonly #limits: Settings['history'];
  readonly #slow: SlowPolicy | ((channel: string) => SlowPolicy);
  readonly #budget: HistoryBudget;
  readonly #lineage: Lineage = { epoch: randomBytes(6).toString('base64url'), made: 0, droppedAt: 0 };
  readonly #byName = new Map<string, Channel>();
  #isClosed = false;

  constructor(limits: Settings['history'], slow: SlowPolicy | ((channel: string) => SlowPolicy) = 'disconnect') {
    this.#limits = limits;
    this.#slow = slow;
    this.#budget = new HistoryBudget(limits.maxTotalBytes);
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Bytes that all channels keep. */
  get bytes(): number {
    return this.#budget.bytes;
  }

  find(name: string): Channel | undefined {
    return this.#byName.get(name);
  }

  /** The channel of this name, made where there is none. */
  get(name: string): Channel {
    const known = this.#byName.get(name);
    if (known) return known;
    const slow = typeof this.#slow === 'function' ? this.#slow(name) : this.#slow;
    checkChoice('slow', slow, ['latest', 'disconnect']);
    const made = new Channel(name, this.#lineage, slow, this.#limits, this.#budget);
    if (!this.#isClosed) this.#byName.set(name, made);
    return made;
  }

  /**
   * Runs work with channels that may fail because of what the caller gave. If it fails, drops those of them that are
   * unused.
   */
  using<T>(rooms: readonly Channel[], run: () => T): T {
    try {
      return run();
    } catch (error) {
      this.dropUnused(rooms);
      throw error;
    }
  }

  /** Drops channels that have neither listeners nor a past, so that strangers cannot fill the memory with names. */
  dropUnused(rooms: readonly Channel[]): void {
    for (const room of rooms) {
      const isUnused = room.cursors.size === 0 && room.isBlank;
      if (isUnused && this.#byName.get(room.name) === room) this.#byName.delete(room.name);
    }
  }

  /** Drops messages that are too old, and channels that have had no listeners and no message for `maxAgeMs`. */
  trim(now: number): void {
    for (const [name, room] of this.#byName) {
      room.history.trim(now);
      if (room.cursors.size > 0 || now - room.usedAt <= this.#limits.maxAgeMs) continue;
      if (!room.isBlank) this.#lineage.droppedAt = this.#lineage.made;
      room.history.clear();
      this.#byName.delete(name);
    }
  }

  /** Drops everything, and keeps nothing from now on. */
  close(): void {
    this.#isClosed = true;
    for (const { history } of this.#byName.values()) history.clear();
    this.#byName.clear();
  }

  /** Drops a message that nobody will come back for, as everything is closed. */
  forgetIfClosed({ history }: Channel): void {
    if (this.#isClosed) history.clear();
  }
}
