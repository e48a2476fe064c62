import type { ActivitySummary, EpochMs, GitHubDelivery, MusicalParameters, Reason, Tell } from '@bnc/contracts';
import type { RoomSettings, RoomState } from '@bnc/music-engine';

/**
 * What the room's music was decided from, besides the activities: with these records, the deliveries and the settings,
 * the log gives the same hour again.
 */
export interface Decided {
  /** Version of the room's music that decided. */
  readonly version: number;
  /** The earliest moment at which a first sound could be heard. */
  readonly at: EpochMs;
  /** The end of what sounded, as it was known then; 0 for a silent room. */
  readonly soundsUntil: EpochMs;
}

/** A phrase was decided. The parameters are the truth; audio is derived from them. */
export interface MusicGenerated {
  /** Names the phrase. */
  readonly phraseId: string;
  /** `owner/repo` as GitHub spells it: the repository of the activity that gave the phrase its character. */
  readonly repoId: string;
  /** GitHub's numeric repository id. */
  readonly repositoryId: number;
  /** The name of the room, if it merges several repositories. */
  readonly room?: string;
  /** True when strangers may not hear it. */
  readonly isPrivate: boolean;
  /** True when the room had a listener when the phrase was decided. */
  readonly isHeard: boolean;
  /**
   * When it starts, by the servers' clock and on a sixteenth of the room's clock. Absent if no listener takes scores:
   * its start follows as `audio:rendered`, once its clips are there.
   */
  readonly startAt?: EpochMs;
  /** True for bad news that interrupts: what sounds yields when this phrase starts. */
  readonly interrupts?: boolean;
  /** Absent in phrases of earlier versions. */
  readonly decided?: Decided;
  /** True when its start is known and its clips follow as `audio:rendered`. */
  readonly hasClips?: boolean;
  /** Deliveries this phrase speaks for, oldest first. */
  readonly deliveryIds: readonly string[];
  /** What to play. */
  readonly musicalParams: MusicalParameters;
  /** The activity that gave the phrase its character. */
  readonly activity: ActivitySummary;
  /**
   * Everything that the phrase speaks for, grouped by kind, most important first. Absent where `activity` says it all.
   */
  readonly tells?: readonly Tell[];
  /** Every musical choice, in words. */
  readonly reasons: readonly Reason[];
  /** When the last of the deliveries was received. */
  readonly receivedAt: EpochMs;
}

/** A repository's webhook has been connected. */
export interface WebhookConnected {
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
  /** When its ping came. */
  readonly receivedAt: EpochMs;
}

/** A repository became private or public, or has another name: each server looks up again who may listen where. */
export interface RepositoryChanged {
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
}

/**
 * Something happened that is not played: in quiet hours, or because the settings leave it out. The room knows of it.
 */
export interface MusicSkipped {
  /** Id of the first delivery's event, which would have named the phrase. */
  readonly phraseId: string;
  /** The deliveries, oldest first. */
  readonly deliveryIds: readonly string[];
  readonly decided: Decided;
}

/** The bed of a room: servers with listeners work out from the state what sounds under the phrases, now and later. */
export interface MusicBed {
  /** What the room's music remembers. */
  readonly room: RoomState;
  /** The moment that it stands for. */
  readonly at: EpochMs;
}

/** A room has a first listener: its newest phrase is played now, if nobody has heard it yet. */
export interface RoomHeard {
  /** Names the newest phrase. */
  readonly phraseId: string;
}

/** The operator has sent parameters to be played, or a listener of the demo room has. */
export interface RoomTest {
  readonly params: MusicalParameters;
  /** `owner/repo` as GitHub spells it, or the name of a merged room. */
  readonly repoId: string;
  /** GitHub's numeric repository id; 0 for a merged room. */
  readonly repositoryId: number;
}

/**
 * The clips of a phrase have been rendered and kept, where listeners want any; the sound itself is in the clip store.
 */
export interface AudioRendered {
  /** The phrase, as `music:generated` named it. */
  readonly phraseId: string;
  /** GitHub's numeric repository id. */
  readonly repositoryId: number;
  /** When it starts, by the servers' clock: the phrase's own start, or else on a beat of the room's clock. */
  readonly startAt: EpochMs;
}

/** A phrase could not be rendered. */
export interface RenderFailed {
  /** The phrase; absent in events of earlier versions. */
  readonly phraseId?: string;
  /** `owner/repo` as GitHub spells it. */
  readonly repoId: string;
  /** Deliveries the phrase spoke for. */
  readonly deliveryIds: readonly string[];
  /** Stable code, such as `RENDER_TIMEOUT`. */
  readonly code: string;
  /** What happened, for a person. */
  readonly message: string;
}

/** Topics of the server's bus and their payloads. */
export interface ServerEvents {
  /** An accepted delivery, one topic per GitHub event name. */
  [topic: `webhook:github:${string}`]: GitHubDelivery;
  /** A repository's webhook has been connected. */
  'webhook:ping': WebhookConnected;
  /** A phrase was decided. */
  'music:generated': MusicGenerated;
  /** Something happened that is not played. */
  'music:skipped': MusicSkipped;
  /** What sounds under the phrases has changed, or a server asked for it. */
  'music:bed': MusicBed;
  /** A room has a first listener. */
  'room:heard': RoomHeard;
  /** A server has its first listener who wants a room's bed. */
  'room:bed': { readonly [name: string]: never };
  /** An operator has changed what is chosen for a room. */
  'room:settings': { readonly settings: RoomSettings };
  /** Parameters are to be played. */
  'room:test': RoomTest;
  /** The clips of a phrase have been rendered. */
  'audio:rendered': AudioRendered;
  /** A phrase could not be rendered. */
  'render:failed': RenderFailed;
  /** The name or the privacy of a repository has changed. */
  'repository:changed': RepositoryChanged;
  /** A room was forgotten: its owner forgets everything about it. */
  'room:forgotten': { readonly [name: string]: never };
  /** A merged room was made, changed or deleted. */
  'rooms:changed': { readonly name: string };
}
