import type { Lufs, Seconds } from '@bnc/contracts';
import { RenderError } from '../errors.ts';
import { ceiling, master } from '../master/master.ts';
import type { PlainBuffer } from '../pool/messages.ts';

/** Default loudness of a master. */
export const defaultLoudness: Lufs = -16;

/** How far a master may be from a loudness that was asked for. */
const tolerance: Lufs = 0.5;

/**
 * Masters a mix, which is changed. Without a loudness of its own it comes as near to the default as it can.
 * @throws {RenderError} `RENDER_FAILED` when a sample is not finite.
 * @throws {RenderError} `RENDER_LOUDNESS` when it cannot have the loudness that was asked for.
 */
export function toMaster(
  mix: PlainBuffer,
  { loudness, duration }: { readonly loudness?: Lufs | undefined; readonly duration: Seconds },
): PlainBuffer {
  checkFinite(mix);
  const { sampleRate } = mix;
  const isSilent = mix.channels.every((samples) => samples.every((sample) => sample === 0));
  const minLength = Math.ceil(duration * sampleRate);
  const mastered = master(mix.channels, { sampleRate, loudness: loudness ?? defaultLoudness, minLength });
  if (loudness !== undefined && !isSilent && !(Math.abs(mastered.loudness - loudness) <= tolerance)) {
    const can = Number.isFinite(mastered.loudness)
      ? `${mastered.loudness.toFixed(1)} LUFS is the nearest`
      : 'it is below -70 LUFS';
    throw new RenderError(
      'RENDER_LOUDNESS',
      `This music cannot have a loudness of ${loudness} LUFS under a true peak of ${ceiling} dBTP: ${can}. Ask for less, or leave loudness out.`,
    );
  }
  return { sampleRate, channels: mastered.channels };
}

/** @throws {RenderError} `RENDER_FAILED` when a sample is NaN or infinite; it says where. */
export function checkFinite({ sampleRate, channels }: PlainBuffer): void {
  for (const samples of channels) {
    // Samples minus themselves add up to 0, unless one is not finite: a tenth of the time of a search.
    let sum = 0;
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] ?? 0;
      sum += sample - sample;
    }
    if (sum === 0) continue;
    const wrong = samples.findIndex((sample) => !Number.isFinite(sample));
    throw new RenderError(
      'RENDER_FAILED',
      `The sound is ${samples[wrong]} from ${(wrong / sampleRate).toFixed(3)} s on: a gain, a feedback or a filter runs away.`,
    );
  }
}
