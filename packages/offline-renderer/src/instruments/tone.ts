import type { OscillatorShape } from '@bnc/contracts';
import type { InstrumentContext } from './context.ts';
import { Line } from './line.ts';
import { createFilter, createLevel, createOscillator } from './voices.ts';

/** What a voice of oscillators consists of. */
export interface ToneKind {
  readonly wave: OscillatorShape;
  /** How far each oscillator is from the pitch, in cents. */
  readonly detunes: readonly number[];
  /** Whether a sine bends the pitch. */
  readonly isModulated: boolean;
  /** Whether it has a low-pass of its own, after its level. */
  readonly isFiltered: boolean;
}

/** The lines that a voice of oscillators follows. */
export interface Tone {
  readonly level: Line;
  /** In Hz. */
  readonly pitch: Line;
  /** The sine that bends the pitch. */
  readonly modulator: ToneModulator | undefined;
  /** The frequency of its low-pass in Hz. */
  readonly cutoff: Line | undefined;
}

/** Lines of a modulator. */
export interface ToneModulator {
  /** Its frequency in Hz. */
  readonly speed: Line;
  /** How far it bends the pitch, in Hz. */
  readonly depth: Line;
}

/** Makes a voice of native nodes: an oscillator for each of its detunes and a gain, two more to modulate them, one to filter. */
export function createTone(context: InstrumentContext, kind: ToneKind, output: AudioNode): Tone {
  const { wave, detunes, isModulated, isFiltered } = kind;
  const [filter, cutoff] = isFiltered ? createFilter(context, 'lowpass', { Q: 0 }, output) : [output];
  const [gain, level] = createLevel(context, filter);
  const oscillators = detunes.map((cents) => {
    const oscillator = createOscillator(context, wave);
    oscillator.detune.value = cents;
    oscillator.connect(gain);
    return oscillator.frequency;
  });
  return {
    level,
    pitch: new Line(...oscillators),
    modulator: isModulated ? createModulator(context, oscillators) : undefined,
    cutoff,
  };
}

function createModulator(context: InstrumentContext, pitches: readonly AudioParam[]): ToneModulator {
  const sine = createOscillator(context, 'sine');
  const [deviation, depth] = createLevel(context, ...pitches);
  sine.connect(deviation);
  return { speed: new Line(sine.frequency), depth };
}
