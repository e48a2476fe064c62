import type { AudioBufferLike, Hertz, Score, ScoreLimits, Seconds, SerializedBufferV2Score } from '@bnc/contracts';
import { checkFinite } from '../audio-buffer.ts';
import { SerializerError } from '../errors.ts';
import { checkHeader, type Layout, resolveLimits, type SerializerLimits } from '../limits.ts';
import { checkScore } from './check-score.ts';
import { flatten, unflatten } from './flat-score.ts';

/** Writes a score in place of samples. */
export interface ScoreOptions {
  /** The shortest description of a buffer: 0.8 kB for a phrase of a few bars. */
  readonly encoding: 'score';
  /** Factor that brings the played score to the loudness of its master, 0.0001-10,000. Default 1. */
  readonly gain?: number;
  /** Frames a second of the buffer that the score describes, 3,000-768,000. Default 44,100. */
  readonly sampleRate?: Hertz;
  /** Length of the buffer in seconds, tail included: at least that of the score, which is the default. */
  readonly duration?: Seconds;
  /** Bounds on the score. Default: `defaultScoreLimits` of `@bnc/buffer-serializer/score`. */
  readonly limits?: Partial<ScoreLimits>;
}

/** A buffer that has not been played yet: its checked score. `getChannelData` throws `SERIALIZER_UNSUPPORTED_ENCODING`. */
export interface DeserializedScore extends AudioBufferLike {
  /** The score. */
  readonly score: Score;
  /** Factor that brings the played score to the loudness of its master. */
  readonly gain: number;
}

/** Plays a score into a buffer: `renderScore` of `@bnc/offline-renderer/instruments`, or a function of the caller's choice. */
export type RenderScore = (described: DeserializedScore) => AudioBufferLike | Promise<AudioBufferLike>;

/** Writes a score. */
export function serializeScore(value: unknown, options: ScoreOptions): SerializedBufferV2Score {
  const { gain = 1, sampleRate = 44_100, limits } = options;
  checkScore(value, limits);
  const { duration = value.duration } = options;
  checkOption('gain', gain, 1e-4, 1e4);
  checkOption('sampleRate', sampleRate, 3000, 768_000);
  checkOption('duration', duration, value.duration, 2 ** 26);
  const length = Math.ceil(duration * sampleRate);
  return {
    v: 2,
    encoding: 'score',
    sampleRate,
    length,
    duration: length / sampleRate,
    numberOfChannels: 2,
    gain,
    score: flatten(value),
  };
}

/**
 * Reads a serialized score and nothing else: `deserialize` without the codecs, for pages that only play scores.
 *
 * @throws {SerializerError} `SERIALIZER_INVALID`, `SERIALIZER_LIMIT`, `SERIALIZER_UNSUPPORTED_VERSION`;
 * `SERIALIZER_UNSUPPORTED_ENCODING` when it is not a score.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 * @example
 * deserializeScore(JSON.parse(text)).score.tempo // 90
 */
export function deserializeScore(serialized: unknown, limits?: SerializerLimits): DeserializedScore {
  const resolved = resolveLimits(limits);
  const layout = checkHeader(serialized, resolved);
  const { v, encoding, score } = serialized as Readonly<Record<string, unknown>>;
  if (v === 2 && encoding === 'score') return readScore(score, layout, resolved);
  throw new SerializerError('SERIALIZER_UNSUPPORTED_ENCODING', 'The buffer is not a score. Use deserialize.');
}

/** Reads the score of a message with a checked header. */
export function readScore(score: unknown, layout: Layout, limits: SerializerLimits): DeserializedScore {
  return {
    ...layout,
    duration: layout.length / layout.sampleRate,
    score: unflatten(score, limits.score),
    getChannelData: () => {
      throw notPlayed();
    },
  };
}

/**
 * Renders a score to the frames that its header states: a longer rendering is cut, a shorter one is padded with
 * silence.
 */
export async function renderChannels(described: DeserializedScore, render?: RenderScore): Promise<Float32Array[]> {
  if (!render) throw notPlayed();
  const buffer = await render(described);
  if (buffer.numberOfChannels !== described.numberOfChannels || buffer.sampleRate !== described.sampleRate) {
    throw new SerializerError(
      'SERIALIZER_LENGTH_MISMATCH',
      `renderScore must give ${described.numberOfChannels} channels at ${described.sampleRate} Hz, not ${buffer.numberOfChannels} at ${buffer.sampleRate}.`,
    );
  }
  const channels = Array.from({ length: described.numberOfChannels }, (_, channel) => {
    const samples = new Float32Array(described.length);
    samples.set(buffer.getChannelData(channel).subarray(0, described.length));
    return samples;
  });
  checkFinite(channels);
  return channels;
}

function notPlayed(): SerializerError {
  return new SerializerError(
    'SERIALIZER_UNSUPPORTED_ENCODING',
    'The buffer is a score, which has no samples yet. Pass renderScore to toAudioBuffer, or play it.',
  );
}

function checkOption(name: string, value: unknown, low: number, high: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${typeof value}`);
  if (!(value >= low && value <= high)) throw new RangeError(`${name} must be ${low}-${high}, got ${value}`);
}
