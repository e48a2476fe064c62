import type { ScoreLimits } from '@bnc/contracts';
import { SerializerError } from './errors.ts';
import { defaultScoreLimits } from './score/check-score.ts';

/** Bounds on input. All are checked before memory is taken for the result. */
export interface SerializerLimits {
  /** Samples of all channels together. Default 2^26 (256 MiB of float32, almost 12 minutes of stereo at 48 kHz). */
  readonly maxSamples?: number;
  /** Encoded bytes, once base64 is decoded. Default 2^26 (64 MiB). */
  readonly maxInputBytes?: number;
  /** Channels. Default 255, the most that is written. Web Audio, and so `toAudioBuffer`, holds 32. */
  readonly maxChannels?: number;
  /** Bounds on a score. Default: `defaultScoreLimits` of `@bnc/buffer-serializer/score`. */
  readonly score?: Partial<ScoreLimits>;
}

/** Channels that a writer takes: no more than a reader takes by default. */
export const maxWrittenChannels = 255;

/** The limits that apply by default. */
export const defaultLimits: Readonly<Required<SerializerLimits>> = {
  maxSamples: 2 ** 26,
  maxInputBytes: 2 ** 26,
  maxChannels: maxWrittenChannels,
  score: defaultScoreLimits,
};

/** Sample rates that Chromium's `AudioBuffer` holds, in hertz; no others are written or read. */
export const minSampleRate = 3000;
export const maxSampleRate = 768_000;

/** Facts about a buffer that every decoder needs; all are checked. */
export interface Layout {
  readonly sampleRate: number;
  readonly length: number;
  readonly numberOfChannels: number;
  readonly gain: number;
}

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export function resolveLimits(limits: SerializerLimits = {}): Required<SerializerLimits> {
  const resolved = { ...defaultLimits, score: { ...defaultScoreLimits, ...limits.score } };
  for (const key of ['maxSamples', 'maxInputBytes', 'maxChannels'] as const) {
    const value = limits[key];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= 0)) throw new RangeError(`limits.${key} must be ≥ 0, got ${value}`);
    resolved[key] = value;
  }
  return resolved;
}

/** True for a value with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeof value;
}

function integer(value: unknown, name: string, least: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new SerializerError('SERIALIZER_INVALID', `${name} must be an integer ≥ ${least}, got ${show(value)}.`);
  }
  return value;
}

/** Checks that a gain is a power of two that keeps float32 finite. */
export function checkGain(value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value !== 'number' || !(value >= 2 ** -126 && value <= 2 ** 127) || !Number.isInteger(Math.log2(value))) {
    throw new SerializerError('SERIALIZER_INVALID', `gain must be a power of two, got ${show(value)}.`);
  }
  return value;
}

/** Checks the gain of a score: any factor that leaves it audible. */
function checkFactor(value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value !== 'number' || !(value >= 1e-4 && value <= 1e4)) {
    throw new SerializerError('SERIALIZER_INVALID', `gain must be 0.0001-10000, got ${show(value)}.`);
  }
  return value;
}

/** Checks the facts that every version states. `duration` is never trusted: it follows from the others. */
export function checkLayout(header: Readonly<Record<string, unknown>>, limits: Required<SerializerLimits>): Layout {
  const numberOfChannels = integer(header.numberOfChannels, 'numberOfChannels', 1);
  const length = integer(header.length, 'length', 0);
  const { sampleRate } = header;
  if (typeof sampleRate !== 'number' || !(sampleRate >= minSampleRate && sampleRate <= maxSampleRate)) {
    throw new SerializerError(
      'SERIALIZER_INVALID',
      `sampleRate must be ${minSampleRate}-${maxSampleRate} Hz, got ${show(sampleRate)}.`,
    );
  }
  if (numberOfChannels > limits.maxChannels) {
    throw new SerializerError(
      'SERIALIZER_LIMIT',
      `${numberOfChannels} channels exceed maxChannels ${limits.maxChannels}. Send fewer, or raise the limit.`,
    );
  }
  if (length * numberOfChannels > limits.maxSamples) {
    throw new SerializerError(
      'SERIALIZER_LIMIT',
      `${length} frames in ${numberOfChannels} channels exceed maxSamples ${limits.maxSamples}. Send less, or raise the limit.`,
    );
  }
  const gain = header.encoding === 'score' ? checkFactor(header.gain) : checkGain(header.gain);
  return { sampleRate, length, numberOfChannels, gain };
}

/** Checks the parts of a message that every version and form shares. */
export function checkHeader(message: unknown, limits: Required<SerializerLimits>): Layout {
  if (!isRecord(message)) {
    throw new SerializerError(
      'SERIALIZER_INVALID',
      'A serialized buffer must be an object. Pass the result of JSON.parse.',
    );
  }
  if (message.v !== undefined && message.v !== 1 && message.v !== 2) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_VERSION',
      'The version of the buffer is not 1 or 2. Update this package.',
    );
  }
  return checkLayout(message, limits);
}

/**
 * Checks that encoded data are bytes, and not too many.
 *
 * @throws {TypeError} when `bytes` is not a `Uint8Array`, or is detached.
 */
export function checkInput(bytes: unknown, limits: Required<SerializerLimits>): asserts bytes is Uint8Array {
  if (kindOf(bytes) !== 'Uint8Array') throw new TypeError(`bytes must be a Uint8Array, got ${kindOf(bytes)}`);
  const { length, buffer } = bytes as Uint8Array<ArrayBuffer>;
  if (buffer.detached) throw new TypeError('bytes must not be detached: their memory was transferred elsewhere');
  checkInputBytes(length, limits);
}

/** Names the kind of a value, for messages and for objects of other realms: `Float32Array`, `Null`, `Number`. */
export function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Checks the size of encoded data. */
export function checkInputBytes(bytes: number, limits: Required<SerializerLimits>): void {
  if (bytes > limits.maxInputBytes) {
    throw new SerializerError(
      'SERIALIZER_LIMIT',
      `${bytes} bytes of input exceed maxInputBytes ${limits.maxInputBytes}. Send less, or raise the limit.`,
    );
  }
}

/** Reports data with another number of frames than the header states. */
export function lengthMismatch(expected: number, got: number | string): SerializerError {
  return new SerializerError(
    'SERIALIZER_LENGTH_MISMATCH',
    `The header states ${expected} frames, but the data hold ${got}. Get the data again, or fix the writer.`,
  );
}
