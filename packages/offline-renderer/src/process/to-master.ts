import type { Lufs, Seconds } from '@bnc/contracts';
import { RenderError } from '../errors.ts';
import { master } from '../master/master.ts';
import type { PlainBuffer } from '../pool/messages.ts';

/** Default loudness of a master. */
export const defaultLoudness: Lufs = -16;

/** Masters a mix, which is changed. */
export function toMaster(
  mix: PlainBuffer,
  { loudness = defaultLoudness, duration }: { readonly loudness?: Lufs | undefined; readonly duration: Seconds },
): PlainBuffer {
  checkFinite(mix);
  const { sampleRate, channels } = mix;
  return {
    sampleRate,
    channels: master(channels, { sampleRate, loudness, minLength: Math.ceil(duration * sampleRate) }),
  };
}

/** @throws {RenderError} `RENDER_FAILED` when a sample is NaN or infinite; it says where. */
export function checkFinite({ sampleRate, channels }: PlainBuffer): void {
  for (const samples of channels) {
    const wrong = samples.findIndex((sample) => !Number.isFinite(sample));
    if (wrong === -1) continue;
    throw new RenderError(
      'RENDER_FAILED',
      `The sound is ${samples[wrong]} from ${(wrong / sampleRate).toFixed(3)} s on: a gain, a feedback or a filter runs away.`,
    );
  }
}
