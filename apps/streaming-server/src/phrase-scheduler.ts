import type { GitHubActivity } from '@bnc/contracts';
import type { RoomGrid } from './room-grid.ts';

/** A phrase is composed this long before the room falls silent: time to render and send it. */
const headStartMs = 700;

/** A phrase speaks for this many activities at most; more open the next one. */
const maxActivities = 500;

/** Activities that came while their room was sounding. */
interface Burst {
  readonly activities: GitHubActivity[];
  readonly composed: Promise<void>;
  readonly composeNow: () => void;
}

/** Makes one phrase of everything that happens in a room while it sounds; the first happening never waits. */
export class PhraseScheduler {
  readonly #compose: (activities: readonly GitHubActivity[]) => Promise<void>;
  readonly #grid: RoomGrid;
  readonly #bursts = new Map<number, Burst>();

  constructor(options: {
    /** Publishes one phrase for these activities of one room, oldest first. */
    compose(activities: readonly GitHubActivity[]): Promise<void>;
    /** Bar lines of the rooms. */
    grid: RoomGrid;
  }) {
    this.#compose = options.compose;
    this.#grid = options.grid;
  }

  /** Takes activities that are told together; settles when a phrase that speaks for them has been published. */
  add(activities: readonly [GitHubActivity, ...GitHubActivity[]]): Promise<void> {
    const room = activities[0].repositoryId;
    const open = this.#bursts.get(room);
    if (open && open.activities.length + activities.length <= maxActivities) {
      open.activities.push(...activities);
      return open.composed;
    }
    const waitMs = this.#grid.busyForMs(room) - headStartMs;
    if (open || waitMs > 0) return this.#open(room, activities, waitMs);
    return this.#compose(activities);
  }

  /** Composes every open burst at once; for a server that stops. */
  async flush(): Promise<void> {
    const open = [...this.#bursts.values()];
    for (const burst of open) burst.composeNow();
    await Promise.allSettled(open.map(({ composed }) => composed));
  }

  #open(room: number, first: readonly GitHubActivity[], waitMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const activities = [...first];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const composeNow = (): void => {
      clearTimeout(timer);
      if (this.#bursts.get(room) === burst) this.#bursts.delete(room);
      this.#compose(activities).then(resolve, reject);
    };
    const burst: Burst = { activities, composed: promise, composeNow };
    // A full burst goes out at once; its place is taken by the new one.
    this.#bursts.get(room)?.composeNow();
    this.#bursts.set(room, burst);
    timer = setTimeout(composeNow, Math.max(0, waitMs));
    return promise;
  }
}
