import type { GitHubActivity } from '@bnc/contracts';
import { type GatherState, gather } from '@bnc/music-engine';

/** Rooms whose waves and floods are remembered; the one that has been quiet longest gives way. */
const maxRooms = 10_000;

type Phrase = readonly [GitHubActivity, ...GitHubActivity[]];

interface Room {
  state: GatherState;
  timer?: NodeJS.Timeout;
}

/** Gathers waves and floods of every room, and passes on what is to be told. */
export class Gatherer {
  readonly #pass: (activities: Phrase) => Promise<void>;
  readonly #now: () => number;
  readonly #rooms = new Map<number, Room>();
  readonly #settlers = new Map<GitHubActivity, { resolve(): void; reject(error: unknown): void }>();

  /** @param pass - takes activities that are told together; settles when they have been */
  constructor(pass: (activities: Phrase) => Promise<void>, now: () => number) {
    this.#pass = pass;
    this.#now = now;
  }

  /** Takes an activity; settles when it has been told. */
  add(activity: GitHubActivity): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#settlers.set(activity, { resolve, reject });
    this.#step(activity.repositoryId, activity, this.#now());
    return promise;
  }

  /** Passes on everything that is held; for a server that stops. */
  flush(): void {
    for (const repositoryId of [...this.#rooms.keys()]) {
      this.#step(repositoryId, undefined, Number.MAX_SAFE_INTEGER);
      clearTimeout(this.#rooms.get(repositoryId)?.timer);
    }
  }

  #step(repositoryId: number, activity: GitHubActivity | undefined, at: number): void {
    const room = this.#rooms.get(repositoryId);
    clearTimeout(room?.timer);
    const { state, ready } = gather(room?.state, activity, at);
    const { due } = state;
    this.#rooms.delete(repositoryId);
    this.#rooms.set(repositoryId, {
      state,
      ...(due !== undefined && {
        timer: setTimeout(() => this.#step(repositoryId, undefined, this.#now()), Math.max(0, due - at)).unref(),
      }),
    });
    for (const activities of ready) this.#tell(activities);
    const [quietest] = this.#rooms;
    if (this.#rooms.size <= maxRooms || !quietest) return;
    if (quietest[1].state.due !== undefined) this.#step(quietest[0], undefined, Number.MAX_SAFE_INTEGER);
    this.#rooms.delete(quietest[0]);
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
