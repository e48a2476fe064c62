import type { Effects, Hertz, NormalRange, Seconds } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';
import type { InstrumentContext } from './context.ts';
import { highpass } from './sounds/filters.ts';
import { createFilter, createGain } from './voices.ts';

/** Effects, one after the other. */
export interface EffectChain {
  /** Connect the instrument here. */
  readonly input: AudioNode;
  /** How long the effects ring on after the last sound, in seconds, until they are 60 dB down. */
  readonly tail: Seconds;
}

/** Two channels of an impulse response, of equal length. */
export type Impulse = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];

/** Times of the first reflections in ms, left and right: no two alike, so that no colour is heard in mono. */
const reflections = [
  [7.3, 11.9, 16.7, 21.1, 26.3, 31.3, 37.1, 42.7],
  [8.9, 13.3, 15.1, 23.3, 28.1, 33.7, 39.3, 41.1],
] as const;
/** Share of the energy that reflections have, and what is left of one in the next. */
const early = { share: 0.22, fall: 0.86 } as const;
/** The tail begins after this. */
const preDelay: Seconds = 0.025;
/** Below this a reverb would blur the bass. */
const lowCut: Hertz = 200;

/**
 * Makes the impulse response of a reverb: eight reflections of 7-43 ms, different ones left and right, and from 25 ms
 * on seeded noise that falls by 60 dB in `decay` seconds (limited to 0.05-6) and gets darker as it falls. It is cut
 * below 200 Hz, and has unit energy, so that the wet level does not depend on the decay.
 * @see Moorer, "About This Reverberation Business", Computer Music Journal 3 (1979); Barron, "Auditorium Acoustics"
 * (2009), 3
 */
export function createImpulse(decay: Seconds, sampleRate: number, seed = 1): Impulse {
  return [createSide(0), createSide(1)];

  function createSide(side: 0 | 1): Float32Array<ArrayBuffer> {
    const samples = createTail(limit(decay, 0.05, 6), sampleRate, mulberry32(seed + side * 0x9e3779b9));
    scale(samples, Math.sqrt((1 - early.share) / energyOf(samples)));
    const reflected = reflections[side].map((_, index) => early.fall ** index);
    const total = reflected.reduce((sum, level) => sum + level * level, 0);
    for (const [index, ms] of reflections[side].entries()) {
      const at = Math.round((ms / 1000) * sampleRate);
      const sign = (index + side) % 3 === 1 ? -1 : 1;
      const level = Math.sqrt(early.share / total) * (reflected[index] ?? 0);
      if (at < samples.length) samples[at] = (samples[at] ?? 0) + sign * level;
    }
    const exact = new Float64Array(samples);
    for (let twice = 0; twice < 2; twice++) highpass(exact, lowCut, sampleRate);
    samples.set(exact);
    return scale(samples, 1 / Math.sqrt(energyOf(samples)));
  }
}

/** Noise that dies away and gets darker, after the pre-delay. */
function createTail(decay: Seconds, sampleRate: number, random: () => number): Float32Array<ArrayBuffer> {
  const length = Math.max(1, Math.round(decay * sampleRate));
  const first = Math.round(preDelay * sampleRate);
  const samples = new Float32Array(first + length);
  const fall = 0.001 ** (1 / length);
  let level = 1;
  let low = 0;
  for (let i = 0; i < length; i++) {
    const openness = 0.15 + 0.6 * level;
    low += openness * (random() * 2 - 1 - low);
    samples[first + i] = low * level * Math.min(1, (length - i) / 400);
    level *= fall;
  }
  return samples;
}

function energyOf(samples: Float32Array): number {
  let energy = 0;
  for (let i = 0; i < samples.length; i++) energy += (samples[i] ?? 0) ** 2;
  return energy;
}

function scale(samples: Float32Array<ArrayBuffer>, factor: number): Float32Array<ArrayBuffer> {
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * factor;
  return samples;
}

