import type { AudioBufferLike, Hertz, Lufs, NormalRange, Score, Seconds } from '@bnc/contracts';
import * as tone from 'tone';
import { createImpulse, type Impulse } from './effects.ts';
import { createNativeContext } from './engine.ts';
import { master } from './master.ts';
import type { PlainBuffer, PreviewPart } from './messages.ts';
import { previewGain, tap, toPreview } from './preview.ts';
import type { Samples } from './sampler.ts';
import { endOf, scheduleScore } from './schedule-score.ts';

/** Loudness of a master where nothing else is asked for. */
const defaultLoudness: Lufs = -16;

/** What may be told while a render runs. */
export interface RenderListeners {
  readonly onProgress?: ((share: NormalRange) => void) | undefined;
  readonly onPreview?: ((part: PreviewPart) => void) | undefined;
}

/** What a user's module gets to build a graph with. */
export interface GraphContext {
  /** The Tone.js context to give to every node. */
  readonly context: tone.OfflineContext;
  /** Tone.js itself, the copy that `context` belongs to. */
  readonly Tone: typeof tone;
  /** Length of the render. */
  readonly duration: Seconds;
}

/** Renders one thing after another, keeping what they share. Lives in the render process. */
export class ScoreRenderer {
  readonly #impulses = new Map<string, Impulse>();

  /** Renders a checked score to a mastered buffer. */
  async render(
    score: Score,
    sampleRate: Hertz,
    { samples, ...listeners }: RenderListeners & { readonly samples?: Samples | undefined } = {},
  ): Promise<PlainBuffer> {
    const native = createNativeContext(Math.ceil(endOf(score) * sampleRate), sampleRate);
    const mix = await this.renderMix(native, score, samples, listeners);
    return toMaster(mix, score.loudness, score.duration);
  }

  /** Renders the graph of a checked score, unmastered. */
  renderMix(
    native: OfflineAudioContext,
    score: Score,
    samples?: Samples,
    { onProgress, onPreview }: RenderListeners = {},
  ): Promise<AudioBufferLike> {
    return inContext(native, async (context) => {
      const mix = native.createGain();
      mix.connect(native.destination);
      scheduleScore(context, score, mix, { impulse: (decay) => this.#impulse(decay, native.sampleRate), samples });
      if (!onProgress && !onPreview) return native.startRendering();
      const gain = previewGain(score);
      const tellRest = tap(native, mix, (from, channels) => {
        onProgress?.(Math.min(1, (from + (channels[0]?.length ?? 0)) / native.length));
        onPreview?.({ from, sampleRate: native.sampleRate, channels: toPreview(channels, gain) });
      });
      const rendered = await native.startRendering();
      tellRest(rendered);
      return rendered;
    });
  }

  /** Renders what a user's function builds to a mastered buffer that is `duration` long. */
  async renderGraph(
    build: (graph: GraphContext) => unknown,
    duration: Seconds,
    sampleRate: Hertz,
    loudness?: Lufs,
  ): Promise<PlainBuffer> {
    const native = createNativeContext(Math.ceil(duration * sampleRate), sampleRate);
    const mix = await inContext(native, async (context) => {
      await build({ context, Tone: tone, duration });
      const rendered = await context.render();
      const buffer = rendered.get();
      if (!buffer) throw new Error('The engine gave no buffer.');
      return buffer;
    });
    return toMaster(mix, loudness, duration);
  }

  #impulse(decay: Seconds, sampleRate: Hertz): Impulse {
    const key = `${decay} ${sampleRate}`;
    const impulse = this.#impulses.get(key) ?? createImpulse(decay, sampleRate);
    this.#impulses.set(key, impulse);
    return impulse;
  }
}

const toMaster = (mix: AudioBufferLike, loudness: Lufs = defaultLoudness, duration: Seconds): PlainBuffer => {
  const { sampleRate } = mix;
  const channels = Array.from({ length: mix.numberOfChannels }, (_, channel) => mix.getChannelData(channel));
  return {
    sampleRate,
    channels: master(channels, { sampleRate, loudness, minLength: Math.ceil(duration * sampleRate) }),
  };
};

/** Wraps a native context for Tone.js, explicitly: no global is swapped. */
const inContext = async <Result>(
  native: OfflineAudioContext,
  use: (context: tone.OfflineContext) => Promise<Result>,
): Promise<Result> => {
  const context = new tone.OfflineContext(native);
  try {
    return await use(context);
  } finally {
    // The engine keeps a context alive through this handle: 300 renders held 1 GB.
    native.onstatechange = null;
    context.dispose();
  }
};
