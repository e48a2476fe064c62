import type { Hertz, NormalRange, Seconds } from '@bnc/contracts';
import { midiToHertz } from '../pitch.ts';
import { lowpass, whiteNoise } from './filters.ts';
import { addPartials, type Partial, read, sine } from './oscillators.ts';
import { fade, type Recording, type Take } from './recording.ts';

/** Adds a short blow: noise below a frequency that dies away. */
function addBlow(
  samples: Float32Array,
  { midi, sampleRate }: Take,
  { hertz, level, length }: { readonly hertz: Hertz; readonly level: number; readonly length: Seconds },
): void {
  const frames = Math.min(samples.length, Math.round(length * sampleRate));
  const noise = whiteNoise(frames, midi, sampleRate);
  for (let twice = 0; twice < 2; twice++) lowpass(noise, hertz, sampleRate);
  for (let i = 0; i < frames; i++) {
    const share = 1 - i / frames;
    samples[i] = (samples[i] ?? 0) + level * share * share * (noise[i] ?? 0);
  }
}

function silence(seconds: Seconds, sampleRate: Hertz): Float32Array<ArrayBuffer> {
  return new Float32Array(Math.round(seconds * sampleRate));
}

/** How much of a partial a mallet excites: a soft one stays on the bar for longer than a high partial's cycle. */
function contact(hertz: Hertz, corner: Hertz): number {
  return 1 / (1 + (hertz / corner) ** 2);
}

/**
 * A marimba: rosewood bars that are tuned 1 : 4 : 10 and die away within 0.5-2.2 s, upper partials within a third of
 * that or less; the mallet is heard as a dull knock. Harder blows are brighter. Range C2-C7 (MIDI 36-96), mono.
 * @see Fletcher and Rossing, "The Physics of Musical Instruments" (1998), 19.2-19.5; Bork, "Practical tuning of
 * xylophone bars and resonators", Applied Acoustics 46 (1995)
 */
export function recordMarimba(take: Take): Recording {
  const { midi, velocity, sampleRate } = take;
  const hertz = midiToHertz(midi);
  const decay = Math.min(2.2, 1.5 * (262 / hertz) ** 0.55);
  const corner = hertz * (0.9 + 5.5 * velocity ** 1.6);
  const bar = (ratio: number, level: number, share: number): Partial => ({
    hertz: hertz * ratio,
    level: level * contact(hertz * ratio, corner),
    decay: decay * share,
  });
  const samples = silence(Math.min(1.6, decay), sampleRate);
  addPartials(samples, sampleRate, [bar(1, 1, 1), bar(3.95, 1.5, 0.3), bar(9.6, 1.3, 0.1), bar(16.2, 0.7, 0.05)]);
  addBlow(samples, take, { hertz: 300 + 1800 * velocity, level: 0.5 + 1.2 * velocity, length: 0.02 });
  return { channels: [fade(samples, sampleRate, 0.0015, 0.02)] };
}

/**
 * A vibraphone: metal bars tuned 1 : 4 : 10 that ring for seconds over pipes whose discs turn 4.6 times a second, so that the sound
 * leans to one side and the other. Range F3-F6 (MIDI 53-89), usable from MIDI 36 to 96, stereo.
 * @see Rossing, "Science of Percussion Instruments" (2000), 7
 */
export function recordVibraphone(take: Take): Recording {
  const { midi, velocity, sampleRate } = take;
  const hertz = midiToHertz(midi);
  const decay = Math.min(6, 5 * (262 / hertz) ** 0.5);
  const corner = hertz * (0.8 + 6 * velocity ** 1.5);
  const bar = (ratio: number, level: number, share: number): Partial => ({
    hertz: hertz * ratio,
    level: level * contact(hertz * ratio, corner),
    decay: decay * share,
  });
  const plain = silence(3, sampleRate);
  addPartials(plain, sampleRate, [bar(1, 1, 1), bar(4, 1.4, 0.35), bar(10.1, 1.1, 0.12), bar(17.6, 0.6, 0.05)]);
  addBlow(plain, take, { hertz: 1500 + 3000 * velocity, level: 0.3 * velocity, length: 0.008 });
  fade(plain, sampleRate, 0.002, 0.1);
  return lean(plain, sampleRate, 4.6, 0.4);
}

/** Makes stereo of a sound that leans to the left and to the right in turn. */
function lean(plain: Float32Array<ArrayBuffer>, sampleRate: Hertz, rate: Hertz, depth: NormalRange): Recording {
  const other = new Float32Array(plain.length);
  for (let i = 0; i < plain.length; i++) {
    const sample = plain[i] ?? 0;
    const side = depth * read(sine, (i * rate) / sampleRate) * sample;
    plain[i] = sample + side;
    other[i] = sample - side;
  }
  return { channels: [plain, other] };
}

/** Ratio to the strike note, level and share of the decay of a bell's partials, from the hum to the top. */
const bell = [
  [0.5, 0.16, 1],
  [1, 1.3, 0.9],
  [1.2, 0.55, 0.3],
  [1.5, 0.25, 0.22],
  [2, 1.3, 0.45],
  [2.5, 0.4, 0.22],
  [2.74, 0.6, 0.2],
  [3, 0.7, 0.24],
  [3.76, 0.5, 0.15],
  [4.07, 0.7, 0.18],
  [5.43, 0.45, 0.1],
  [6.8, 0.3, 0.07],
] as const;

