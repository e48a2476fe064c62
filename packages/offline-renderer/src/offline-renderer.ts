import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type {
  AudioBufferLike,
  Hertz,
  Lufs,
  MusicalParameters,
  NormalRange,
  Score,
  ScoreLimits,
  Seconds,
} from '@bnc/contracts';
import { checkSamples } from './check-samples.ts';
import { RenderError } from './errors.ts';
import type { Samples } from './instruments/sampler.ts';
import { type Job, type JobSource, type PreviewPart, type ScoreSource, toBuffer } from './pool/messages.ts';
import { findProgram } from './pool/program.ts';
import { type PoolStats, RenderPool } from './pool/render-pool.ts';
import { defaultLimits, validateScore } from './validate-score.ts';

/** Options of an `OfflineRenderer`. */
export interface OfflineRendererOptions {
  /** Renders that run at the same time, each in a process of its own, 1-64. Default: one less than the CPUs, at least 1. */
  readonly workers?: number;
  /** Processes kept warm beyond `workers`, 0-8: a killed one is replaced at once, and `gainOf` need not wait. Default 1. */
  readonly spares?: number;
  /** Renders that may wait, 0-1,000,000. One more fails with `RENDER_QUEUE_FULL`. Default 100. */
  readonly maxQueue?: number;
  /** Longest time that a render may take, from its start in a process, in milliseconds, 1-3,600,000. Default 30,000. */
  readonly timeoutMs?: number;
  /** Most memory that a process may hold, buffers included, in MiB, 128-65,536. Default 1024. */
  readonly maxMemoryMb?: number;
  /** Renders after which a new process replaces the old one, 1-1,000,000. Default 200. */
  readonly maxRendersPerProcess?: number;
  /** Frames a second, a whole number of 8,000-192,000. Default 44,100. */
  readonly sampleRate?: Hertz;
  /** Bounds on scores. Default: `defaultLimits`. */
  readonly limits?: Partial<ScoreLimits>;
  /**
   * The program of the render processes, as the URL of a file. Needed when a bundler moves this code: give the place of
   * `@bnc/offline-renderer/render-program`. Default: the file that is installed with this code.
   */
  readonly program?: URL;
  /**
   * What each new process renders once, while it has nothing else to do, so that its first render takes no longer than later ones:
   * scores that use the instruments, the `finish` and the sample rate of those to come. Results are thrown away. Default: nothing.
   */
  readonly warmUp?: readonly WarmUpRender[];
}

/** One render of a warm-up; its input is not a module. */
export interface WarmUpRender
  extends Partial<Pick<FinishRenderOptions, 'sampleRate' | 'samples' | 'finish' | 'finishOptions'>> {
  readonly input: Score | MusicalParameters;
}

/** Options of one render. */
export interface RenderOptions {
  /** Ends the render at any stage with `RENDER_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** The queue serves its keys in turn, such as one key per room. Default: one key for all. */
  readonly key?: string | undefined;
  /** Called with the share that is done, 0-1, after each third of a second of sound. What it throws ends this render. Scores only. */
  readonly onProgress?: ((share: NormalRange) => void) | undefined;
  /**
   * Called with the sound piece by piece, a third of a second at a time, long before the render ends. The pieces have a gain
   * that the score fixes; they are limited, not mastered. The buffer that `render` returns is mastered. What it throws ends
   * this render. Scores only.
   */
  readonly onPreview?: ((part: PreviewPart) => void) | undefined;
  /** Frames a second, a whole number of 8,000-192,000. Default: the renderer's. */
  readonly sampleRate?: Hertz | undefined;
  /** Recordings for the `sampler`, by MIDI note (0-127): 1-32 channels of finite samples at 3,000-768,000 Hz. Default: a computed string. */
  readonly samples?: Samples | undefined;
}

/** Options of `gainOf`. */
export type GainOptions = Pick<RenderOptions, 'signal' | 'key' | 'samples'>;

/** Most gains that are kept. */
const maxGains = 1000;

