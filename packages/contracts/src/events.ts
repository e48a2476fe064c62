import type { GitHubAgent, GitHubDelivery } from './github.ts';
import type { Emotion, MusicalParameters, Reason } from './music.ts';
import type { EpochMs } from './units.ts';

/** What a page shows beside a sound. */
export interface ActivitySummary {
  /** What happened, in one line. */
  readonly title: string;
  /** Link to it; empty where there is none. */
  readonly url: string;
  /** Who did it. */
  readonly actor: string;
  /** GitHub's event name. */
  readonly event: string;
  /** GitHub's action, where there is one. */
  readonly action?: string;
  /** The program that acted, by itself or for `actor`. */
  readonly agent?: GitHubAgent;
  /** What it is about, such as `pull/12`. */
  readonly subject?: string;
  /** What it feels like. */
  readonly emotion: Emotion;
}

/** One line of what a phrase speaks for: a happening, or several of a kind as a count. */
export interface Tell {
  /** What happened, such as `Opened 15 pull requests`. */
  readonly title: string;
  /** Link to it, or to the first of several; empty where there is none. */
  readonly url: string;
  /** Who did it, such as `mona`, `mona and lisa` or `mona, lisa and 3 more`. */
  readonly actor: string;
  /** How many happenings the line counts, ≥ 1. */
  readonly count: number;
  /** The repository where it happened, in a room of several. */
  readonly repoId?: string;
}

/** A phrase was decided: the parameters are the truth, audio is derived from them. */
export interface MusicGenerated {
  /** Names the phrase. */
  readonly phraseId: string;
  /** `owner/repo` as GitHub spells it: where the happening that gave the phrase its character was. */
  readonly repoId: string;
  /** GitHub's numeric repository id. */
  readonly repositoryId: number;
  /** The name of the room, where it is one of several repositories. */
  readonly room?: string;
  /** True when strangers may not hear it. */
  readonly isPrivate: boolean;
  /** True when somebody listened as it was decided: its sound follows as `audio:rendered`. */
  readonly isHeard: boolean;
  /** Deliveries this phrase speaks for, oldest first. */
  readonly deliveryIds: readonly string[];
  /** What to play. */
  readonly musicalParams: MusicalParameters;
  /** The happening that gave the phrase its character. */
  readonly activity: ActivitySummary;
  /** Everything that the phrase speaks for, grouped by kind, most important first. Absent in phrases of earlier versions. */
  readonly tells?: readonly Tell[];
  /** Every choice in words. */
  readonly reasons: readonly Reason[];
  /** When the last of the deliveries was received. */
  readonly receivedAt: EpochMs;
}

/** A repository's webhook has been connected. */
export interface WebhookConnected {
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
  /** When its first delivery came. */
  readonly receivedAt: EpochMs;
}

/** A repository is private now, or public, or has another name: what may be heard where is to be looked up again. */
export interface RepositoryChanged {
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
}

/** Somebody listens to a room where nobody listened: its newest phrase is to be heard, if nobody has heard it. */
export interface RoomHeard {
  /** Names the newest phrase. */
  readonly phraseId: string;
}

/** A phrase has been rendered and kept; the sound itself is in the clip store. */
export interface AudioRendered {
  /** Names the phrase that `music:generated` has told. */
  readonly phraseId: string;
  /** GitHub's numeric repository id. */
  readonly repositoryId: number;
  /** When it starts, by the servers' clock: a bar line of the room. */
  readonly startAt: EpochMs;
}

/** A phrase could not be rendered. */
export interface RenderFailed {
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
  /** Deliveries the phrase spoke for. */
  readonly deliveryIds: readonly string[];
  /** Stable code, such as `RENDER_TIMEOUT`. */
  readonly code: string;
  /** What happened, for a person. */
  readonly message: string;
}

/** Topics of the bus and their payloads. */
export interface BusEvents {
  /** An accepted delivery, one topic per GitHub event name. */
  [topic: `webhook:github:${string}`]: GitHubDelivery;
  /** A repository's webhook has been connected. */
  'webhook:ping': WebhookConnected;
  /** A phrase was decided. */
  'music:generated': MusicGenerated;
  /** Somebody listens where nobody listened. */
  'room:heard': RoomHeard;
  /** A phrase has been rendered. */
  'audio:rendered': AudioRendered;
  /** A phrase could not be rendered. */
  'render:failed': RenderFailed;
  /** What is known of a repository's name or privacy has changed. */
  'repository:changed': RepositoryChanged;
  /** Everything that is known of a room is to be forgotten. */
  'room:forgotten': { readonly [name: string]: never };
  /** Other repositories share a room now. */
  'rooms:changed': { readonly name: string };
}