/**
 * A bell: Risset's sum of partials, each with a decay of its own, the upper ones short, the lower ones as pairs that beat slowly, one
 * left and one right. His hum and prime (0.56, 0.92) are moved to 0.5 and 1, where founders tune them, so that the bell is in tune
 * with other instruments. Range C3-C7 (MIDI 48-96), usable from MIDI 36, stereo.
 * @see Risset, "An Introductory Catalogue of Computer Synthesized Sounds" (Bell Laboratories, 1969), no. 430; Rossing, "Science of
 * Percussion Instruments" (2000), 11
 */
export function recordBell({ midi, velocity, sampleRate }: Take): Recording {
  const hertz = midiToHertz(midi);
  const decay = Math.min(5, 4 * (523 / hertz) ** 0.4);
  const channels = [-1, 1].map((side) => {
    const samples = silence(Math.min(3, 0.75 * decay), sampleRate);
    const partials = bell.map(([ratio, level, share]): Partial => {
      // A cent and a half apart: at 1 kHz they beat 0.9 times a second.
      const apart = ratio <= 2 ? 2 ** ((side * 0.75) / 1200) : 1;
      const hardness = ratio ** (0.8 * (velocity - 0.9));
      return { hertz: hertz * ratio * apart, level: level * hardness ** 2, decay: decay * share };
    });
    addPartials(samples, sampleRate, partials);
    return fade(samples, sampleRate, 0.001, 0.15);
  });
  return { channels };
}

/** Share of a value that is left after each sample, where it falls by a factor of e in `time`. */
function falling(sampleRate: Hertz, time: Seconds): number {
  return Math.exp(-1 / (time * sampleRate));
}

/**
 * An electric piano by frequency modulation: a tone bent 1 : 1, whose index follows the velocity (0.3 to 2) and falls with the note,
 * under a tine of 14 : 1 that dies away in 50 ms. It leans left and right 4 times a second. Range E1-E7 (MIDI 28-100), stereo.
 * @see Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation", JAES 21 (1973); Chowning and Bristow, "FM
 * Theory and Applications" (1986)
 */
export function recordElectricPiano({ midi, velocity, sampleRate }: Take): Recording {
  const hertz = midiToHertz(midi);
  const decay = Math.min(2.2, 1.5 * (262 / hertz) ** 0.35);
  const samples = silence(Math.min(3, 1.6 * decay), sampleRate);
  const levelFall = falling(sampleRate, decay / 3.2);
  const indexFall = falling(sampleRate, decay / 4);
  const tineFall = falling(sampleRate, 0.025);
  const turn = hertz / sampleRate;
  // The 15th partial must stay below the limit, and high notes are mellow.
  const isTineHeard = 15 * hertz < 0.45 * sampleRate;
  let level = 1;
  let index = (0.25 + 2.1 * velocity ** 1.4) * Math.min(1, (700 / hertz) ** 0.5);
  let tine = isTineHeard ? 0.15 + 0.85 * velocity : 0;
  for (let i = 0; i < samples.length; i++) {
    const phase = i * turn + 4;
    const body = read(sine, phase + (index / (2 * Math.PI)) * read(sine, phase));
    const bright = tine > 1e-4 ? read(sine, phase + (tine / (2 * Math.PI)) * read(sine, 14 * phase)) : 0;
    samples[i] = level * (body + (tine > 1e-4 ? 0.35 * (bright - read(sine, phase)) : 0));
    level *= levelFall;
    index *= indexFall;
    tine *= tineFall;
  }
  fade(samples, sampleRate, 0.002, 0.1);
  return lean(samples, sampleRate, 4, 0.35);
}

/** Ratio to the lowest, level and share of the decay of a round membrane's modes. */
const membrane = [
  [1, 1, 1],
  [1.59, 0.7, 0.6],
  [2.14, 0.45, 0.45],
  [2.3, 0.3, 0.4],
  [2.65, 0.35, 0.35],
  [2.92, 0.25, 0.3],
] as const;

/**
 * A low drum: the modes of a large membrane and a felt beater. `midi` is its colour: its lowest mode lies at the note, moved by
 * octaves into 50-100 Hz. Mono.
 * @see Rossing, "Science of Percussion Instruments" (2000), 3
 */
export function recordLowDrum(take: Take): Recording {
  const { midi, velocity, sampleRate } = take;
  const note = midiToHertz(midi);
  const hertz = note * 2 ** -Math.floor(Math.log2(note / 50));
  const samples = silence(1.1, sampleRate);
  const partials = membrane.map(
    ([ratio, level, share]): Partial => ({
      hertz: hertz * ratio,
      level: level * ratio ** (2.2 * (velocity - 0.6)),
      decay: 1.1 * share,
    }),
  );
  addPartials(samples, sampleRate, partials);
  addBlow(samples, take, { hertz: 250 + 1400 * velocity ** 2, level: 1.5 + 3 * velocity, length: 0.045 });
  return { channels: [fade(samples, sampleRate, 0.0015, 0.1)] };
}