/** Options of a render that ends in a function of the caller's module. */
export interface FinishRenderOptions extends RenderOptions {
  /**
   * A module that exports `finish(buffer, options)`. It runs in the render process: only its result, which must be
   * structured-clonable, is sent to the caller.
   */
  readonly finish: URL;
  /** Second argument of `finish`; structured-clonable. */
  readonly finishOptions?: unknown;
}

/** A graph that the caller's module builds, in place of a score. */
export interface GraphInput {
  /**
   * A module that exports `build({ context, Tone, duration }, moduleOptions)`. It runs in the render process, makes Tone.js
   * nodes in `context` and connects them to `context.destination`. It may start the transport.
   */
  readonly module: URL;
  /** Second argument of `build`; structured-clonable. */
  readonly moduleOptions?: unknown;
  /** Length of the render in seconds, tail included: above 0, at most the limits' `maxDuration`. */
  readonly duration: Seconds;
  /**
   * Integrated loudness to master to, -60 to -5 LUFS, within 0.5 LU; `RENDER_LOUDNESS` where it cannot be reached.
   * Default: -16, or as near to it as possible.
   */
  readonly loudness?: Lufs;
}

/** What can be rendered. */
export type RenderInput = Score | MusicalParameters | GraphInput;

/**
 * Renders music offline: a score or parameters in, a mastered buffer out. A pool of warm child processes renders. A render
 * that crashes, hangs or takes too much memory reaches the caller only as a `RenderError`. Processes start at the first use;
 * an idle one does not keep the caller's process alive.
 */
export class OfflineRenderer {
  readonly #pool: RenderPool;
  readonly #sampleRate: Hertz;
  readonly #limits: Partial<ScoreLimits>;
  /** Measured gains by the hash of their score, oldest first. */
  readonly #gains = new Map<string, number>();

