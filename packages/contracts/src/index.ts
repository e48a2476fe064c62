/**
 * The nouns that cross package boundaries. Types only: importing this package runs no code.
 * @module
 */
export type {
  AudioBufferLike,
  Encoding,
  Rendition,
  SerializedBuffer,
  SerializedBufferV1,
  SerializedBufferV2ByUrl,
  SerializedBufferV2Header,
  SerializedBufferV2Inline,
  SerializedBufferV2Score,
} from './audio.ts';
export type {
  ActivityOutcome,
  BuildReport,
  GitHubActivity,
  GitHubAgent,
  GitHubDelivery,
  ProtectionReport,
} from './github.ts';
export type {
  Cadence,
  CatName,
  Effects,
  Emotion,
  EnvelopeOptions,
  FlatScore,
  FlatTrack,
  Gesture,
  InstrumentName,
  InstrumentOptions,
  InstrumentType,
  MeowContour,
  Mode,
  MusicalParameters,
  OscillatorShape,
  Pattern,
  Reason,
  Score,
  ScoreLimits,
  ScoreNote,
  Track,
} from './music.ts';
export type { ActivitySummary, BedLoopData, StreamData, StreamMessage, StreamMessageOf, Tell } from './stream.ts';
export type { Bpm, Decibels, EpochMs, Hertz, Lufs, MidiNote, NormalRange, Seconds, Sha256 } from './units.ts';
