import type { ActivitySummary, BusEvents, GitHubActivity, MusicGenerated, Tell } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { emotionOf, mapActivity, strongestOf, tellsOf } from '@bnc/music-engine';
import { Gatherer } from './gatherer.ts';
import { PhraseScheduler } from './phrase-scheduler.ts';
import type { RoomGrid } from './room-grid.ts';
import { RoomTempos } from './room-tempos.ts';
import type { Stories } from './stories.ts';

/** Time for phrases that are being published when the server stops. */
const handBackMs = 1000;

/** Names what gives a phrase its character; several of a kind are named together. */
const summarise = (activity: GitHubActivity, lead: Tell | undefined): ActivitySummary => {
  const { title, url, actor, event, action, agent, subject } = activity;
  const isOne = lead === undefined || lead.count === 1;
  return {
    title: isOne ? title : lead.title,
    url,
    actor: isOne ? actor : lead.actor,
    event,
    ...(action !== undefined && { action }),
    ...(agent && { agent }),
    ...(subject !== undefined && { subject }),
    emotion: emotionOf(activity),
  };
};

/** Turns accepted deliveries into `music:generated`: one phrase for one happening, or for a burst of them. */
export class Composer {
  readonly #gatherer: Gatherer;
  readonly #scheduler: PhraseScheduler;
  readonly #subscription: ReturnType<EventBus<BusEvents>['subscribe']>;

  constructor({
    bus,
    grid,
    stories,
    isHeard,
    nameOf,
    now = Date.now,
  }: {
    bus: EventBus<BusEvents>;
    grid: RoomGrid;
    stories: Stories;
    isHeard(repoId: string): boolean;
    /** The name that a repository has now, where it is known. */
    nameOf(repositoryId: number): string | undefined;
    now?: () => number;
  }) {
    const tempos = new RoomTempos();
    this.#scheduler = new PhraseScheduler({
      grid,
      compose: async (activities) => {
        const character = strongestOf(activities);
        const { repositoryId, isPrivate } = character;
        // It may have been renamed since: what happened is heard where people listen now.
        const repoId = nameOf(repositoryId) ?? character.repoId;
        const tells = tellsOf(activities);
        const musicalParams = mapActivity(activities, { commitsPerHour: tempos.learn(activities, now()) });
        const event: MusicGenerated = {
          repoId,
          repositoryId,
          isPrivate,
          deliveryIds: activities.map(({ deliveryId }) => deliveryId),
          musicalParams,
          activity: summarise(character, tells[0]),
          tells,
          reasons: musicalParams.reasons ?? [],
          receivedAt: now(),
        };
        if (isHeard(repoId)) grid.expect(repositoryId, musicalParams.duration * 1000);
        // A crash after this line redelivers the activities; the id keeps their phrase from sounding twice.
        await bus.publish('music:generated', event, {
          key: String(repositoryId),
          dedupeId: `music:${activities[0]?.deliveryId}`,
        });
      },
    });
    this.#gatherer = new Gatherer((activities) => this.#scheduler.add(activities), now);
    this.#subscription = bus.subscribe(
      'webhook:github:*',
      async ({ payload }) => {
        const activity = await stories.of(payload);
        if (activity) await this.#gatherer.add(activity);
      },
      // One server speaks for a room. Room for what waits: a wave of hundreds, a verdict that rests for a minute.
      { group: 'rooms', keys: 'owned', concurrency: 1024 },
    );
  }

  /** Settles when deliveries are being taken. */
  get ready(): Promise<void> {
    return this.#subscription.ready;
  }

  /** Publishes what waits for its bar line, takes no more, and gives back what waits for more of its kind. */
  async close(): Promise<void> {
    this.#gatherer.close();
    await this.#scheduler.flush();
    await this.#subscription.close({ drainMs: handBackMs });
  }
}
