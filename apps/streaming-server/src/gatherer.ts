import type { GitHubActivity } from '@bnc/contracts';
import { type GatherState, gather } from '@bnc/music-engine';

/** Rooms whose waves and floods are remembered; the one that has been quiet longest gives way. */
const maxRooms = 10_000;

/**
 * Activities that all rooms hold together; with one more, the room that holds most tells all that it holds. Each has a
 * place among the 1,000 that the composer takes at a time: a flood in one room must not silence the others.
 */
const maxHeld = 600;

type Phrase = readonly [GitHubActivity, ...GitHubActivity[]];

interface Room {
  readonly state: GatherState;
  readonly held: number;
  readonly timer?: NodeJS.Timeout;
}

/** Gathers waves and floods of every room, and passes on what is to be told. */
export class Gatherer {
  readonly #pass: (activities: Phrase) => Promise<void>;
  readonly #now: () => number;
  readonly #rooms = new Map<number, Room>();
  readonly #settlers = new Map<GitHubActivity, { resolve(): void; reject(error: unknown): void }>();
  #held = 0;
  #isClosed = false;

  /** @param pass - takes activities that are told together; settles when they have been */
  constructor(pass: (activities: Phrase) => Promise<void>, now: () => number) {
    this.#pass = pass;
    this.#now = now;
  }

  /** Takes an activity; settles when it has been told, and never after `close`. */
  add(activity: GitHubActivity): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#isClosed) return promise;
    this.#settlers.set(activity, { resolve, reject });
    this.#step(activity.repositoryId, activity);
    if (this.#held > maxHeld) this.#release([...this.#rooms].reduce((a, b) => (b[1].held > a[1].held ? b : a))[0]);
    const [quietest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms && quietest !== undefined) {
      this.#release(quietest);
      this.#rooms.delete(quietest);
    }
    return promise;
  }

  /** Holds what it holds for good: what has not been told is not acknowledged, and comes again at the next start. */
  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#rooms.values()) clearTimeout(timer);
    this.#rooms.clear();
  }

  /** Passes on everything that a room holds, and keeps what it remembers. */
  #release(repositoryId: number): void {
    const room = this.#rooms.get(repositoryId);
    if (!room || room.held === 0) return;
    const due = this.#now();
    const kinds = room.state.kinds.map((kind) => (kind.held.length > 0 ? { ...kind, due } : kind));
    this.#rooms.set(repositoryId, { ...room, state: { kinds, due } });
    this.#step(repositoryId);
  }

  #step(repositoryId: number, activity?: GitHubActivity): void {
    const room = this.#rooms.get(repositoryId);
    clearTimeout(room?.timer);
    const now = this.#now();
    const { state, ready } = gather(room?.state, activity, now);
    const held = state.kinds.reduce((sum, kind) => sum + kind.held.length, 0);
    this.#held += held - (room?.held ?? 0);
    const { due } = state;
    const timer =
      due === undefined ? undefined : setTimeout(() => this.#step(repositoryId), Math.max(0, due - now)).unref();
    this.#rooms.delete(repositoryId);
    this.#rooms.set(repositoryId, { state, held, ...(timer && { timer }) });
    for (const activities of ready) this.#tell(activities);
  }

  #tell(activities: readonly GitHubActivity[]): void {
    const [first, ...rest] = activities;
    if (!first) return;
    const settlers = activities.map((activity) => {
      const settler = this.#settlers.get(activity);
      this.#settlers.delete(activity);
      return settler;
    });
    this.#pass([first, ...rest]).then(
      () => {
        for (const settler of settlers) settler?.resolve();
      },
      (error: unknown) => {
        for (const settler of settlers) settler?.reject(error);
      },
    );
  }
}
