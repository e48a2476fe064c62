import type { Score } from '@bnc/contracts';

/** Frames that the engine gives away at a time: about a third of a second. */
const block = 16_384;

/** Loudness of one note at full velocity that lasts all the time, about the mean of all instruments. */
const fullLoudness = -12;

/**
 * Gain for a preview, from the score alone: the loudness to aim at over what its notes would sum up to if no two were in phase.
 * Within about 6 dB of the master's.
 */
export const previewGain = ({ duration, tracks, loudness = -16 }: Score): number => {
  const energy = tracks.reduce(
    (sum, { notes, gain = 1, options }) =>
      notes.reduce(
        (all, note) =>
          all + (note.velocity * gain) ** 2 * 10 ** ((options?.volume ?? 0) / 10) * Math.max(0.1, note.duration),
        sum,
      ),
    0,
  );
  return Math.min(100, 10 ** ((loudness - fullLoudness) / 20) / Math.sqrt(Math.max(1e-6, energy / duration)));
};

/** Applies a fixed gain and bends what would go over -1 dBFS. */
export const toPreview = (channels: readonly Float32Array[], gain: number): Float32Array<ArrayBuffer>[] => {
  const top = 0.89;
  const knee = 0.6;
  return channels.map((samples) =>
    Float32Array.from(samples, (sample) => {
      const loud = Math.abs(sample * gain);
      const bent = loud <= knee ? loud : knee + (top - knee) * Math.tanh((loud - knee) / (top - knee));
      return Math.sign(sample) * bent;
    }),
  );
};

/** Tells of every block that has been rendered, while the rest is still being rendered. @returns a function that tells of the rest. */
export const tap = (
  native: OfflineAudioContext,
  source: AudioNode,
  heard: (from: number, channels: readonly Float32Array[]) => void,
): ((rendered: AudioBuffer) => void) => {
  // Deprecated in browsers in favour of worklets, but the only node whose callback runs during an offline render here.
  const processor = native.createScriptProcessor(block, 2, 2);
  let from = 0;
  processor.onaudioprocess = ({ inputBuffer }) => {
    heard(from, [inputBuffer.getChannelData(0), inputBuffer.getChannelData(1)]);
    from += inputBuffer.length;
  };
  source.connect(processor);
  processor.connect(native.destination);
  return (rendered) => {
    processor.onaudioprocess = null;
    if (from < rendered.length) {
      heard(from, [rendered.getChannelData(0).subarray(from), rendered.getChannelData(1).subarray(from)]);
    }
  };
};
