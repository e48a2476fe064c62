import { availableParallelism } from 'node:os';
import type { AudioBufferLike, Hertz, Lufs, MusicalParameters, NormalRange, Score, Seconds } from '@bnc/contracts';
import { RenderError } from './errors.ts';
import type { Samples } from './instruments/sampler.ts';
import { type Job, type JobSource, type PreviewPart, toBuffer, toPlain } from './pool/messages.ts';
import { type PoolStats, RenderPool } from './pool/render-pool.ts';
import { defaultLimits, type ScoreLimits, validateScore } from './validate-score.ts';

/** Options of an `OfflineRenderer`. */
export interface OfflineRendererOptions {
  /** Renders that run at the same time, each in a process of its own, 1-64. Default: the number of CPUs less one, at least 1. */
  readonly workers?: number;
  /** Processes kept warm beyond `workers`, 0-8, so that a killed one is replaced at once. Default 1. */
  readonly spares?: number;
  /** Renders that may wait; one more is refused with `RENDER_QUEUE_FULL`. Default 100. */
  readonly maxQueue?: number;
  /** Longest time a render may take, from its start in a process. Default 30,000. */
  readonly timeoutMs?: number;
  /** Most memory that a process may hold, buffers included, in MiB. Default 1024. */
  readonly maxMemoryMb?: number;
  /** Renders after which a process is replaced by a fresh one. Default 200. */
  readonly maxRendersPerProcess?: number;
  /** Frames a second, 8,000-96,000. Default 44,100. */
  readonly sampleRate?: Hertz;
  /** Bounds on scores. Default: `defaultLimits`. */
  readonly limits?: Partial<ScoreLimits>;
}

/** Options of one render. */
export interface RenderOptions {
  /** Ends the render at any stage with `RENDER_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Renders that wait are served key by key in turn, such as one key per room. Default: one key for all. */
  readonly key?: string | undefined;
  /** Told the share that is done, 0-1, after each third of a second of sound. Scores only. */
  readonly onProgress?: ((share: NormalRange) => void) | undefined;
  /**
   * Given the sound piece by piece, a third of a second at a time, long before the render ends: with a gain fixed by the score, limited,
   * not mastered. The buffer that `render` gives back is the mastered one. Scores only.
   */
  readonly onPreview?: ((part: PreviewPart) => void) | undefined;
  /** Frames a second. Default: the renderer's. */
  readonly sampleRate?: Hertz | undefined;
  /** Recordings for the `sampler`, by MIDI note. Default: a computed string. */
  readonly samples?: Samples | undefined;
}

/** Options of a render that ends in a function of yours. */
export interface FinishRenderOptions extends RenderOptions {
  /**
   * A module that exports `finish(buffer, options)`. It runs in the render process, so that only what it returns (anything
   * structured-clonable) crosses to yours.
   */
  readonly finish: URL;
  /** Second argument of `finish`; structured-clonable. */
  readonly finishOptions?: unknown;
}

/** A graph of your own instead of a score. */
export interface GraphInput {
  /**
   * A module that exports `build({ context, Tone, duration }, moduleOptions)`. It runs in the render process and builds Tone.js nodes in `context`,
   * connected to `context.destination`. Its transport runs too, when started.
   */
  readonly module: URL;
  /** Second argument of `build`; structured-clonable. */
  readonly moduleOptions?: unknown;
  /** Length of the render, tail included; at most the limits' `maxDuration`. */
  readonly duration: Seconds;
  /** Integrated loudness to master to. Default -16. */
  readonly loudness?: Lufs;
}

/** What can be rendered. */
export type RenderInput = Score | MusicalParameters | GraphInput;

/**
 * Renders music offline: a score or parameters in, a mastered buffer out. Rendering happens in a pool of warm child processes, so
 * nothing that a render does (crash, hang, take all memory) reaches the caller but a `RenderError`. Processes start at the first
 * use and never keep your process alive while they are idle.
 */
export class OfflineRenderer {
  readonly #pool: RenderPool;
  readonly #sampleRate: Hertz;
  readonly #limits: Partial<ScoreLimits>;

