import type { GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { EventBus, memory } from '@bnc/event-bus';
import { GitHubWebhookReceiver, hear, type RepositoryFacts, signWebhook } from '@bnc/github-webhooks';
import { vi } from 'vitest';
import { tellsOfPhrase } from '../../src/rooms/compose-phrase.ts';
import type { MusicGenerated, ServerEvents } from '../../src/rooms/events.ts';
import { MergedRooms } from '../../src/rooms/merged-rooms.ts';
import { Rooms, roomWords } from '../../src/rooms/rooms.ts';
import { SqliteTables } from '../../src/rooms/sqlite-tables.ts';
import type { RepositoryNews } from '../../src/rooms/tables.ts';
import type { Delivery } from './delivery.ts';

/** A delivery and when it comes. */
export interface TimedDelivery extends Delivery {
  /** Milliseconds since the story began. */
  readonly afterMs: number;
  /** Default: a number, in the order in which they come. */
  readonly deliveryId?: string;
}

/** A phrase as a room hears it. */
export interface PlayedPhrase extends MusicGenerated {
  /** When it was decided, in milliseconds since the story began. */
  readonly afterMs: number;
}

/** What came of a story. */
export interface Played {
  readonly phrases: readonly PlayedPhrase[];
  /** What those who listen are told, a line for each phrase and each change of the room's name. */
  readonly told: readonly string[];
  /** Milliseconds in which the room sounds. */
  readonly soundingMs: number;
  /** What happened, as the facts of the repository tell it without a server. */
  readonly happened: readonly GitHubActivity[];
}

/** Settings of {@link playStory}. */
export interface PlayOptions {
  /** When the story begins, in epoch milliseconds. */
  readonly startsAt: number;
  /** When the server starts again, in milliseconds since the story began. Default: it does not. */
  readonly restartsAfterMs?: number;
}

const secret = 'a secret of stories that are told';
/** Time that rendering a phrase takes. */
const renderMs = 300;

/** Time after the last delivery in which everything has been told. */
const silenceMs = 86_400_000;

function clockOf(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 3600) return `+${seconds.toFixed(1)} s`;
  const part = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `+${Math.floor(seconds / 3600)}:${part((seconds / 60) % 60)}:${part(seconds % 60)}`;
}

/** Writes what a phrase tells as one line: when, what it feels like, what leads it, and all of it where that is more. */
function lineOf({ afterMs, activity, tells = [], repoId }: PlayedPhrase, home: string): string {
  const counted = (count = 1): string => (count > 1 ? `, ${count}` : '');
  const all = tells.map(({ title, actor, count }) => `${title} (${actor}${counted(count)})`);
  return [
    `${clockOf(afterMs)} [${activity.emotion}] ${activity.title} (${activity.actor}${counted(tells[0]?.count)})`,
    ...(tells.length > 1 ? [`| tells: ${all.join('; ')}`] : []),
    ...(repoId === home ? [] : [`in ${repoId}`]),
  ].join(' ');
}

/** The server from the receiver to the phrase, as `app.ts` wires it, with a listener in every room. */
class Stage {
  readonly bus: EventBus<ServerEvents> = new EventBus<ServerEvents>({
    transport: memory({ maxEvents: 100_000 }),
    onHandlerError: (error) => this.failures.push(error),
  });
  readonly failures: unknown[] = [];
  readonly phrases: PlayedPhrase[] = [];
  readonly moves: { readonly afterMs: number; readonly from: string; readonly to: string }[] = [];
  /** Deliveries that were kept, and when. */
  readonly kept: { readonly delivery: GitHubDelivery; readonly at: number }[] = [];
  soundingMs = 0;
  readonly #startsAt = Date.now();
  readonly #tables = new SqliteTables(':memory:', { keepMs: 30 * 86_400_000 });
  readonly #merged = new MergedRooms();
  readonly #receiver: GitHubWebhookReceiver;
  readonly #listening = this.bus.follow(roomWords, () => {});
  #rooms: Rooms | undefined;

  constructor() {
    const { bus } = this;
    this.#receiver = new GitHubWebhookReceiver({
      secrets: [secret],
      nameOf: async (repositoryId) => (await this.#tables.repository(repositoryId))?.repoId,
      publish: async (delivery, { dedupeId }) => {
        await this.#learn(delivery);
        const key = this.#merged.keyOf(delivery);
        const published = await bus.publish(`webhook:github:${delivery.event}`, delivery, { key, dedupeId });
        if (!published.duplicate) this.kept.push({ delivery, at: Date.now() });
        return published;
      },
      onFact: (fact) => this.#learn(fact),
    });
    bus.subscribe('music:generated', ({ payload }) => this.#play(payload));
  }

