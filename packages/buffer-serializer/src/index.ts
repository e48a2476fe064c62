export { createAudioBufferLike, type NonFiniteOption } from './audio-buffer.ts';
export { decode, deserialize } from './deserialize.ts';
export {
  type EncodedAudio,
  type EncodeOptions,
  encode,
  type FlacOptions,
  type OpusOptions,
  type PcmOptions,
  type WavOptions,
} from './encode.ts';
export { SerializerError, type SerializerErrorCode } from './errors.ts';
export { stringifyV1 } from './json.ts';
export { defaultLimits, type SerializerLimits } from './limits.ts';
export type { FetchOptions } from './rendition.ts';
export type { DeserializedScore, RenderScore, ScoreOptions } from './score/serialized-score.ts';
export {
  type CompressedOptions,
  type InlinePcmOptions,
  type JsonOptions,
  type SerializedPcm,
  type SerializeOptions,
  serialize,
} from './serialize.ts';
export { type ToAudioBufferOptions, toAudioBuffer } from './to-audio-buffer.ts';
export { decodeWav } from './wav/decode-wav.ts';
export { type EncodeWavOptions, encodeWav } from './wav/encode-wav.ts';
