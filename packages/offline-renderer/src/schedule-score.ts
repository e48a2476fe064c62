import type { Score, Seconds, Track } from '@bnc/contracts';
import type { BaseContext } from 'tone';
import { createEffects, createReverb, type Impulse } from './effects.ts';
import { createInstrument, ringOf } from './instruments.ts';
import type { Samples } from './sampler.ts';
import { createGain } from './voices.ts';

/** What a score needs beside itself. */
export interface ScheduleOptions {
  /** Gives the impulse response of a reverb that falls by 60 dB in `decay` seconds. */
  readonly impulse: (decay: Seconds) => Impulse;
  /** Recordings for `sampler` tracks. Default: a computed string. */
  readonly samples?: Samples | undefined;
}

/** Longest time that tails may ring after the last note. */
export const maxTail: Seconds = 8;

/** Reverbs of a score share one convolver per decay, rounded to half a second: each costs as much as 25 voices. */
const roundDecay = (decay: Seconds): Seconds => Math.min(6, Math.max(0.5, Math.round(decay * 2) / 2));

/** Tails are waited for until they are this far down. */
const silence = 0.001;

/** Echo and reverb fall side by side; the slower one carries, the other one lengthens it a little. */
const tailOf = ({ effects = {} }: Track): Seconds => {
  const { delay, reverb } = effects;
  const repeats = delay
    ? Math.log(silence / Math.max(silence, delay.wet)) / Math.log(Math.max(silence, delay.feedback))
    : 0;
  const echo = delay && delay.wet > silence ? delay.time * (1 + repeats) : 0;
  const wash = reverb && reverb.wet > silence ? roundDecay(reverb.decay) * (1 + Math.log10(reverb.wet) / 3) : 0;
  return Math.max(echo, wash) + Math.min(echo, wash) / 4;
};

/** When a score is silent: its duration or, if later, the end of the last tail, which is at most `maxTail` after the last note's end. */
export const endOf = (score: Score): Seconds =>
  score.tracks.reduce((end, track) => {
    const tail = Math.min(maxTail, ringOf(track.instrument, track.options) + tailOf(track));
    return track.notes.reduce((last, note) => Math.max(last, note.time + note.duration + tail), end);
  }, score.duration);

/** Builds the graph of a score in a Tone.js context and plans every note at its absolute time: no transport, no clock. */
export const scheduleScore = (
  context: BaseContext,
  score: Score,
  destination: AudioNode,
  { impulse, samples }: ScheduleOptions,
): void => {
  const reverbs = new Map<Seconds, ConvolverNode>();
  const reverbOf = (decay: Seconds): ConvolverNode => {
    const rounded = roundDecay(decay);
    const known = reverbs.get(rounded) ?? createReverb(context, impulse(rounded), destination);
    reverbs.set(rounded, known);
    return known;
  };
  score.tracks.forEach((track, index) => {
    if (track.notes.length === 0) return;
    const panner = context.createStereoPanner();
    panner.pan.value = track.pan ?? 0;
    panner.connect(destination);
    const { reverb, ...effects } = track.effects ?? {};
    if (reverb && reverb.wet > 0) panner.connect(createGain(context, Math.min(1, reverb.wet), reverbOf(reverb.decay)));
    const level = createGain(context, track.gain ?? 1, panner);
    const instrument = createInstrument(track.instrument, {
      context,
      seed: (score.prngSeed + index * 0x9e3779b1) >>> 0,
      ...track.options,
      ...(samples && { samples }),
    });
    instrument.connect(createEffects(context, effects, level).input);
    for (const note of track.notes.toSorted((a, b) => a.time - b.time)) instrument.play(note);
  });
};
