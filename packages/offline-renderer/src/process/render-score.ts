import type { Hertz, NormalRange, Score, Seconds } from '@bnc/contracts';
import { createNativeContext } from '../engine.ts';
import { createImpulse, type Impulse } from '../instruments/effects.ts';
import { Recordings } from '../instruments/recordings.ts';
import type { Samples } from '../instruments/sampler.ts';
import { decaysOf, endOf, scheduleScore } from '../instruments/schedule-score.ts';
import { integratedLoudness } from '../master/loudness.ts';
import type { PlainBuffer, PreviewPart } from '../pool/messages.ts';
import { previewGain, tap, toPreview } from '../preview.ts';
import { loadWorkspace } from './convolver.ts';
import { decimate } from './decimate.ts';
import { type Channels, Mixdown } from './mixdown.ts';
import { NoteMix } from './note-mix.ts';
import { checkFinite, defaultLoudness, toMaster } from './to-master.ts';

const workspace = await loadWorkspace();

/** The sample rate whose impulses are used to measure. */
const fullRate: Hertz = 44_100;
/** Players raise quiet music by no more than 40 dB. */
const maxGain = 100;

/** Options of a score's render. */
export interface ScoreOptions {
  readonly samples?: Samples | undefined;
  /** Called with the share that is done, while the render runs. */
  readonly onProgress?: ((share: NormalRange) => void) | undefined;
  /** Called with the sound piece by piece, while the render runs. */
  readonly onPreview?: ((part: PreviewPart) => void) | undefined;
}

/** Renders one thing after another, keeping what they share. Lives in the render process. */
export class ScoreRenderer {
  /** Impulse responses by decay, of the sample rate that was rendered last: twelve at most. */
  readonly #impulses = new Map<Seconds, Impulse>();
  /** The same at half of 44.1 kHz, to measure: twelve at most. */
  readonly #halfImpulses = new Map<Seconds, Impulse>();
  readonly #recordings = new Recordings();
  #sampleRate: Hertz = 0;

  /** Renders a checked score to a mastered buffer. */
  async render(score: Score, sampleRate: Hertz, options?: ScoreOptions): Promise<PlainBuffer> {
    return toMaster(await this.renderMix(score, sampleRate, options), score);
  }

  /** Renders a checked score, unmastered. */
  renderMix(score: Score, sampleRate: Hertz, options?: ScoreOptions): Promise<PlainBuffer> {
    const impulses = decaysOf(score).map((decay) => this.#impulse(decay, sampleRate));
    return this.#mix(score, sampleRate, impulses, options);
  }

  /**
   * Measures the factor that brings a checked score to its loudness, without a master, at half of 44.1 kHz. The reverbs have the
   * impulses of 44.1 kHz there: others would colour the tones by up to 2 dB.
   */
  async measureGain(score: Score, samples?: Samples): Promise<number> {
    const impulses = decaysOf(score).map((decay) => this.#halfImpulse(decay));
    const mix = await this.#mix(score, fullRate / 2, impulses, { samples });
    checkFinite(mix);
    const { channels, sampleRate } = mix;
    const measured = integratedLoudness(channels, sampleRate);
    if (!Number.isFinite(measured)) return 1;
    // Four digits are a hundred times finer than the measurement, and short on the wire.
    return Number(Math.min(maxGain, 10 ** (((score.loudness ?? defaultLoudness) - measured) / 20)).toPrecision(4));
  }

  async #mix(
    score: Score,
    sampleRate: Hertz,
    impulses: readonly Impulse[],
    { samples, ...listeners }: ScoreOptions = {},
  ): Promise<PlainBuffer> {
    const decays = decaysOf(score);
    const native = createNativeContext(2 + 2 * decays.length, Math.ceil(endOf(score) * sampleRate), sampleRate);
    const { output, pairs } = createOutput(native);
    const [dry = output, ...sends] = pairs;
    const wet = new Map(decays.map((decay, index) => [decay, sends[index] ?? output]));
    const createMix = (length: Seconds): NoteMix => new NoteMix(native, length);
    scheduleScore(native, score, { dry, wet, samples, recordings: this.#recordings, createMix });
    const rendered = await startRendering(native, output, impulses, previewGain(score), listeners);
    using mixdown = new Mixdown(workspace, impulses);
    return { sampleRate, channels: mixdown.mix(inBuffer(rendered)) };
  }

  #halfImpulse(decay: Seconds): Impulse {
    const known = this.#halfImpulses.get(decay);
    if (known) return known;
    const [left, right] = createImpulse(decay, fullRate);
    // A sum over half as many samples: each counts twice.
    const half = (side: Float32Array): Float32Array<ArrayBuffer> => decimate(side, 2).map((sample) => 2 * sample);
    const impulse: Impulse = [half(left), half(right)];
    this.#halfImpulses.set(decay, impulse);
    return impulse;
  }

  #impulse(decay: Seconds, sampleRate: Hertz): Impulse {
    if (sampleRate !== this.#sampleRate) this.#impulses.clear();
    this.#sampleRate = sampleRate;
    const impulse = this.#impulses.get(decay) ?? createImpulse(decay, sampleRate);
    this.#impulses.set(decay, impulse);
    return impulse;
  }
}

/** An input for each pair of the context's channels (to be fed with stereo only), and the node where they come together. */
function createOutput(native: OfflineAudioContext): { readonly output: AudioNode; readonly pairs: AudioNode[] } {
  const { channelCount } = native.destination;
  const output = native.createChannelMerger(channelCount);
  output.connect(native.destination);
  const pairs = Array.from({ length: channelCount / 2 }, (_, pair) => {
    const sides = native.createChannelSplitter(2);
    for (const side of [0, 1]) sides.connect(output, side, 2 * pair + side);
    return sides;
  });
  return { output, pairs };
}

/** Renders a graph and reports what has been rendered so far. */
async function startRendering(
  native: OfflineAudioContext,
  output: AudioNode,
  impulses: readonly Impulse[],
  gain: number,
  { onProgress, onPreview }: Pick<ScoreOptions, 'onProgress' | 'onPreview'>,
): Promise<AudioBuffer> {
  if (!onProgress && !onPreview) return native.startRendering();
  const { sampleRate } = native;
  using heard = onPreview && new Mixdown(workspace, impulses);
  const tellRest = tap(native, output, (from, channels) => {
    onProgress?.(Math.min(1, (from + (channels[0]?.length ?? 0)) / native.length));
    if (heard) onPreview?.({ from, sampleRate, channels: toPreview(heard.mix(inArrays(channels)), gain) });
  });
  const rendered = await native.startRendering();
  tellRest(rendered);
  return rendered;
}

function inBuffer(buffer: AudioBuffer): Channels {
  return { length: buffer.length, read: (channel, from, to) => buffer.copyFromChannel(to, channel, from) };
}

function inArrays(channels: readonly Float32Array[]): Channels {
  return {
    length: channels[0]?.length ?? 0,
    read: (channel, from, to) => to.set(channels[channel]?.subarray(from, from + to.length) ?? []),
  };
}
