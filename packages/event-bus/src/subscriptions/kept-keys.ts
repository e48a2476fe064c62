import type { Lane, Part } from './owned-parts.ts';

/** Settings of the keys that are kept. */
export interface KeptKeysOptions {
  readonly onOwn: ((key: string, state: unknown) => void | Promise<void>) | undefined;
  readonly onLose: ((key: string, why: 'lost' | 'revoked' | 'idle') => void | Promise<void>) | undefined;
  /** Most keys to keep, beyond those with open events. */
  readonly maxKeys: number;
  readonly decodeState: (state: unknown) => unknown;
}

interface Callbacks {
  readonly report: (error: unknown) => void;
  /** Called when an idle key was given up, and its next events may start. */
  readonly onFree: (lane: Lane) => void;
}

/** Most calls of `onLose` for idle keys at one time. Beyond that, new keys wait, so that memory stays bounded. */
const maxLosing = 256;

/** The keys of an owner that `onOwn` was called for, and the calls of `onLose` for those that it gives up. */
export class KeptKeys {
  readonly #options: KeptKeysOptions;
  readonly #callbacks: Callbacks;
  readonly #keys = new Set<Lane>();
  /** Keys without open events, the one that has been idle longest first. */
  readonly #idle = new Set<Lane>();
  /** Number of running calls of `onLose` for idle keys. */
  #losing = 0;

  constructor(options: KeptKeysOptions, callbacks: Callbacks) {
    this.#options = options;
    this.#callbacks = callbacks;
  }

  /** True while no new key may start. */
  get isFull(): boolean {
    return this.#losing >= maxLosing;
  }

  /** Calls `onOwn` once for a key. After a failure, the next attempt of an event calls it again. */
  async own(lane: Lane, key: string, state: unknown): Promise<void> {
    const { onOwn, decodeState } = this.#options;
    lane.owned ??= (async () => {
      await onOwn?.(key, decodeState(state));
    })();
    const { owned } = lane;
    this.#keys.add(lane);
    this.#letGo();
    try {
      await owned;
    } catch (error) {
      if (lane.owned === owned) {
        lane.owned = undefined;
        this.#keys.delete(lane);
      }
      throw error;
    }
  }

  /** Notes that a key has events again. */
  busy(lane: Lane): void {
    this.#idle.delete(lane);
  }

  /** Notes that a key has no open events. */
  rest(lane: Lane): void {
    this.#idle.add(lane);
    this.#letGo();
  }

  delete(lane: Lane): void {
    this.#idle.delete(lane);
    this.#keys.delete(lane);
  }

  /**
   * Calls `onLose` for every key of a partition that `onOwn` was called for. Waits for calls that are already running.
   */
  tellLoss(part: Part, why: 'lost' | 'revoked'): Promise<void>[] {
    return [...part.lanes.values()].map((lane) => lane.losing ?? this.#tell(lane, why));
  }

  /** Gives up idle keys when there are more keys than `maxKeys`. */
  #letGo(): void {
    for (const lane of this.#idle) {
      if (this.#keys.size <= this.#options.maxKeys) {
        return;
      }
      this.delete(lane);
      lane.losing = this.#loseIdle(lane);
    }
  }

  async #loseIdle(lane: Lane): Promise<void> {
    this.#losing++;
    await this.#tell(lane, 'idle');
    this.#losing--;
    lane.losing = undefined;
    lane.owned = undefined;
    this.#callbacks.onFree(lane);
  }

  async #tell({ key, owned }: Lane, why: 'lost' | 'revoked' | 'idle'): Promise<void> {
    const { onLose } = this.#options;
    if (!onLose || key === undefined || !owned) {
      return;
    }
    try {
      await owned;
      await onLose(key, why);
    } catch (error) {
      this.#callbacks.report(error);
    }
  }
}
