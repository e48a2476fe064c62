import type { EpochMs, GitHubDelivery } from '@bnc/contracts';
import type { BusEvent } from '@bnc/event-bus';
import type { MusicGenerated, ServerEvents } from './events.ts';
import type { RoomState } from './room-state.ts';
import type { KeptPhrase } from './tables.ts';

/** A delivery, as the owner of its room gets it. */
export type RoomDelivery = BusEvent<`webhook:github:${string}`, GitHubDelivery>;

/** What a room tells, in one step with what it is done with. */
export interface RoomWord<Topic extends 'music:generated' | 'audio:rendered'> {
  /** What holds while the room belongs to this server: an event that is not done with it. */
  readonly of: BusEvent;
  /** Events that are done with it. */
  readonly settle: readonly BusEvent[];
  readonly topic: Topic;
  readonly payload: ServerEvents[Topic];
  /** The name that its repository has now. */
  readonly repoId: string;
  readonly state: RoomState;
}

/** What a room needs of the house. */
export interface RoomHouse {
  /** Tells something; returns the id of the event. Rejects when the room belongs to another server. */
  tell<Topic extends 'music:generated' | 'audio:rendered'>(word: RoomWord<Topic>): Promise<string>;
  /** Keeps the state, for a room that has published nothing for long. */
  save(of: BusEvent, state: RoomState): Promise<void>;
  /** Forms that listeners want, on every server; undefined where nobody listens. */
  wanted(phrase: Pick<MusicGenerated, 'repoId'>): Promise<ReadonlySet<string> | undefined>;
  /** Makes the sound of a phrase; rejects when it cannot be made; listeners of the room have received an error then. */
  render(phrase: MusicGenerated, forms: ReadonlySet<string>): Promise<void>;
  /** Keeps a phrase in the tables, and notes when it sounds. */
  keep(kept: Pick<KeptPhrase, 'eventId' | 'phrase'>): Promise<void>;
  start(phraseId: string, sound: { readonly messageId: string; readonly startAt: EpochMs }): Promise<void>;
  /** The newest phrase that has been kept. */
  newest(): Promise<KeptPhrase | undefined>;
  /** Called when the room holds more, or less. */
  held(change: number): void;
  now(): EpochMs;
}