/**
 * Makes a convolution reverb for the caller's graph. Connect sources to the node; its wet sound goes to `output`. The
 * impulse is that of `createImpulse`, as in the reverb of a score. With a decay of 1.5 s it costs 13-23 ms per second
 * of sound in Node.
 */
export function createReverb(context: InstrumentContext, decay: Seconds, output: AudioNode, seed = 1): ConvolverNode {
  const convolver = context.createConvolver();
  convolver.normalize = false;
  convolver.buffer = impulseOf(context, decay, seed);
  convolver.connect(output);
  return convolver;
}

/** Impulses that were used last: every context asks for the same rooms, and one takes 10 ms to compute. */
const impulses = new Map<string, AudioBuffer>();
const maxImpulses = 6;

function impulseOf(context: InstrumentContext, decay: Seconds, seed: number): AudioBuffer {
  const key = `${decay} ${context.sampleRate} ${seed}`;
  const buffer = impulses.get(key) ?? bufferOf(context, createImpulse(decay, context.sampleRate, seed));
  impulses.delete(key);
  impulses.set(key, buffer);
  for (const oldest of impulses.keys()) {
    if (impulses.size <= maxImpulses) break;
    impulses.delete(oldest);
  }
  return buffer;
}

function bufferOf(context: InstrumentContext, impulse: Impulse): AudioBuffer {
  const buffer = context.createBuffer(2, impulse[0].length, context.sampleRate);
  for (const [channel, samples] of impulse.entries()) buffer.copyToChannel(samples, channel);
  return buffer;
}

/** The dry path stays as it is; the sound of the effect is added through `wet`. */
function createWet(
  context: InstrumentContext,
  wet: NormalRange,
  output: AudioNode,
): { readonly input: GainNode; readonly wet: GainNode } {
  const input = createGain(context, 1, output);
  return { input, wet: createGain(context, limit(wet, 0, 1), output) };
}

function createSweep(context: InstrumentContext, rate: number, depth: number, param: AudioParam): void {
  const oscillator = context.createOscillator();
  oscillator.frequency.value = limit(rate, 0.01, 12);
  const amount = context.createGain();
  amount.gain.value = depth;
  oscillator.connect(amount).connect(param);
  oscillator.start(context.currentTime);
}

function createChorus(
  context: InstrumentContext,
  { wet, rate, depth }: NonNullable<Effects['chorus']>,
  output: AudioNode,
) {
  const chain = createWet(context, wet, output);
  const merger = context.createChannelMerger(2);
  merger.connect(chain.wet);
  [0.011, 0.017].forEach((time, side) => {
    const delay = context.createDelay(0.05);
    delay.delayTime.value = time;
    createSweep(context, rate * (side === 0 ? 1 : 1.13), 0.004 * limit(depth, 0, 1), delay.delayTime);
    chain.input.connect(delay);
    delay.connect(merger, 0, side);
  });
  return chain.input;
}

function createPhaser(context: InstrumentContext, { wet, rate }: NonNullable<Effects['phaser']>, output: AudioNode) {
  const chain = createWet(context, wet, output);
  let next: AudioNode = chain.wet;
  for (const frequency of [2800, 1600, 900, 500]) {
    const [stage] = createFilter(context, 'allpass', { frequency, Q: 0.6 }, next);
    createSweep(context, rate, frequency * 0.6, stage.frequency);
    next = stage;
  }
  chain.input.connect(next);
  return chain.input;
}

/** An echo within its bounds: 0.01-2 s, at most 0.9 of each repeat in the next one. */
function limitDelay({ wet, time, feedback }: NonNullable<Effects['delay']>): NonNullable<Effects['delay']> {
  return {
    wet: limit(wet, 0, 1),
    time: limit(time, 0.01, 2),
    feedback: limit(feedback, 0, 0.9),
  };
}

