import type { EpochMs, GitHubDelivery } from '@bnc/contracts';
import type { BusEvent } from '@bnc/event-bus';
import type { RoomSettings } from '@bnc/music-engine';
import type { MusicBed, MusicGenerated, ServerEvents } from './events.ts';
import type { RoomState } from './room-state.ts';
import type { KeptPhrase, PhraseStart } from './tables.ts';

/** A delivery, as the owner of its room receives it. */
export type RoomDelivery = BusEvent<`webhook:github:${string}`, GitHubDelivery>;

/** Topics of what a room publishes. */
export type RoomTopic = 'music:generated' | 'music:skipped' | 'music:bed' | 'audio:rendered';

/** What a room publishes, in one step with the events that it is done with. */
export interface RoomWord<Topic extends RoomTopic> {
  /** An event that the room has open: its fence proves that the room belongs to this server. */
  readonly of: BusEvent;
  /** Events that the room is done with. */
  readonly settle: readonly BusEvent[];
  readonly topic: Topic;
  readonly payload: ServerEvents[Topic];
  /** The bed, if it is published too. */
  readonly bed?: MusicBed;
  /** The current name of the repository, if a delivery names it. */
  readonly repoId?: string;
  readonly state: RoomState;
}

/** Who listens to a room, on all servers. */
export interface Audience {
  /** The forms in which listeners want phrases, if they need clips. */
  readonly variants: ReadonlySet<string>;
  /** Time in ms that listeners of scores need between the decision and the sound; undefined if nobody takes scores. */
  readonly leadMs?: number | undefined;
  /** Whether a listener wants what sounds under the phrases. */
  readonly wantsBed: boolean;
}

/** What a room needs from the server around it. */
export interface RoomHouse {
  /** Publishes what a room plays; returns the id of the event. Rejects when the room belongs to another server. */
  tell<Topic extends RoomTopic>(word: RoomWord<Topic>): Promise<string>;
  /** Keeps the state, for a room that has published nothing for a long time. */
  save(of: BusEvent, state: RoomState): Promise<void>;
  /** Returns who listens; undefined when nobody does. */
  audience(phrase: Pick<MusicGenerated, 'repoId'>): Promise<Audience | undefined>;
  /** Called with a phrase that listeners take as a score, before it is stored: its gain is measured meanwhile. */
  prepare(phrase: Pick<MusicGenerated, 'phraseId' | 'musicalParams'>): void;
  /**
   * Makes the sound of a phrase. Rejects when it cannot be made: the room's listeners have received an error by then.
   */
  render(phrase: MusicGenerated, variants: ReadonlySet<string>): Promise<void>;
  /** Keeps a phrase in the tables; `start` notes when it sounds. */
  keep(kept: Pick<KeptPhrase, 'eventId' | 'phrase'>): Promise<void>;
  start(phraseId: string, start: PhraseStart): Promise<void>;
  /** Returns the newest phrase that has been kept. */
  newest(): Promise<KeptPhrase | undefined>;
  /** Returns what the operator has chosen for the room. */
  settings(): Promise<RoomSettings>;
  /** Called when the room holds more activities, or fewer. */
  held(change: number): void;
  now(): EpochMs;
}
