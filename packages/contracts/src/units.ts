/** A span of time in seconds, ≥ 0. Musical and audio times are always seconds. */
export type Seconds = number;

/** A point in time as milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** A frequency in hertz, > 0. */
export type Hertz = number;

/** A level relative to a reference, in decibels; 0 dB leaves a signal as it is. */
export type Decibels = number;

/** Integrated loudness in LUFS, by ITU-R BS.1770-5 (a full-scale 1 kHz stereo sine is about 0). */
export type Lufs = number;

/** Tempo in quarter notes a minute. */
export type Bpm = number;

/** A MIDI note number; 60 is middle C (C4), 69 is A4 = 440 Hz. Fractions are allowed where a pitch may glide. */
export type MidiNote = number;

/** A number from 0 to 1. */
export type NormalRange = number;

/** A SHA-256 in 64 lower-case hexadecimal digits. */
export type Sha256 = string;