function createDelay(context: InstrumentContext, effect: NonNullable<Effects['delay']>, output: AudioNode): GainNode {
  const { wet, time: seconds, feedback: again } = limitDelay(effect);
  const chain = createWet(context, wet, output);
  const delay = context.createDelay(2.1);
  delay.delayTime.value = seconds;
  // Q is in dB here. At -3 dB the filter has no peak, which would lift the loop above 1.
  const [damp] = createFilter(context, 'lowpass', { frequency: 4200, Q: -3.0103 }, delay);
  chain.input.connect(damp);
  delay.connect(chain.wet);
  delay.connect(createGain(context, again, damp));
  return chain.input;
}

/** Tails are waited for until they are this far down: 60 dB. */
export const silence = 0.001;

/** How long an echo rings on after the last sound. */
export function echoTail(effect: Effects['delay']): Seconds {
  if (!effect) return 0;
  const { wet, time, feedback } = limitDelay(effect);
  if (wet <= silence) return 0;
  return time * (1 + Math.log(silence / wet) / Math.log(Math.max(silence, feedback)));
}

/** Samples that an `IIRFilterNode` may look back: its most coefficients. */
const reach = 20;
/** Delays by all of the reach. */
const late: readonly number[] = Array.from({ length: reach }, (_, tap) => (tap === reach - 1 ? 1 : 0));
/** Delays by half of it, to halfway between two samples: a windowed sinc. */
const between: readonly number[] = Array.from({ length: reach }, (_, tap) => {
  const x = tap - (reach - 1) / 2;
  return (Math.cos((Math.PI * x) / (reach + 1)) ** 2 * Math.sin(Math.PI * x)) / (Math.PI * x);
});
const unity: number = between.reduce((sum, tap) => sum + tap, 0);

/**
 * Shapes a wave at twice the sample rate, so that little folds back: the samples and the points halfway between them
 * are shaped separately, and the latter are moved back to the samples. `oversample` of the engine does the same with
 * transforms whose last bits depend on the CPU. All paths are late by 19 samples.
 */
function createDistortion(
  context: InstrumentContext,
  { wet, amount }: NonNullable<Effects['distortion']>,
  output: AudioNode,
) {
  const drive = 1 + 9 * limit(amount, 0, 1);
  const curve = Float32Array.from(
    { length: 1025 },
    (_, i) => Math.tanh(drive * (i / 512 - 1)) / Math.sqrt(drive) / Math.tanh(1),
  );
  const createShaper = (to: AudioNode): WaveShaperNode => {
    const shaper = context.createWaveShaper();
    shaper.curve = curve;
    shaper.connect(to);
    return shaper;
  };
  const createTaps = (taps: readonly number[], to: readonly AudioNode[]): IIRFilterNode => {
    const filter = context.createIIRFilter([...taps], [1]);
    for (const each of to) filter.connect(each);
    return filter;
  };
  const input = context.createGain();
  const half = createGain(context, limit(wet, 0, 1) / 2, output);
  const dry = createGain(context, 1 - limit(wet, 0, 1), output);
  const halfway = between.map((tap) => tap / unity);
  input.connect(createTaps(late, [dry, createShaper(half)]));
  input.connect(createTaps(halfway, [createShaper(createTaps(halfway, [half]))]));
  return input;
}

/**
 * Makes the effects of a track, in this order: filter, distortion, chorus, phaser, delay. The reverb is left out, because
 * tracks share reverbs: see `createReverb`. Values beyond their range are limited: feedback to 0.9, delay to 0.01-2 s,
 * rates to 12 Hz.
 */
export function createEffects(context: InstrumentContext, effects: Effects, output: AudioNode): EffectChain {
  let input = output;
  if (effects.delay) input = createDelay(context, effects.delay, input);
  if (effects.phaser) input = createPhaser(context, effects.phaser, input);
  if (effects.chorus) input = createChorus(context, effects.chorus, input);
  if (effects.distortion) input = createDistortion(context, effects.distortion, input);
  if (effects.filter) [input] = createFilter(context, effects.filter.type, effects.filter, input);
  return { input, tail: echoTail(effects.delay) };
}

function limit(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