  /** Starts the server from what the bus remembers. */
  async start(): Promise<void> {
    this.#rooms = new Rooms({
      bus: this.bus,
      tables: this.#tables,
      merged: this.#merged,
      render: async () => {
        await new Promise((resolve) => {
          setTimeout(resolve, renderMs);
        });
      },
    });
    await this.#rooms.ready;
  }

  async restart(): Promise<void> {
    await this.#rooms?.close({ drainMs: 1000 });
    await this.start();
  }

  async deliver({ event, payload }: Delivery, deliveryId: string): Promise<void> {
    const body = Buffer.from(JSON.stringify(payload));
    await this.#receiver.receive({
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': deliveryId,
        'x-hub-signature-256': signWebhook(secret, body),
      },
      body,
    });
  }

  async #learn(news: RepositoryNews): Promise<void> {
    const { movedFrom } = await this.#tables.learn(news);
    await this.#listening.add(this.#merged.channelOf(news.repoId));
    if (movedFrom === undefined) return;
    this.moves.push({ afterMs: Date.now() - this.#startsAt, from: movedFrom, to: news.repoId });
  }

  #play(phrase: MusicGenerated): void {
    this.phrases.push({ ...phrase, tells: tellsOfPhrase(phrase) ?? [], afterMs: Date.now() - this.#startsAt });
    this.soundingMs += phrase.musicalParams.duration * 1000;
  }
}

/** Tells what happened from the deliveries alone. */
function happenedIn(kept: Stage['kept']): GitHubActivity[] {
  const told: GitHubActivity[] = [];
  let facts: RepositoryFacts | undefined;
  for (const { delivery, at } of kept) {
    const heard = hear(facts, delivery, at);
    facts = heard.facts;
    told.push(...heard.activities);
  }
  return [...told, ...hear(facts, undefined, Number.MAX_SAFE_INTEGER).activities];
}

/** Lets everything happen that waits for no timer. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Plays deliveries through the real receiver, bus and rooms, on a clock that jumps from one timer to the
 * next. Each phrase sounds 300 ms after it was decided, and somebody listens all the time.
 * @param deliveries - in the order in which they come
 * Cost: about 0.2 ms for each delivery.
 */
export async function playStory(
  deliveries: readonly TimedDelivery[],
  { startsAt, restartsAfterMs }: PlayOptions,
): Promise<Played> {
  const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;
  vi.useFakeTimers({ now: startsAt, toFake: [...toFake] });
  try {
    return await play(deliveries, startsAt, restartsAfterMs);
  } finally {
    vi.useRealTimers();
  }
}

async function play(
  deliveries: readonly TimedDelivery[],
  startsAt: number,
  restartsAfterMs: number | undefined,
): Promise<Played> {
  const stage = new Stage();
  await stage.start();
  const comeFrom = (index: number): void => {
    const next = deliveries[index];
    if (!next) return;
    const { afterMs, deliveryId = `delivery-${index}` } = next;
    const come = (): void => {
      stage.deliver(next, deliveryId).catch((error: unknown) => stage.failures.push(error));
      comeFrom(index + 1);
    };
    setTimeout(come, startsAt + afterMs - Date.now());
  };
  comeFrom(0);
  if (restartsAfterMs !== undefined) setTimeout(() => void stage.restart(), restartsAfterMs);
  await settled();
  const endsBefore = startsAt + (deliveries.at(-1)?.afterMs ?? 0) + silenceMs;
  while (vi.getTimerCount() > 0) {
    vi.advanceTimersToNextTimer();
    if (Date.now() > endsBefore) throw new Error('A day after the last delivery, something still waits.');
    await settled();
  }
  if (stage.failures.length > 0) throw new AggregateError(stage.failures, 'A delivery or a phrase failed.');
  const { phrases, moves, kept, soundingMs } = stage;
  const home = kept[0]?.delivery.repoId ?? '';
  const told = [
    ...phrases.map((phrase) => ({ afterMs: phrase.afterMs, line: lineOf(phrase, home) })),
    ...moves.map(({ afterMs, from, to }) => ({ afterMs, line: `${clockOf(afterMs)} ${from} is ${to} now` })),
  ];
  return {
    phrases,
    told: told.toSorted((a, b) => a.afterMs - b.afterMs).map(({ line }) => line),
    soundingMs,
    happened: happenedIn(kept),
  };
}