  constructor(options: OfflineRendererOptions = {}) {
    const {
      workers = Math.max(1, availableParallelism() - 1),
      spares = 1,
      maxQueue = 100,
      timeoutMs = 30_000,
    } = options;
    const { maxMemoryMb = 1024, maxRendersPerProcess = 200, sampleRate = 44_100, limits = {} } = options;
    this.#sampleRate = checkSampleRate(sampleRate);
    this.#limits = limits;
    this.#pool = new RenderPool({
      workers: checkWhole('workers', workers, 1, 64),
      spares: checkWhole('spares', spares, 0, 8),
      maxQueue: checkWhole('maxQueue', maxQueue, 0, 1_000_000),
      timeoutMs: checkWhole('timeoutMs', timeoutMs, 1, 3_600_000),
      maxMemoryBytes: checkWhole('maxMemoryMb', maxMemoryMb, 128, 65_536) * 2 ** 20,
      maxRendersPerProcess: checkWhole('maxRendersPerProcess', maxRendersPerProcess, 1, 1_000_000),
    });
  }

  /**
   * Starts the processes and waits until one is warm. Not needed before `render`, but it takes the start (about 0.4 s) out of the first one.
   * @throws {RenderError} `RENDER_UNSUPPORTED` when the audio engine does not run here; the message says what to install.
   */
  ready(): Promise<void> {
    return this.#pool.ready();
  }

  /**
   * Renders a score, or parameters by way of `compose` of `@bnc/music-engine`, and masters it. The same input at the same sample
   * rate gives the same samples, whatever runs beside it. The buffer is at least as long as the score; its tail rings out after that.
   * @throws {RenderError} with the `code` of what happened.
   */
  render(input: RenderInput, options?: RenderOptions): Promise<AudioBufferLike>;
  /** Renders, then hands the buffer to a module's `finish` in the render process and gives back what that returns. */
  render<T = unknown>(input: RenderInput, options: FinishRenderOptions): Promise<T>;
  async render(input: RenderInput, options: RenderOptions | FinishRenderOptions = {}): Promise<unknown> {
    return this.#run(this.#toSource(input), options);
  }

  /** Renders a test tone: 440 Hz for a second at -20 LUFS, unless told otherwise. */
  renderTestTone({
    frequency = 440,
    duration = 1,
    ...options
  }: { readonly frequency?: Hertz; readonly duration?: Seconds } & RenderOptions = {}): Promise<AudioBufferLike> {
    const midi = 69 + 12 * Math.log2(frequency / 440);
    const envelope = { attack: 0.01, decay: 0.01, sustain: 1, release: 0.01 };
    const note = { time: 0, duration, midi, velocity: 1 };
    const track = { instrument: 'synth', options: { oscillator: { type: 'sine' }, envelope }, notes: [note] } as const;
    return this.render({ tempo: 60, duration, loudness: -20, prngSeed: 1, tracks: [track] }, options);
  }

  /** Counts of processes and renders, for a health page. */
  stats(): PoolStats {
    return this.#pool.stats;
  }

  /** Ends all processes; renders that wait or run end with `RENDER_CLOSED`. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #toSource(input: RenderInput): JobSource {
    if (typeof input !== 'object' || input === null) {
      throw new RenderError(
        'RENDER_INVALID_SCORE',
        `A render takes a score, parameters or a module, not ${typeof input}.`,
      );
    }
    if ('module' in input) {
      const { module, moduleOptions, duration, loudness } = input;
      const { maxDuration } = { ...defaultLimits, ...this.#limits };
      if (!(duration > 0 && duration <= maxDuration)) {
        throw new RenderError(
          'RENDER_INVALID_SCORE',
          `duration must be a number above 0, up to ${maxDuration}, not ${duration}.`,
        );
      }
      return { kind: 'graph', graph: { module: module.href, moduleOptions, duration, loudness } };
    }
    if ('tracks' in input) validateScore(input, this.#limits);
    return { kind: 'score', input, limits: this.#limits };
  }

  async #run(source: JobSource, options: RenderOptions | FinishRenderOptions): Promise<unknown> {
    const { signal, key = '', onProgress, onPreview, samples } = options;
    const job: Job = {
      source,
      sampleRate: options.sampleRate === undefined ? this.#sampleRate : checkSampleRate(options.sampleRate),
      samples: samples && Object.entries(samples).map(([midi, buffer]) => [Number(midi), toPlain(buffer)] as const),
      finish: 'finish' in options ? options.finish.href : undefined,
      finishOptions: 'finish' in options ? options.finishOptions : undefined,
      progress: onProgress !== undefined,
      preview: onPreview !== undefined,
    };
    const result = await this.#pool.run(job, key, signal, { onProgress, onPreview });
    return result.type === 'rendered' ? toBuffer(result) : result.value;
  }
}

function checkWhole(name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${name} must be a whole number of ${low} to ${high}, not ${value}`);
  }
  return value;
}

function checkSampleRate(value: Hertz): Hertz {
  return checkWhole('sampleRate', value, 8000, 96_000);
}
