import type { Hertz, MeowContour, MidiNote, NormalRange, Seconds } from '@bnc/contracts';

/** What a recording is computed from: the same take gives the same samples. */
export interface Take {
  /** Pitch, a whole number. */
  readonly midi: MidiNote;
  /** How hard the note is played: the middle of a layer. */
  readonly velocity: NormalRange;
  readonly sampleRate: Hertz;
  /** Length of the note, where the sound depends on it; 0 elsewhere. */
  readonly duration: Seconds;
  /** Which of several that are played in turn, from 0. */
  readonly turn: number;
  readonly contour: MeowContour;
  /** Length of a cat's vocal tract in cm. */
  readonly tract: number;
}

/** A computed recording: one or two channels of equal length. It begins at 0 and, unless it repeats, ends there. */
export interface Recording {
  readonly channels: readonly Float32Array<ArrayBuffer>[];
  /** Frames that a held note repeats: from the first to before the second. */
  readonly loop?: readonly [start: number, end: number];
}

/** Level of every recording: the root of its mean square in its loudest 50 ms, over its channels. */
const level = 0.2;

/** Brings a recording to the common level, so that layers and pitches differ in timbre only. Changes the samples. */
export function normalize(recording: Recording, sampleRate: Hertz): Recording {
  const { channels } = recording;
  const window = Math.round(0.05 * sampleRate);
  let loudest = 0;
  for (let from = 0; from < (channels[0]?.length ?? 0); from += window / 2) {
    const energy = channels.reduce((sum, samples) => sum + energyOf(samples.subarray(from, from + window)), 0);
    loudest = Math.max(loudest, energy / window / channels.length);
  }
  const scale = loudest > 0 ? level / Math.sqrt(loudest) : 0;
  for (const samples of channels) for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * scale;
  return recording;
}

function energyOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  return sum;
}

/** Fades a sound in and out along straight lines, in place. */
export function fade(
  samples: Float32Array<ArrayBuffer>,
  sampleRate: Hertz,
  rise: Seconds,
  fall: Seconds,
): Float32Array<ArrayBuffer> {
  const first = Math.max(1, Math.round(rise * sampleRate));
  const last = Math.max(1, Math.round(fall * sampleRate));
  for (let i = 0; i < Math.min(first, samples.length); i++) samples[i] = ((samples[i] ?? 0) * i) / first;
  for (let i = 0; i < Math.min(last, samples.length); i++) {
    const at = samples.length - 1 - i;
    samples[at] = ((samples[at] ?? 0) * i) / last;
  }
  return samples;
}
