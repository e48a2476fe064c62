import { envelope, onsets, spectrum } from '@bnc/testing/sound';
import { gaussian, type Sketch } from './ear.ts';
import { type Stereo, sampleRate } from './mix.ts';
import { monoOf, roughnessOf, sideLevel } from './tone.ts';

const frameSize = 2048;

/**
 * What a listener can say of a band after a whole phrase, with the error of each. Errors are about three times the just noticeable
 * differences of trained listeners, because people compare with memory: brightness 5 % (Allen & Oxenham, JASA 135, 2014), attack
 * and decay 25 % (Meng, Zhao & He 2006; ISO 3382-1 has 5 % in the laboratory), roughness 17 % (Zwicker & Fastl, "Psychoacoustics",
 * 11), level of a band 1 dB, rate of events 6 % (Drake & Botte 1993), width 0.075 of interaural likeness (ISO 3382-1). That timbre
 * is heard along attack, brightness and change of the spectrum: McAdams et al., "Psychological Research" 58 (1995).
 */
export const bandAttributes = [
  { name: 'brightness, octaves', error: 0.25 },
  { name: 'change of brightness, octaves', error: 0.25 },
  { name: 'register, octaves', error: 0.25 },
  { name: 'lows, dB', error: 3 },
  { name: 'highs, dB', error: 3 },
  { name: 'noise, dB', error: 3 },
  { name: 'attack, dB in 20 ms', error: 3 },
  { name: 'decay, octaves of time', error: 0.75 },
  { name: 'events a second, octaves', error: 0.25 },
  { name: 'unevenness, dB', error: 3 },
  { name: 'roughness, octaves', error: 0.5 },
  { name: 'width, dB', error: 3 },
] as const;

/** The errors of all attributes. */
export const bandErrors: readonly number[] = bandAttributes.map(({ error }) => error);

/** Energy, centre and strongest frequency of a frame, and its share in bands. */
interface Frame {
  readonly energy: number;
  readonly centre: number;
  readonly strongest: number;
  readonly low: number;
  readonly high: number;
  readonly noise: number;
}

function frameAt(mono: Float32Array, at: number): Frame {
  const power = spectrum(mono, frameSize, at).map((magnitude) => magnitude ** 2);
  const hertzOf = (bin: number): number => (bin * sampleRate) / frameSize;
  let [energy, weighted, best, low, high] = [1e-20, 0, 1, 0, 0];
  power.forEach((each, bin) => {
    const hertz = hertzOf(bin);
    if (hertz < 40) return;
    energy += each;
    weighted += each * hertz;
    if (each > (power[best] ?? 0)) best = bin;
    if (hertz < 200) low += each;
    if (hertz > 3000) high += each;
  });
  // Flatness between 1 and 8 kHz: near 0 dB is noise, far below are tones.
  const part = power.slice(Math.round((1000 * frameSize) / sampleRate), Math.round((8000 * frameSize) / sampleRate));
  const logs = part.reduce((sum, each) => sum + Math.log10(each + 1e-14), 0) / part.length;
  const mean = part.reduce((sum, each) => sum + each, 0) / part.length;
  const noise = 10 * (logs - Math.log10(mean + 1e-14));
  return { energy, centre: weighted / energy, strongest: hertzOf(best), low: low / energy, high: high / energy, noise };
}

function middleOf(values: readonly number[], place = 0.5): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * place)] ?? 0;
}

/** Describes a sound by the attributes, without the errors of a person. */
export function describeBand(sound: Stereo): Sketch {
  const mono = monoOf(sound);
  const all = Array.from({ length: Math.floor(mono.length / frameSize) * 2 - 1 }, (_, i) =>
    frameAt(mono, (i * frameSize) / 2),
  );
  const loudest = Math.max(...all.map(({ energy }) => energy));
  const heard = all.filter(({ energy }) => energy > loudest / 1000);
  const centres = heard.map(({ centre }) => Math.log2(centre / 1000));
  const levels = heard.map(({ energy }) => 10 * Math.log10(energy));
  const share = (of: (frame: Frame) => number): number =>
    10 *
    Math.log10(
      heard.reduce((sum, frame) => sum + of(frame) * frame.energy, 0) /
        heard.reduce((sum, { energy }) => sum + energy, 0) +
        1e-4,
    );
  const starts = onsets(mono, sampleRate);
  const { attack, decay } = edgesOf(mono, starts);
  const seconds = Math.max(0.5, (starts.at(-1) ?? 0) - (starts[0] ?? 0));
  return [
    middleOf(centres),
    middleOf(centres, 0.9) - middleOf(centres, 0.1),
    middleOf(heard.map(({ strongest }) => Math.log2(strongest / 1000))),
    share(({ low }) => low),
    share(({ high }) => high),
    middleOf(heard.map(({ noise }) => noise)),
    attack,
    decay,
    Math.log2(Math.max(1, starts.length - 1) / seconds),
    middleOf(levels, 0.9) - middleOf(levels, 0.25),
    Math.log2(roughnessOf(mono) + 0.05),
    Math.max(-30, sideLevel(sound)),
  ];
}

/**
 * How fast sounds rise, in dB within 20 ms, and how long they take to fall by 10 dB, in octaves over 100 ms: the medians over all that
 * begins.
 */
function edgesOf(mono: Float32Array, starts: readonly number[]): { readonly attack: number; readonly decay: number } {
  const hop = 0.005;
  const level = envelope(mono, sampleRate, 0.01, hop);
  const floor = 0.01 * Math.max(...level, 1e-9);
  const decibelsAt = (i: number): number => 20 * Math.log10(Math.max(floor, level[i] ?? 0));
  const found = starts.map((start) => {
    const first = Math.round(start / hop);
    const rises = Array.from({ length: 20 }, (_, i) => decibelsAt(first + i) - decibelsAt(first + i - 4));
    const window = level.slice(first, first + 20);
    const top = Math.max(...window, 1e-9);
    const after = level.slice(first + window.indexOf(top), first + 400);
    const fallen = after.findIndex((each) => each < top / 3.16);
    return [Math.max(...rises), (fallen < 0 ? after.length : Math.max(1, fallen)) * hop] as const;
  });
  return {
    attack: middleOf(found.map(([rise]) => rise)),
    decay: Math.log2(middleOf(found.map(([, fall]) => fall)) / 0.1),
  };
}

/** Describes a sound as a person would, with their errors. */
export function hearBand(sound: Stereo, seed: number): Sketch {
  const noise = gaussian(seed);
  return describeBand(sound).map((value, i) => value + noise() * (bandErrors[i] ?? 0));
}
