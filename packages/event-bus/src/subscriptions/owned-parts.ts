import type { Timer } from '../timer.ts';
import type { OwnedDelivery, Reference } from '../transport.ts';

/** One key, or one event without a key. */
export interface Lane {
  readonly name: string | number;
  readonly key: string | undefined;
  readonly part: Part;
  readonly waiting: Reference[];
  running: number;
  /** Number of events that are started and not settled, or that will be tried again. */
  open: number;
  /** The call of `onOwn` for the key; undefined before it was made. */
  owned: Promise<void> | undefined;
  /** The call of `onLose` while it runs because the key is idle. The events of the key wait for it. */
  losing: Promise<void> | undefined;
}

export interface Part {
  readonly id: number;
  readonly lanes: Map<string | number, Lane>;
  /** Number of references that wait to be started. */
  held: number;
  /** Places of events that are started and not settled. A revoked partition waits for them. */
  readonly open: Set<number>;
  /** Places of events that were given back after the partition was revoked. */
  readonly returned: number[];
  readonly calls: Set<Call>;
  readonly retries: Set<Timer>;
  state: 'own' | 'revoked' | 'gone';
  isFull: boolean;
  /** Called when no event is open. */
  idle: (() => void) | undefined;
  /** Resolves when the partition is handed over to its next owner. */
  handing: Promise<void> | undefined;
}

export interface Call {
  readonly lane: Lane;
  readonly reference: Reference;
  readonly delivery: OwnedDelivery;
  hasPlace: boolean;
  isSettled: boolean;
}

/** Makes a partition that the owner has from now on. */
export function newPart(id: number): Part {
  return {
    id,
    lanes: new Map(),
    held: 0,
    open: new Set(),
    returned: [],
    calls: new Set(),
    retries: new Set(),
    state: 'own',
    isFull: false,
    idle: undefined,
    handing: undefined,
  };
}

/** Returns the lane of an event. */
export function laneIn(part: Part, { key, seq }: Reference): Lane {
  const name = key ?? seq;
  let lane = part.lanes.get(name);
  if (!lane) {
    lane = { name, key, part, waiting: [], running: 0, open: 0, owned: undefined, losing: undefined };
    part.lanes.set(name, lane);
  }
  return lane;
}
