import type { Hertz, Seconds } from '@bnc/contracts';
import { midiToHertz } from '../pitch.ts';
import { Resonance, whiteNoise } from './filters.ts';
import { type Cycle, cycleOf, partialsBelow, read, sine } from './oscillators.ts';
import type { Recording, Take } from './recording.ts';

/** A tone that is blown. */
interface Blown {
  /** The wave at the softest and at the loudest moment of the note. */
  readonly soft: Cycle;
  readonly loud: Cycle;
  /** Time in which the tone opens. */
  readonly attack: Seconds;
  /** How far the tone opens beyond its rest at the end of the attack, as a share of the way to `loud`. */
  readonly swell: number;
  /** Depth of the vibrato in cents, and as a share of the level. */
  readonly vibrato: number;
  readonly tremolo: number;
  /** Level of the breath, its pitch over the note's, and its width. */
  readonly breath: number;
  readonly breathAt: number;
  readonly breathWidth: Hertz;
  /** Cents by which the tone begins too low. */
  readonly scoop: number;
}

/** Vibrato begins after this, and is full at `loopStart`: shorter notes have none. */
const vibratoFrom: Seconds = 0.3;
const loopStart: Seconds = 0.7;
/** Cycles of vibrato in the loop, and their rate. */
const waves = 5;
const vibratoRate: Hertz = 5.2;

/**
 * Records a blown note: an attack in which the tone opens, vibrato that sets in after 0.3 s, and a loop of five waves of it, which
 * holds whole cycles of everything, the breath too. Waves are mixed from a soft and a loud one.
 */
function recordBlown({ midi, sampleRate }: Take, blown: Blown): Recording {
  const hertz = midiToHertz(midi);
  const cycles = Math.round((hertz * waves) / vibratoRate);
  const loop = Math.round((cycles * sampleRate) / hertz);
  const start = Math.round(loopStart * sampleRate);
  const from = Math.round(vibratoFrom * sampleRate);
  const samples = new Float32Array(start + loop);
  const breath = breathOf(hertz, midi, loop, sampleRate, blown);
  const rise = blown.attack * sampleRate;
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    const ramp = i < from ? 0 : i >= start ? 1 : (i - from) / (start - from);
    const wave = ramp === 0 ? 0 : ramp * read(sine, (waves * (i - start)) / loop + waves);
    // How far the note has begun, and what is left of its scoop and of its swell.
    const risen = Math.min(1, i / rise);
    const level = risen * risen * (3 - 2 * risen) * (1 + blown.tremolo * wave);
    const unsettled = Math.max(0, 1 - i / (4 * rise));
    const settle = i >= start ? 0 : unsettled * unsettled;
    const open = Math.min(1, level * (1 - blown.swell * (1 - settle)));
    const tone = read(blown.soft, phase) * (1 - open) + read(blown.loud, phase) * open;
    samples[i] = level * (tone + (1 + 2 * settle) * (breath[i % loop] ?? 0));
    phase += (cycles / loop) * (1 + (Math.LN2 / 1200) * (blown.vibrato * wave - blown.scoop * settle));
  }
  return { channels: [samples], loop: [start, start + loop] };
}

/** Breath that repeats without a seam: the resonance has run through the noise once before. */
function breathOf(hertz: Hertz, seed: number, length: number, sampleRate: Hertz, blown: Blown): Float64Array {
  const { breath, breathAt, breathWidth } = blown;
  const noise = whiteNoise(length, seed, sampleRate);
  const resonance = new Resonance(sampleRate, hertz * breathAt, breathWidth);
  resonance.addTo(new Float64Array(length), noise, 1);
  const filtered = new Float64Array(length);
  resonance.addTo(filtered, noise, breath);
  return filtered;
}

/** Levels of the partials below the limit. */
function levels(hertz: Hertz, sampleRate: Hertz, levelOf: (number: number) => number): number[] {
  return Array.from({ length: partialsBelow(hertz, sampleRate) }, (_, index) => levelOf(index + 1));
}

/**
 * A reed: a clarinet's odd partials, with even ones from the seventh on, opening with the breath. Range D3-C7 (MIDI 50-96), usable
 * from MIDI 36, mono.
 * @see Benade, "Fundamentals of Musical Acoustics" (1976), 21-22
 */
export function recordReed(take: Take): Recording {
  const hertz = midiToHertz(take.midi);
  const wave = (brightness: number): Cycle =>
    cycleOf(
      levels(hertz, take.sampleRate, (number) => {
        const even = number % 2 === 1 ? 1 : number < 7 ? 0.06 + 0.02 * number : 0.55;
        return (
          (even / number ** 0.35 / (1 + (number / brightness) ** 2.4)) * (1 / (1 + ((number * hertz) / 4500) ** 2))
        );
      }),
    );
  return recordBlown(take, {
    soft: wave(1 + 0.8 * take.velocity),
    loud: wave(1.2 + 8 * take.velocity ** 1.5),
    attack: 0.045,
    swell: 0.15,
    vibrato: 7,
    tremolo: 0.05,
    breath: 0.02,
    breathAt: 3,
    breathWidth: 1200,
    scoop: 8,
  });
}

/**
 * Soft brass, between a horn and a flugelhorn: the louder, the more partials, within the note too. Range F2-C6 (MIDI 41-84), usable
 * from MIDI 36 to 96, mono.
 * @see Risset and Mathews, "Analysis of Musical-Instrument Tones", Physics Today 22 (1969); Moorer and Grey, "Lexicon of Analyzed
 * Tones", part 3, Computer Music Journal 2 (1978)
 */
export function recordBrass(take: Take): Recording {
  const hertz = midiToHertz(take.midi);
  const wave = (brightness: number): Cycle =>
    cycleOf(
      levels(hertz, take.sampleRate, (number) => {
        const at = number * hertz;
        return (
          ((0.6 + 1 / (1 + ((at - 650) / 500) ** 2)) * Math.exp(-(number - 1) / brightness)) / (1 + (at / 5000) ** 2)
        );
      }),
    );
  return recordBlown(take, {
    soft: wave(0.6),
    loud: wave(0.7 + 8.5 * take.velocity ** 1.6),
    attack: 0.07,
    swell: 0.3,
    vibrato: 6,
    tremolo: 0.04,
    breath: 0.012,
    breathAt: 2,
    breathWidth: 600,
    scoop: 25,
  });
}

/**
 * A flute with breath in it: few partials, more when blown hard, noise around the note and a chiff at its start. Range C4-C7 (MIDI
 * 60-96), usable from MIDI 36, mono.
 * @see Verge and Hirschberg, "Turbulence noise in flue instruments" (ISMA 1995); Fletcher and Rossing, "The Physics of Musical
 * Instruments" (1998), 16
 */
export function recordFlute(take: Take): Recording {
  const { midi, velocity, sampleRate } = take;
  const hertz = midiToHertz(midi);
  const wave = (force: number): Cycle =>
    cycleOf(
      levels(hertz, sampleRate, (number) => {
        if (number === 1) return 1;
        return (
          (((1.6 * force) / number ** 0.4) * Math.exp(-(number - 2) / (0.6 + 2.6 * force))) /
          (1 + ((number * hertz) / 5000) ** 2)
        );
      }),
    );
  return recordBlown(take, {
    soft: wave(0.1 * velocity),
    loud: wave(velocity ** 1.4),
    attack: 0.06,
    swell: 0.1,
    vibrato: 12,
    tremolo: 0.14,
    breath: 0.22,
    breathAt: 1.5,
    breathWidth: 900,
    scoop: 12,
  });
}
