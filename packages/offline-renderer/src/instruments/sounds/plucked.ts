import type { Hertz, Seconds } from '@bnc/contracts';
import { midiToHertz } from '../pitch.ts';
import { addModes, lowpass, whiteNoise } from './filters.ts';
import { partialsBelow } from './oscillators.ts';
import { fade, type Recording, type Take } from './recording.ts';

/** A string and how it is plucked. */
interface Pluck {
  readonly hertz: Hertz;
  /** Place along the string, 0-0.5. */
  readonly place: number;
  /** Partials up to this one are strong; those above fall by 12 dB per octave. */
  readonly brightness: number;
  /** Time in which the first partial falls by 60 dB. */
  readonly decay: Seconds;
  /** Share of the sample before in the mean, 0.05-0.5: how much faster upper partials die. */
  readonly loss: number;
  readonly length: Seconds;
}

/**
 * Plucks a string: a period goes round in a loop that takes the mean of two samples each time. The period is made of partials, as a
 * pluck at a place gives them, so that the string sounds the same at every sample rate. An all-pass tunes the loop to a part of a
 * sample.
 * @see Karplus and Strong, "Digital Synthesis of Plucked-String and Drum Timbres", Computer Music Journal 7 (1983); Jaffe and Smith,
 * "Extensions of the Karplus-Strong Plucked-String Algorithm", ibid.
 */
function pluckString(pluck: Pluck, sampleRate: Hertz): Float32Array<ArrayBuffer> {
  const { hertz, loss, decay, length } = pluck;
  const samples = new Float32Array(Math.round(length * sampleRate));
  const period = sampleRate / hertz;
  const turn = (2 * Math.PI) / period;
  // Delay of the mean at the first partial, in samples; the all-pass gives what is left, 0.1-1.1 samples.
  const mean = Math.atan2(loss * Math.sin(turn), 1 - loss + loss * Math.cos(turn)) / turn;
  const whole = Math.max(1, Math.floor(period - mean - 0.1));
  const rest = period - mean - whole;
  const allPass = Math.sin(((1 - rest) * turn) / 2) / Math.sin(((1 + rest) * turn) / 2);
  // What the mean takes from the first partial in a round is given back.
  const taken = Math.hypot(1 - loss + loss * Math.cos(turn), loss * Math.sin(turn));
  const keep = Math.min(0.99995, 0.001 ** (1 / (hertz * decay)) / taken);
  const cycle = excite(pluck, period, whole, sampleRate);
  let lastMean = 0;
  let lastOut = 0;
  let before = 0;
  samples.set(cycle.subarray(0, samples.length));
  for (let i = whole; i < samples.length; i++) {
    const now = samples[i - whole] ?? 0;
    const average = keep * ((1 - loss) * now + loss * before);
    lastOut = allPass * (average - lastOut) + lastMean;
    lastMean = average;
    before = now;
    samples[i] = lastOut;
  }
  return samples;
}

/** One period of a plucked string, without offset. */
function excite({ hertz, place, brightness }: Pluck, period: number, length: number, sampleRate: Hertz): Float64Array {
  const cycle = new Float64Array(length);
  const count = partialsBelow(hertz, sampleRate);
  for (let number = 1; number <= count; number++) {
    const level = Math.sin(Math.PI * number * place) / number ** 0.6 / (1 + (number / brightness) ** 2);
    const turn = (2 * Math.PI * number) / period;
    // Phases of their own keep the peak low.
    const phase = number * number * 0.7;
    // Each sine from the two before it: a twentieth of the time, and the same to the 8th digit and more.
    const pace = 2 * Math.cos(turn);
    let before = level * Math.sin(phase - turn);
    let now = level * Math.sin(phase);
    for (let i = 0; i < length; i++) {
      cycle[i] = (cycle[i] ?? 0) + now;
      const next = pace * now - before;
      before = now;
      now = next;
    }
  }
  const offset = cycle.reduce((sum, each) => sum + each, 0) / length;
  return cycle.map((each) => each - offset);
}

/** Records a string as heard from two sides: plucked at two places. */
function recordString({ sampleRate }: Take, pluck: Pluck, places: readonly [number, number], rise: Seconds): Recording {
  const channels = places.map((place) =>
    fade(pluckString({ ...pluck, place }, sampleRate), sampleRate, rise, Math.min(0.2, pluck.length / 4)),
  );
  return { channels };
}

/** Decays of strings get shorter up the scale. */
function decayAt(hertz: Hertz, atMiddleC: Seconds, power: number): Seconds {
  return Math.max(0.5, Math.min(7, atMiddleC * (262 / hertz) ** power));
}

/** A plucked steel string, near its end: bright, and brighter when plucked hard. Range E2-C7 (MIDI 40-96), usable from MIDI 36, stereo. */
export function recordPluck(take: Take): Recording {
  const hertz = midiToHertz(take.midi);
  const brightness = 0.7 + 17 * take.velocity ** 2;
  const decay = decayAt(hertz, 3, 0.6);
  const pluck = { hertz, place: 0, brightness, decay, loss: 0.4, length: Math.min(2, decay) };
  return recordString(take, pluck, [0.13, 0.17], 0.001);
}

/** A harp: a gut string plucked near its middle by a finger, round and long. Range C2-C7 (MIDI 36-96), stereo. */
export function recordHarp(take: Take): Recording {
  const hertz = midiToHertz(take.midi);
  const brightness = 0.5 + 13 * take.velocity ** 2;
  const decay = decayAt(hertz, 4.5, 0.7);
  const pluck = { hertz, place: 0, brightness, decay, loss: 0.25, length: Math.min(2.6, decay) };
  return recordString(take, pluck, [0.31, 0.4], 0.0025);
}

/** Resonances of a double bass. */
const body = [
  [62, 30, 0.5],
  [112, 50, 0.6],
  [230, 110, 0.5],
] as const;

/**
 * An upright bass: a thick string plucked by a finger, the body's resonances near 60, 110 and 230 Hz, and the soft knock of the
 * fingerboard. Range E1-C4 (MIDI 28-60), usable to MIDI 96, mono.
 * @see Fletcher and Rossing, "The Physics of Musical Instruments" (1998), 10 (bodies of bowed and plucked strings)
 */
export function recordUprightBass(take: Take): Recording {
  const { midi, velocity, sampleRate } = take;
  const hertz = midiToHertz(midi);
  const decay = decayAt(hertz, 1.6, 0.4);
  const brightness = 1.6 + 5 * velocity ** 1.3;
  const pluck = { hertz, place: 0.22, brightness, decay, loss: 0.3, length: Math.min(2, decay) };
  const samples = pluckString(pluck, sampleRate);
  const knock = whiteNoise(samples.length, midi, sampleRate);
  lowpass(knock, 500, sampleRate);
  const knocked = 0.03 * sampleRate;
  const sound = new Float64Array(samples.length);
  const struck = new Float64Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const string = samples[i] ?? 0;
    const left = 1 - i / knocked;
    const blow = i < knocked ? (0.4 + velocity) * (left * left) * (knock[i] ?? 0) : 0;
    sound[i] = string + 0.15 * blow;
    struck[i] = string + 2 * blow;
  }
  addModes(sound, struck, body, sampleRate);
  samples.set(sound);
  return { channels: [fade(samples, sampleRate, 0.003, 0.2)] };
}
