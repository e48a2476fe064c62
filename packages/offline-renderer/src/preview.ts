import type { Score } from '@bnc/contracts';
import { copyChannels } from './engine.ts';
import { loudnessOf } from './instruments/create-instrument.ts';
import { blockFrames } from './process/convolver.ts';

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

/**
 * Reports every block of `blockFrames` (a third of a second at 44.1 kHz) as soon as it has been rendered.
 * @returns a function that reports the rest.
 */
export function tap(
  native: OfflineAudioContext,
  source: AudioNode,
  heard: (from: number, channels: readonly Float32Array<ArrayBuffer>[]) => void,
): (rendered: AudioBuffer) => void {
  // Deprecated in browsers in favour of worklets, but the only node whose callback runs during an offline render here.
  const processor = native.createScriptProcessor(blockFrames, native.destination.channelCount, 1);
  let from = 0;
  processor.onaudioprocess = ({ inputBuffer }) => {
    const start = from;
    from += inputBuffer.length;
    // The engine renders 128 frames at a time: the last of them may be past the end.
    heard(
      start,
      copyChannels(inputBuffer).map((samples) => samples.subarray(0, native.length - start)),
    );
  };
  source.connect(processor);
  processor.connect(native.destination);
  return (rendered) => {
    processor.onaudioprocess = null;
    if (from < rendered.length) {
      heard(
        from,
        copyChannels(rendered).map((samples) => samples.subarray(from)),
      );
    }
  };
}
