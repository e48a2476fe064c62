import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hertz, NormalRange, Score, Seconds } from '@bnc/contracts';
import { createSilentContext } from '../engine.ts';
import { createImpulse, type Impulse } from '../instruments/effects.ts';
import { Recordings } from '../instruments/recordings.ts';
import type { Samples } from '../instruments/sampler.ts';
import { decaysOf, endOf, scheduleScore } from '../instruments/schedule-score.ts';
import { integratedLoudness } from '../master/loudness.ts';
import type { PlainBuffer, PreviewPart } from '../pool/messages.ts';
import { previewGain, toPreview } from '../preview.ts';
import { BlockRender, WholeRender } from './block-render.ts';
import { blockFrames, loadWorkspace } from './convolver.ts';
import { decimate } from './decimate.ts';
import { Mixdown, type Stereo } from './mixdown.ts';
import { NoteMix } from './note-mix.ts';
import { checkFinite, defaultLoudness, toMaster } from './to-master.ts';

const workspace = await loadWorkspace();

/** The sample rate whose impulses are used to measure. */
const fullRate: Hertz = 44_100;
/** Samples of all channels that are rendered at once, 64 MiB of them: a minute and a half with one reverb. */
const maxWhole = 2 ** 24;
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
    const mix = await this.renderMix(score, sampleRate, options);
    if (channelsOf(score) * framesOf(score, sampleRate) > maxWhole) await freeGraph();
    return toMaster(mix, score);
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
    { samples, onProgress, onPreview }: ScoreOptions = {},
  ): Promise<PlainBuffer> {
    const decays = decaysOf(score);
    const frames = framesOf(score, sampleRate);
    const length = Math.ceil(frames / blockFrames) * blockFrames;
    const channels = channelsOf(score);
    const isWhole = channels * frames <= maxWhole && !onProgress && !onPreview;
    const native = createSilentContext(isWhole ? channels : 1, length, sampleRate);
    const blocks = isWhole ? new WholeRender(native) : new BlockRender(native, channels);
    const [dry = blocks.input, ...sends] = createPairs(native, channels, blocks.input);
    const wet = new Map(decays.map((decay, index) => [decay, sends[index] ?? dry]));
    const createMix = (length: Seconds): NoteMix => new NoteMix(native, length);
    scheduleScore(native, score, { dry, wet, samples, recordings: this.#recordings, createMix });
    using mixdown = new Mixdown(workspace, impulses);
    const mix: Stereo = [new Float32Array(frames), new Float32Array(frames)];
    const gain = onPreview ? previewGain(score) : 1;
    await blocks.render((from, block) => {
      const to = Math.min(frames, from + blockFrames);
      const mixed: Stereo = [mix[0].subarray(from, to), mix[1].subarray(from, to)];
      mixdown.mix(block, mixed);
      onProgress?.(to / frames);
      onPreview?.({ from, sampleRate, channels: toPreview(mixed, gain) });
    });
    return { sampleRate, channels: mix };
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

/** Frees the memory of a large graph, in 15 ms, before the master takes its own. The engine lets go of it in the next turn. */
function freeGraph(): Promise<void> {
  globalThis.gc?.();
  return nextTurn();
}

function framesOf(score: Score, sampleRate: Hertz): number {
  return Math.ceil(endOf(score) * sampleRate);
}

/** Channels of a score's graph: the dry pair, and a pair for each reverb. */
function channelsOf(score: Score): number {
  return 2 + 2 * decaysOf(score).length;
}

/** Makes an input for each pair of channels, to be fed with stereo only. */
function createPairs(native: OfflineAudioContext, channels: number, output: AudioNode): AudioNode[] {
  const merger = native.createChannelMerger(channels);
  merger.connect(output);
  return Array.from({ length: channels / 2 }, (_, pair) => {
    const sides = native.createChannelSplitter(2);
    for (const side of [0, 1]) sides.connect(merger, side, 2 * pair + side);
    return sides;
  });
}