  /**
   * @throws {RangeError} when an option is out of its range.
   * @throws {TypeError} when `program` is not the URL of a file, or `warmUp` holds a module or what cannot be cloned.
   * @throws {RenderError} `RENDER_UNSUPPORTED` when the program of the processes is missing, because a bundler moved
   * this code.
   * @throws {RenderError} `RENDER_INVALID_SCORE` when a score of `warmUp` is wrong.
   */
  constructor(options: OfflineRendererOptions = {}) {
    const {
      workers = Math.min(64, Math.max(1, availableParallelism() - 1)),
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
      program: findProgram(options.program),
      warmUp: this.#toWarmUp(options.warmUp ?? []),
    });
  }

  /**
   * Starts the processes and waits until one is warm. `render` does not need it, but without it the first render waits
   * for the start, about 0.4 s.
   * @throws {RenderError} `RENDER_UNSUPPORTED` when the audio engine does not run here; the message says what to
   * install. `RENDER_CRASHED` when every process ends before it is ready; `RENDER_CLOSED` after `close`.
   */
  ready(): Promise<void> {
    return this.#pool.ready();
  }

  /**
   * Renders and masters a score, parameters (through `compose` of `@bnc/music-engine`) or a graph. The same input at
   * the same sample rate gives the same samples, whatever else runs. The buffer is at least as long as the score; then
   * the tail rings out.
   * @throws {RenderError} Any code of `RenderErrorCode`. What `onProgress` and `onPreview` throw is thrown as it is.
   * @throws {RangeError} when `sampleRate` is not a whole number of 8,000-192,000.
   * @throws {TypeError} when `module` is not a URL.
   */
  render(input: RenderInput, options?: RenderOptions): Promise<AudioBufferLike>;
  /** Renders, calls `finish` of a module with the buffer in the render process, and returns its result. */
  render<T = unknown>(input: RenderInput, options: FinishRenderOptions): Promise<T>;
  async render(input: RenderInput, options: RenderOptions | FinishRenderOptions = {}): Promise<unknown> {
    return this.#run(this.#toSource(input), options);
  }

  /**
   * Measures the factor that brings a score, as a player of scores plays it, to the loudness of its master: within 1 LU
   * for 95 of 100 phrases. The factor is at most 100, and 1 for silence. Renders at 22,050 Hz in the pool, in half the
   * time of a render without its master; the last 1,000 results are kept. Parameters go through `compose`.
   * @throws {TypeError} when `input` is a module.
   * @throws {RenderError} Any code of `RenderErrorCode`.
   */
  async gainOf(input: Score | MusicalParameters, { signal, key, samples }: GainOptions = {}): Promise<number> {
    refuseModule('gainOf', input);
    const source = this.#toSource(input);
    // Recordings are not part of a score: what was measured with them is not kept.
    const hash = samples ? undefined : createHash('sha256').update(JSON.stringify(input)).digest('base64');
    const known = hash === undefined ? undefined : this.#gains.get(hash);
    if (known !== undefined) return known;
    const gain = Number(await this.#run({ ...source, kind: 'gain' }, { signal, key, samples }));
    if (hash !== undefined) this.#keepGain(hash, gain);
    return gain;
  }

  /** Renders a sine at -20 LUFS as a test tone. Default: 440 Hz for a second. */
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

  #keepGain(hash: string, gain: number): void {
    this.#gains.set(hash, gain);
    const [oldest] = this.#gains.keys();
    if (this.#gains.size > maxGains && oldest !== undefined) this.#gains.delete(oldest);
  }

  #toSource(input: Score | MusicalParameters): ScoreSource;
  #toSource(input: RenderInput): JobSource;
  #toSource(input: RenderInput): JobSource {
    if (typeof input !== 'object' || input === null) {
      throw new RenderError(
        'RENDER_INVALID_SCORE',
        `A render takes a score, parameters or a module, not ${typeof input}.`,
      );
    }
    if ('module' in input) {
      const { module, moduleOptions, duration, loudness } = input;
      if (!(module instanceof URL)) throw new TypeError(`module must be a URL, not ${typeof module}`);
      const { maxDuration } = { ...defaultLimits, ...this.#limits };
      if (!(duration > 0 && duration <= maxDuration)) {
        throw new RenderError(
          'RENDER_INVALID_SCORE',
          `duration must be a number above 0, up to ${maxDuration}, not ${duration}.`,
        );
      }
      if (loudness !== undefined && !(loudness >= -60 && loudness <= -5)) {
        throw new RenderError('RENDER_INVALID_SCORE', `loudness must be -60 to -5 LUFS, not ${loudness}.`);
      }
      return { kind: 'graph', graph: { module: module.href, moduleOptions, duration, loudness } };
    }
    if ('tracks' in input) validateScore(input, this.#limits);
    return { kind: 'score', input, limits: this.#limits };
  }

  async #run(source: JobSource, options: RenderOptions | FinishRenderOptions): Promise<unknown> {
    const { signal, key = '', onProgress, onPreview } = options;
    const result = await this.#pool.run(this.#toJob(source, options), key, signal, { onProgress, onPreview });
    return result.type === 'rendered' ? toBuffer(result) : result.value;
  }

  #toJob(source: JobSource, options: RenderOptions & Partial<FinishRenderOptions>): Job {
    const { sampleRate, samples, finish, finishOptions, onProgress, onPreview } = options;
    return {
      source,
      sampleRate: sampleRate === undefined ? this.#sampleRate : checkSampleRate(sampleRate),
      samples: samples && checkSamples(samples),
      finish: finish?.href,
      finishOptions,
      progress: onProgress !== undefined,
      preview: onPreview !== undefined,
    };
  }

  #toWarmUp(renders: readonly WarmUpRender[]): Job[] {
    const jobs = renders.map(({ input, ...options }) => {
      refuseModule('warmUp', input);
      return this.#toJob(this.#toSource(input), options);
    });
    try {
      return structuredClone(jobs);
    } catch (cause) {
      throw new TypeError('warmUp holds a value that cannot be cloned, such as a function', { cause });
    }
  }
}

/** A module ends its process, and so it cannot be what a process does before something else. */
function refuseModule(name: string, input: RenderInput): void {
  if (typeof input === 'object' && input !== null && 'module' in input) {
    throw new TypeError(`${name} takes a score or parameters, not a module`);
  }
}

function checkWhole(name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${name} must be a whole number of ${low} to ${high}, not ${value}`);
  }
  return value;
}

function checkSampleRate(value: Hertz): Hertz {
  return checkWhole('sampleRate', value, 8000, 192_000);
}
