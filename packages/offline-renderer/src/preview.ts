import type { Score } from '@bnc/contracts';
import { loudnessOf } from './instruments/create-instrument.ts';

/**
 * Estimates the gain of a preview from the score: its loudness over the sum of its notes, as if no two were in phase. Within
 * 6 dB of the master's gain, mostly within 2.
 */
export function previewGain({ duration, tracks, loudness = -16 }: Score): number {
  const energy = tracks.reduce((sum, { instrument, notes, gain = 1, options }) => {
    const full = 10 ** ((loudnessOf(instrument) + (options?.volume ?? 0)) / 10);
    return notes.reduce((all, note) => all + (note.velocity * gain) ** 2 * full * Math.max(0.1, note.duration), sum);
  }, 0);
  return Math.min(100, 10 ** (loudness / 20) / Math.sqrt(Math.max(1e-9, energy / duration)));
}

/** Applies a fixed gain and bends what would go over -1 dBFS. */
export function toPreview(channels: readonly Float32Array[], gain: number): Float32Array<ArrayBuffer>[] {
  const top = 0.89;
  const knee = 0.6;
  return channels.map((samples) =>
    Float32Array.from(samples, (sample) => {
      const loud = Math.abs(sample * gain);
      const bent = loud <= knee ? loud : knee + (top - knee) * Math.tanh((loud - knee) / (top - knee));
      return Math.sign(sample) * bent;
    }),
  );
}
