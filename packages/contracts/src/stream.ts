import type { SerializedBuffer } from './audio.ts';
import type { GitHubAgent } from './github.ts';
import type { Emotion, MusicalParameters, Reason } from './music.ts';
import type { Bpm, EpochMs, Lufs } from './units.ts';

/** What a page shows while a phrase sounds. */
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

/** One layer of a bed. */
export interface BedLoopData {
  /** A score, or links to a clip. */
  readonly buffer: SerializedBuffer;
  /** Length in bars at the tempo of the bed; the sound rings on after it. */
  readonly lengthBars: number;
  /** Loudness. */
  readonly level: Lufs;
}

/** What a stream carries: the name of each message and its data. */
export interface StreamData {
  /** First message of every connection. */
  connected: {
    readonly message: string;
    readonly clientId: string;
    readonly repoId: string;
    readonly serverTime: EpochMs;
    /** `fresh`: no id was given; `replayed`: everything since the given id follows; `truncated`: some of it is gone. */
    readonly resumed: 'fresh' | 'replayed' | 'truncated';
    /** Messages that are gone for good, where known. */
    readonly missed: number;
    /** How long after its start a phrase is still worth playing to a new listener, in ms. */
    readonly hearableMs?: number;
    /** Proves ownership of `clientId` when connecting again. */
    readonly resumeKey?: string;
    /** Names the version of the page that the server serves: it changes when the page does. */
    readonly build?: string;
    /**
     * On a stream of several rooms: the rooms as they were asked for, and the `channel` that names each in its
     * messages.
     */
    readonly rooms?: readonly { readonly asked: string; readonly channel: string }[];
    /** On a stream of several rooms: those that are not available, and why. */
    readonly refused?: readonly { readonly asked: string; readonly code: string; readonly message: string }[];
  };
  /** A phrase to play. */
  audio_buffer: {
    /** Names the phrase; absent in messages of earlier versions. */
    readonly phraseId?: string;
    readonly buffer: SerializedBuffer;
    readonly params: MusicalParameters;
    readonly repoId: string;
    /** The moment of the first sound, by the server's clock: always on a sixteenth of the room's beat. */
    readonly startAt: EpochMs;
    readonly activity: ActivitySummary;
    /** Everything that the phrase speaks for, grouped by kind, most important first. */
    readonly tells?: readonly Tell[];
    readonly reasons: readonly Reason[];
    /** How many deliveries the phrase speaks for, ≥ 1; 0 for a test phrase. */
    readonly speaksFor: number;
  };
  /** Renditions of a phrase have been made, for listeners who asked for links in addition to scores. */
  clip: { readonly phraseId: string; readonly buffer: SerializedBuffer };
  /**
   * The gain of a score that was sent has now been measured: it replaces the one in the message before the phrase
   * begins.
   */
  gain: { readonly phraseId: string; readonly gain: number };
  /** What sounds under the phrases, for listeners who ask for it: on joining, and when it changes. */
  bed: {
    /** Identifies the sound: a bed that already plays with this id goes on. */
    readonly id: string;
    /**
     * Its layers; empty when the room has no bed, or rests. Each one loops: it begins at every multiple of its length
     * since 1970, by the server's clock, which keeps all listeners in phase.
     */
    readonly loops: readonly BedLoopData[];
    /** Tempo of the loops: a bar lasts 240 / `tempo` seconds. */
    readonly tempo: Bpm;
    /** When it takes over from the previous bed: on a bar line of the room, possibly in the past. */
    readonly startAt: EpochMs;
    /**
     * How things stand: the default branch is green or red, a deployment is under way, or nothing has happened for
     * hours.
     */
    readonly state: 'green' | 'red' | 'deploying' | 'quiet';
  };
  /** Bad news has arrived: what was sent before is silent from this moment on, by the server's clock. */
  yield: { readonly at: EpochMs };
  /** Messages before this one were left out. */
  reset: { readonly reason: 'trimmed' | 'slow' | 'failed'; readonly missed?: number };
  /** The repository has a new name, and the stream goes on under it: connect again, with either name. */
  moved: { readonly from: string; readonly to: string };
  /**
   * How many streams listen to the room, on all servers and including this one. Sent at most once in 3 s, when it
   * changes.
   */
  presence: { readonly listeners: number };
  /** The repository's webhook has been connected. */
  hook: { readonly event: 'ping'; readonly receivedAt: EpochMs };
  /** Nothing was sent for a while; the stream is alive. */
  heartbeat: { readonly serverTime: EpochMs };
  /** Something failed; the stream goes on. */
  error: { readonly message: string; readonly code: string };
  /** Last message before the server closes the stream. */
  disconnected: { readonly reason: string; readonly code: string };
}

/** The envelope of every message on a stream. */
export type StreamMessage = {
  [Type in keyof StreamData]: {
    readonly type: Type;
    /** When the message was made. */
    readonly timestamp: EpochMs;
    readonly data: StreamData[Type];
  };
}[keyof StreamData];

/** A message of one type. */
export type StreamMessageOf<Type extends keyof StreamData> = Extract<StreamMessage, { readonly type: Type }>;
