import type { GitHubActivity } from './github.ts';
import type { Emotion, MusicalParameters, Reason } from './music.ts';
import type { EpochMs } from './units.ts';

/** What a page shows beside a sound. */
export interface ActivitySummary {
  /** What happened, in one line. */
  readonly title: string;
  /** Link to it. */
  readonly url: string;
  /** Who did it. */
  readonly actor: string;
  /** GitHub's event name. */
  readonly event: string;
  /** GitHub's action, where there is one. */
  readonly action?: string;
  /** What it feels like. */
  readonly emotion: Emotion;
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
  /** Every choice in words. */
  readonly reasons: readonly Reason[];
  /** When the last of the deliveries was received. */
  readonly receivedAt: EpochMs;
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
  [topic: `webhook:github:${string}`]: GitHubActivity;
  /** A repository's webhook has been connected. */
  'webhook:ping': { readonly repoId: string; readonly receivedAt: EpochMs };
  /** A phrase was decided. */
  'music:generated': MusicGenerated;
  /** A phrase could not be rendered. */
  'render:failed': RenderFailed;
}
