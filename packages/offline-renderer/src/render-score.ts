import type { AudioBufferLike, Hertz, Score, Seconds } from '@bnc/contracts';
import { OfflineContext } from 'tone';
import { createImpulse, type Impulse } from './effects.ts';
import { createNativeContext } from './engine.ts';
import { master } from './master.ts';
import type { PlainBuffer } from './messages.ts';
import type { Samples } from './sampler.ts';
import { endOf, scheduleScore } from './schedule-score.ts';

/** Loudness of a master where the score names none. */
export const defaultLoudness = -16;

/** Renders scores one after another, keeping what they share. Lives in the render process. */
export class ScoreRenderer {
  readonly #impulses = new Map<string, Impulse>();

  /** Renders a checked score to a mastered buffer. */
  async render(score: Score, sampleRate: Hertz, samples?: Samples): Promise<PlainBuffer> {
    const native = createNativeContext(Math.ceil(endOf(score) * sampleRate), sampleRate);
    const mix = await this.renderMix(native, score, samples);
    const channels = Array.from({ length: mix.numberOfChannels }, (_, channel) => mix.getChannelData(channel));
    const minLength = Math.ceil(score.duration * sampleRate);
    return {
      sampleRate,
      channels: master(channels, { sampleRate, loudness: score.loudness ?? defaultLoudness, minLength }),
    };
  }

  /** Renders the graph of a checked score, unmastered. */
  async renderMix(native: OfflineAudioContext, score: Score, samples?: Samples): Promise<AudioBufferLike> {
    const context = new OfflineContext(native);
    try {
      scheduleScore(context, score, { impulse: (decay) => this.#impulse(decay, native.sampleRate), samples });
      return await native.startRendering();
    } finally {
      release(native);
      context.dispose();
    }
  }

  #impulse(decay: Seconds, sampleRate: Hertz): Impulse {
    const key = `${decay} ${sampleRate}`;
    const impulse = this.#impulses.get(key) ?? createImpulse(decay, sampleRate);
    this.#impulses.set(key, impulse);
    return impulse;
  }
}

/** The engine keeps a context alive through this handle: 300 renders held 1 GB. */
const release = (native: OfflineAudioContext): void => {
  native.onstatechange = null;
};
