import type { ActivitySummary, BusEvents, GitHubActivity, MusicGenerated } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { emotionOf, mapActivity, strongestOf } from '@bnc/music-engine';
import { PhraseScheduler } from './phrase-scheduler.ts';
import { roomOf } from './repository-access.ts';
import type { RoomGrid } from './room-grid.ts';
import { RoomTempos } from './room-tempos.ts';

const summarise = (activity: GitHubActivity): ActivitySummary => ({
  title: activity.title,
  url: activity.url,
  actor: activity.actor,
  event: activity.event,
  ...(activity.action !== undefined && { action: activity.action }),
  emotion: emotionOf(activity),
});

/** Turns accepted deliveries into `music:generated`: one phrase for one happening, or for a burst of them. */
export class Composer {
  readonly #scheduler: PhraseScheduler;
  readonly #subscription: ReturnType<EventBus<BusEvents>['subscribe']>;

  constructor({
    bus,
    grid,
    isHeard,
    now = Date.now,
  }: {
    bus: EventBus<BusEvents>;
    grid: RoomGrid;
    isHeard(repoId: string): boolean;
    now?: () => number;
  }) {
    const tempos = new RoomTempos();
    this.#scheduler = new PhraseScheduler({
      grid,
      compose: async (activities) => {
        const character = strongestOf(activities);
        const { repoId, repositoryId, isPrivate } = character;
        const musicalParams = mapActivity(activities, { commitsPerHour: tempos.learn(activities, now()) });
        const event: MusicGenerated = {
          repoId,
          repositoryId,
          isPrivate,
          deliveryIds: activities.map(({ deliveryId }) => deliveryId),
          musicalParams,
          activity: summarise(character),
          reasons: musicalParams.reasons ?? [],
          receivedAt: now(),
        };
        if (isHeard(repoId)) grid.expect(roomOf(repoId), musicalParams.duration * 1000);
        // A crash after this line redelivers the activities; the id keeps their phrase from sounding twice.
        await bus.publish('music:generated', event, {
          key: String(repositoryId),
          dedupeId: `music:${activities[0]?.deliveryId}`,
        });
      },
    });
    this.#subscription = bus.subscribe('webhook:github:*', (event) => this.#scheduler.add(event.payload), {
      group: 'composer',
      concurrency: 256,
    });
  }

  /** Settles when deliveries are being taken. */
  get ready(): Promise<void> {
    return this.#subscription.ready;
  }

  /** Publishes what is open and takes no more. */
  async close(): Promise<void> {
    await this.#scheduler.flush();
    await this.#subscription.close();
  }
}
