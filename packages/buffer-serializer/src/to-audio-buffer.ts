import type { Encoding } from '@bnc/contracts';
import { type CompressedEncoding, decodeCompressed, decodePcmSamples, isPcm } from './codec.ts';
import { checkEncoding, inlineBytes } from './deserialize.ts';
import { SerializerError } from './errors.ts';
import { deserializeV1 } from './json.ts';
import { checkHeader, type Layout, resolveLimits, type SerializerLimits } from './limits.ts';
import { decodeInWorker, decodeNatively } from './native-decode.ts';
import { type FetchOptions, fetchRendition, pickRendition } from './rendition.ts';
import { type RenderScore, readScore, renderChannels } from './score/serialized-score.ts';

const maxWebAudioChannels = 32;

/** Options of `toAudioBuffer`. */
export interface ToAudioBufferOptions extends FetchOptions {
  /** Encodings to choose from, best first. Default: every known one, in the order of the message. */
  readonly encodings?: readonly Encoding[];
  /** Plays a score; without it, scores are refused. Its buffer must have the stated channels and sample rate. */
  readonly renderScore?: RenderScore;
  /** Bounds on input. Default: `defaultLimits`. */
  readonly limits?: SerializerLimits;
}

/**
 * Turns a serialized buffer of any version into a native `AudioBuffer` at its own sample rate, exactly `length` frames
 * long. Fetches a rendition if the samples are at a URL. The browser decodes FLAC and Opus off the main thread, or a
 * worker where the browser cannot. A score is checked, then played by `renderScore`, whose errors pass through. The
 * caller owns the result.
 *
 * @throws {SerializerError} All codes of `deserialize` except `SERIALIZER_BY_URL`; `SERIALIZER_URL_REFUSED` for a URL
 * that `resolveUrl`, or the default in its place, does not allow; `SERIALIZER_FETCH` when the clip cannot be fetched;
 * `SERIALIZER_LENGTH_MISMATCH` and `SERIALIZER_HASH_MISMATCH` when it is not the clip that the rendition states;
 * `SERIALIZER_LENGTH_MISMATCH` also when `renderScore` returns other channels or another sample rate;
 * `SERIALIZER_EMPTY` for a buffer of 0 frames and `SERIALIZER_UNSUPPORTED_LAYOUT` for more than 32 channels, which Web
 * Audio cannot hold.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export async function toAudioBuffer(
  serialized: unknown,
  context: Pick<BaseAudioContext, 'createBuffer'>,
  options: ToAudioBufferOptions = {},
): Promise<AudioBuffer> {
  const limits = resolveLimits(options.limits);
  const header = checkHeader(serialized, limits);
  const message = serialized as Readonly<Record<string, unknown>>;
  if (header.numberOfChannels > maxWebAudioChannels) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_LAYOUT',
      `Web Audio holds ${maxWebAudioChannels} channels, the buffer has ${header.numberOfChannels}. Use deserialize.`,
    );
  }
  if (header.length === 0) {
    throw new SerializerError('SERIALIZER_EMPTY', 'The buffer has 0 frames, which Web Audio cannot hold. Skip it.');
  }
  const wrap = (channels: readonly Float32Array[]): AudioBuffer => {
    const buffer = context.createBuffer(header.numberOfChannels, header.length, header.sampleRate);
    for (const [channel, samples] of channels.entries()) {
      buffer.copyToChannel(samples as Float32Array<ArrayBuffer>, channel);
    }
    return buffer;
  };
  if (message.v !== 2) {
    const buffer = deserializeV1(message.channels, header);
    return wrap(Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel)));
  }
  if (message.encoding === 'score') {
    return wrap(await renderChannels(readScore(message.score, header, limits), options.renderScore));
  }
  const isInline = message.encoding !== undefined;
  const rendition = isInline ? undefined : pickRendition(message.renditions, header, limits, options.encodings);
  const bytes = rendition ? await fetchRendition(rendition, options) : inlineBytes(message.data, limits);
  const encoding = rendition?.encoding ?? checkEncoding(message.encoding);
  const layout = { ...header, gain: rendition?.gain ?? header.gain };
  return isPcm(encoding)
    ? wrap(decodePcmSamples(bytes, encoding, layout))
    : decodeToBuffer(bytes, encoding, layout, wrap);
}

async function decodeToBuffer(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: CompressedEncoding,
  layout: Layout,
  wrap: (channels: readonly Float32Array[]) => AudioBuffer,
): Promise<AudioBuffer> {
  if (encoding === 'f32-shuffle-deflate') return wrap(await decodeCompressed(bytes, encoding, layout));
  const hasDecoder = typeof OfflineAudioContext !== 'undefined';
  const native = hasDecoder ? await decodeNatively(bytes, encoding, layout) : undefined;
  return native ?? wrap(await decodeInWorker(bytes, encoding, layout));
}
