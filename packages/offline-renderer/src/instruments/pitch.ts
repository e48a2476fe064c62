import type { Hertz, MidiNote } from '@bnc/contracts';

/** Frequency of a MIDI note in Hz, A4 = 440 Hz. */
export function midiToHertz(midi: MidiNote): Hertz {
  return 440 * 2 ** ((midi - 69) / 12);
}

/** Moves a frequency by octaves into [low, low x 2 ** octaves). */
export function fold(hertz: Hertz, low: Hertz, octaves = 1): Hertz {
  const above = Math.log2(hertz / low);
  if (above < 0) return hertz * 2 ** -Math.floor(above);
  return above < octaves ? hertz : hertz * 2 ** (Math.ceil(octaves) - 1 - Math.floor(above));
}
