import type { Hertz } from '@bnc/contracts';
import { midiToHertz } from '../pitch.ts';
import { addModes, highpass, lowpass, whiteNoise } from './filters.ts';
import { addPartials, read, sine } from './oscillators.ts';
import { fade, type Recording, type Take } from './recording.ts';

/** A different noise for each recording. */
function seedOf({ midi, velocity, turn }: Take): number {
  return midi * 1000 + Math.round(velocity * 100) * 7 + turn;
}

/**
 * A bass drum under a felt beater: a sine that falls from two to three times its pitch, by velocity, to it (about 50 Hz
 * at MIDI 36; higher is tighter); a harder blow has more of the beater. Mono.
 */
export function recordKick(take: Take): Recording {
  const { midi, velocity, sampleRate } = take;
  const hertz = Math.min(120, Math.max(40, midiToHertz(midi) * 0.75));
  const samples = new Float32Array(Math.round(0.4 * sampleRate));
  const beater = whiteNoise(samples.length, seedOf(take), sampleRate);
  for (let twice = 0; twice < 2; twice++) lowpass(beater, 600 + 3000 * velocity, sampleRate);
  const bend = Math.exp(-1 / (0.018 * sampleRate));
  const fall = Math.exp(-1 / (0.075 * sampleRate));
  const stop = Math.exp(-1 / (0.006 * sampleRate));
  let [above, level, blow, phase] = [1 + velocity, 1, 0.5 + 1.5 * velocity, 0];
  for (let i = 0; i < samples.length; i++) {
    samples[i] = level * read(sine, phase) + blow * (beater[i] ?? 0);
    phase += (hertz * (1 + above)) / sampleRate;
    above *= bend;
    level *= fall;
    blow *= stop;
  }
  return { channels: [fade(samples, sampleRate, 0.002, 0.1)] };
}

/**
 * A snare drum played with brushes: a soft stroke is a swish, a harder one has the drum's own modes (185 and 330 Hz) and the snares.
 * `midi` moves the noise. Mono.
 * @see Rossing, "Science of Percussion Instruments" (2000), 4
 */
export function recordSnare(take: Take): Recording {
  const { midi, velocity, sampleRate } = take;
  const samples = new Float32Array(Math.round(0.28 * sampleRate));
  const isHard = velocity > 0.5;
  const noise = whiteNoise(samples.length, seedOf(take), sampleRate);
  const middle = Math.min(6000, Math.max(1800, midiToHertz(midi) * 20));
  const wires = new Float64Array(samples.length);
  addModes(wires, noise, [[middle, middle, 1]], sampleRate);
  highpass(wires, 500, sampleRate);
  lowpass(wires, isHard ? 5500 : 4200, sampleRate);
  lowpass(wires, 9000, sampleRate);
  const swish = (isHard ? 0.004 : 0.022) * sampleRate;
  const fall = Math.exp(-1 / ((isHard ? 0.045 : 0.06) * sampleRate));
  let level = 1;
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.min(1, i / swish) * level * (wires[i] ?? 0);
    if (i > swish) level *= fall;
  }
  if (isHard) {
    addPartials(samples, sampleRate, [
      { hertz: 185, level: 0.3, decay: 0.16 },
      { hertz: 330, level: 0.2, decay: 0.11 },
    ]);
  }
  return { channels: [fade(samples, sampleRate, 0.0015, 0.06)] };
}

/** Six partials without a common pitch, in Hz: those of a well-known electronic cymbal. */
const metal: readonly Hertz[] = [2053, 3044, 3696, 5227, 5400, 8000];

/** Adds a plain square, which is at 1 in the first half of each turn. */
function addSquare(samples: Float64Array, hertz: Hertz, sampleRate: Hertz): void {
  for (let i = 0; i < samples.length; i++) {
    const phase = (i * hertz) / sampleRate;
    const place = phase - Math.floor(phase);
    samples[i] = (samples[i] ?? 0) + (place > 0 && place <= 0.5 ? 1 : -1);
  }
}

/** A hi-hat under a brush: closed, or open for a note of 0.25 s or more. A harder stroke is brighter and has more metal. Mono. */
export function recordHat(take: Take): Recording {
  const { velocity, sampleRate, duration } = take;
  const isOpen = duration > 0;
  const samples = new Float32Array(Math.round((isOpen ? 0.5 : 0.14) * sampleRate));
  const struck = new Float64Array(samples.length);
  for (const hertz of metal) addSquare(struck, hertz, sampleRate);
  const noise = whiteNoise(samples.length, seedOf(take), sampleRate);
  for (let i = 0; i < struck.length; i++) struck[i] = (noise[i] ?? 0) + 0.12 * velocity * (struck[i] ?? 0);
  const corner = 3200 + 1800 * velocity;
  for (const hertz of [corner, corner, corner / 2]) highpass(struck, hertz, sampleRate);
  for (const hertz of [4500 + 3500 * velocity, 7500]) lowpass(struck, hertz, sampleRate);
  const fall = Math.exp(-1 / ((isOpen ? 0.11 : 0.024) * sampleRate));
  let level = 1;
  for (let i = 0; i < samples.length; i++) {
    samples[i] = level * (struck[i] ?? 0);
    level *= fall;
  }
  return { channels: [fade(samples, sampleRate, 0.0015, 0.04)] };
}
