import type {
  AudioBufferLike,
  Hertz,
  Lufs,
  MidiNote,
  MusicalParameters,
  Score,
  ScoreLimits,
  Seconds,
} from '@bnc/contracts';
import type { RenderErrorCode } from '../errors.ts';

/** Samples as they cross between processes. */
export interface PlainBuffer {
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** One array per channel, all of one length. */
  readonly channels: readonly Float32Array<ArrayBuffer>[];
}

/** A part of a preview: with a fixed gain, limited, not mastered. The mastered result has a different level. */
export interface PreviewPart extends PlainBuffer {
  /** First frame of this part, counted from the start. */
  readonly from: number;
}

/** A graph that a user's module builds. */
export interface GraphRequest {
  readonly module: string;
  readonly moduleOptions: unknown;
  readonly duration: Seconds;
  readonly loudness?: Lufs | undefined;
}

/** A score to render, or to measure the gain of. */
export interface ScoreSource {
  readonly kind: 'score' | 'gain';
  readonly input: Score | MusicalParameters;
  readonly limits: Partial<ScoreLimits>;
}

/** What to render. */
export type JobSource = ScoreSource | { readonly kind: 'graph'; readonly graph: GraphRequest };

/** One render, as it is sent to a process. */
export interface Job {
  readonly source: JobSource;
  readonly sampleRate: Hertz;
  readonly samples?: readonly (readonly [MidiNote, PlainBuffer])[] | undefined;
  readonly finish?: string | undefined;
  readonly finishOptions?: unknown;
  readonly progress: boolean;
  readonly preview: boolean;
}

/**
 * What a process is sent: a job, or warm-up jobs, which it does while it has no other one, and whose results are thrown
 * away.
 */
export type PoolMessage =
  | { readonly type: 'job'; readonly job: Job }
  | { readonly type: 'warm-up'; readonly jobs: readonly Job[] };

/** What a process sends. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'warm' }
  | { readonly type: 'begun' }
  | { readonly type: 'unsupported'; readonly message: string }
  | { readonly type: 'progress'; readonly share: number }
  | ({ readonly type: 'preview' } & PreviewPart)
  | ({ readonly type: 'rendered' } & PlainBuffer)
  | { readonly type: 'finished'; readonly value: unknown }
  | {
      readonly type: 'failed';
      readonly code: RenderErrorCode;
      readonly message: string;
      readonly stack?: string | undefined;
    };

/**
 * Wraps plain samples as a buffer. The arrays are shared, not copied. Here too, because a process that loads the
 * serializer starts later.
 */
export function toBuffer({ sampleRate, channels }: PlainBuffer): AudioBufferLike {
  const length = channels[0]?.length ?? 0;
  return {
    numberOfChannels: channels.length,
    length,
    sampleRate,
    duration: length / sampleRate,
    getChannelData: (channel) => {
      const samples = channels[channel];
      if (!samples) throw new RangeError(`channel must be 0 to ${channels.length - 1}, not ${channel}`);
      return samples;
    },
  };
}
