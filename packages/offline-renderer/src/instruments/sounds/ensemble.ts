import type { Hertz } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { midiToHertz } from '../pitch.ts';
import { addCycles, type Cycle, cycleOf, partialsBelow } from './oscillators.ts';
import type { Recording, Take } from './recording.ts';

/** Beats in each loop between the middle saw and the two others of a side. */
const beats = [-1, 2] as const;
/** Turns by which their phases differ left and right: partials are 86, 173, 259 degrees apart and so on. */
const turned = [0.24, -0.24] as const;

/**
 * Records three saws a side that never come to an end: one in the middle of both, two that are a beat or two apart,
 * with different phases left and right. The width comes from their phases alone, so that a fold-down to mono loses 1.8
 * dB and no more. All fit the loop in whole cycles, so that it repeats without a seam.
 * @see Szabó, "How to Emulate the Super Saw" (KTH, 2010)
 */
function recordSaws({ midi, sampleRate }: Take, cycle: Cycle): Recording {
  const hertz = midiToHertz(midi);
  const pace = Math.max(1, Math.round((hertz / 262) ** 0.6));
  const cycles = Math.round(hertz * (hertz < 110 ? 4 : 2));
  const length = Math.round((cycles * sampleRate) / hertz);
  const random = mulberry32(midi + 1);
  const middle = { turn: cycles / length, phase: random() };
  const sides = beats.map((beat) => ({ turn: (cycles + beat * pace) / length, phase: 1 + random() }));
  const both = new Float32Array(length);
  addCycles(both, cycle, middle.phase, middle.turn);
  const channels = [0, 1].map((side) => {
    const samples = both.slice();
    for (const [i, { turn, phase }] of sides.entries()) {
      addCycles(samples, cycle, phase + side * (turned[i] ?? 0), turn);
    }
    return samples;
  });
  return { channels, loop: [0, length] };
}

/** Partials of a saw through a low-pass of 12 dB per octave and a high-pass at 120 Hz. */
function sawLevels(hertz: Hertz, sampleRate: Hertz, cutoff: Hertz): number[] {
  return Array.from({ length: partialsBelow(hertz, sampleRate) }, (_, index) => {
    const at = (index + 1) * hertz;
    return 1 / (index + 1) / (1 + (at / cutoff) ** 2) / Math.hypot(1, 120 / at);
  });
}

/**
 * A pad: three saws a side through a low-pass at 2.5 to 6 times the note, by velocity. Range C2-C7 (MIDI 36-96),
 * stereo.
 */
export function recordPad(take: Take): Recording {
  const hertz = midiToHertz(take.midi);
  const cutoff = hertz * (2.5 + 3.5 * take.velocity);
  return recordSaws(take, cycleOf(sawLevels(hertz, take.sampleRate, cutoff)));
}

/** Resonances of violins and violas as a section: of the air, of the wood, and the "bridge hill". */
const body = [
  [280, 120, 2],
  [470, 180, 2],
  [1000, 500, 1.2],
  [2500, 1200, 1.6],
] as const;

/**
 * Strings: a section of bowed strings from the same three saws a side, shaped by the resonances of their bodies, which stay where
 * they are while the pitch moves. Range C2-C7 (MIDI 36-96), stereo.
 * @see Fletcher and Rossing, "The Physics of Musical Instruments" (1998), 10.5-10.8
 */
export function recordStrings(take: Take): Recording {
  const hertz = midiToHertz(take.midi);
  const levels = sawLevels(hertz, take.sampleRate, 900 + 2.5 * hertz + 3500 * take.velocity ** 1.5).map(
    (level, index) => {
      const at = (index + 1) * hertz;
      const resonances = body.reduce(
        (sum, [middle, width, gain]) => sum + gain / (1 + ((at - middle) / width) ** 2),
        0.7,
      );
      return level * resonances;
    },
  );
  return recordSaws(take, cycleOf(levels));
}
