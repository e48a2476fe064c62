import type { GitHubAgent, GitHubDelivery } from './github.ts';
import type { Emotion, MusicalParameters, Reason } from './music.ts';
import type { EpochMs, Sha256 } from './units.ts';

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
}

/** A phrase was decided: the parameters are the truth, audio is derived from them. */
export interface MusicGenerated {
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
  /** GitHub's numeric repository id. */
  readonly repositoryId: number;
  /** True when strangers may not hear it. */
  readonly isPrivate: boolean;
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

/** What a delivery says of a repository beside what is heard of it. */
export interface RepositoryChanged {
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
  /** GitHub's numeric repository id. */
  readonly repositoryId: number;
  /** True when strangers may not hear it from now on. */
  readonly isPrivate: boolean;
  /** When it was so, by the payload's own clock. */
  readonly occurredAt: EpochMs;
  /** `owner/repo` until now, where what has changed is the name. */
  readonly previousRepoId?: string;
}

/** Somebody listens to a room, so its phrase is to be rendered: once, whoever asks. */
export interface RenderWanted {
  /** Names the phrase: the id of its `music:generated` event. */
  readonly phraseId: string;
  /** The phrase. */
  readonly phrase: MusicGenerated;
  /** Names of the forms that those who listen want, so that it is encoded once. */
  readonly variants?: readonly string[];
}

/** A phrase has been rendered and kept; the sound itself is in the clip store. */
export interface AudioRendered extends Omit<RenderWanted, 'variants'> {
  /** Key of the clip in the store. */
  readonly clipKey: Sha256;
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
  /** A phrase is to be rendered. */
  'render:wanted': RenderWanted;
  /** A phrase has been rendered. */
  'audio:rendered': AudioRendered;
  /** A phrase could not be rendered. */
  'render:failed': RenderFailed;
  /** What is known of a repository's privacy has changed. */
  'repository:changed': RepositoryChanged;
}
