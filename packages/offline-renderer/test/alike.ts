import { decibels, envelope, powerSpectrum, rms } from '@bnc/testing/sound';

/** How alike two sounds are after both are brought to one level. */
export interface Likeness {
  /** Correlation of their envelopes; 1 for sounds that rise and fall together. */
  readonly envelope: number;
  /** Largest difference of an octave band that is within 15 dB of the loudest, in dB. */
  readonly bands: number;
}

/** Compares two sounds of the same length. */
export function compare(one: Float32Array, other: Float32Array, sampleRate: number): Likeness {
  const [a, b] = [octaves(one, sampleRate), octaves(other, sampleRate)];
  const loudest = Math.max(...a);
  const differences = a.map((level, band) => (level < loudest - 15 ? 0 : Math.abs(level - (b[band] ?? 0))));
  return {
    envelope: correlation(envelope(one, sampleRate, 0.02, 0.01), envelope(other, sampleRate, 0.02, 0.01)),
    bands: Math.max(...differences),
  };
}

/** Levels of the octaves from 62.5 Hz on, in dB below the whole. */
function octaves(samples: Float32Array, sampleRate: number): number[] {
  const power = powerSpectrum(samples, sampleRate);
  const width = sampleRate / 2 / power.length;
  const all = power.reduce((sum, each) => sum + each, 0);
  return Array.from({ length: 8 }, (_, octave) => {
    const [low, high] = [62.5, 125].map((hertz) => Math.round((hertz * 2 ** octave) / width));
    const band = power.slice(low, high).reduce((sum, each) => sum + each, 0);
    return decibels(Math.sqrt(band / all));
  });
}

function correlation(a: Float32Array, b: Float32Array): number {
  const product = a.reduce((sum, each, i) => sum + each * (b[i] ?? 0), 0);
  return product / (a.length * Math.max(1e-12, rms(a) * rms(b)));
}
