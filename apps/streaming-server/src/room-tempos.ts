import type { GitHubActivity } from '@bnc/contracts';
import { foldTempo, type RecentActivity } from '@bnc/music-engine';

/** Rooms whose recent activity is remembered; the one quiet for longest gives way. */
const maxRooms = 10_000;

/** Remembers how busy each room has been: one small fold per room. */
export class RoomTempos {
  readonly #rooms = new Map<number, RecentActivity>();

  /**
   * Takes activities of one room; answers its commits per hour after them.
   * @param at - When they were received, in epoch ms: payloads carry the clocks of strangers.
   */
  learn(activities: readonly GitHubActivity[], at: number): number {
    const first = activities[0];
    if (!first) return 0;
    const room = first.repositoryId;
    let recent = this.#rooms.get(room);
    for (const activity of activities) recent = foldTempo(recent, activity, at);
    if (!recent) return 0;
    this.#rooms.delete(room);
    this.#rooms.set(room, recent);
    const [quietest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms && quietest !== undefined) this.#rooms.delete(quietest);
    return recent.commitsPerHour;
  }
}
