import type { Score, Seconds } from '@bnc/contracts';
import { RenderError } from '../errors.ts';
import { validateScore } from '../validate-score.ts';
import { createReverb } from './effects.ts';
import { createLimiter } from './limiter.ts';
import { type Band, Phrase, type PlayingScore } from './phrase.ts';
import { Recordings } from './recordings.ts';
import type { Samples } from './sampler.ts';
import { Waves } from './stage.ts';

/** Options of a `ScorePlayer`. */
export interface ScorePlayerOptions {
  /** The context that plays. The player neither resumes nor closes it. */
  readonly context: BaseAudioContext;
  /** Where the sound goes, without a limiter. Default: the destination of the context, through `createLimiter`. */
  readonly output?: AudioNode;
  /** Scores whose bars sound at the same time, 1-32. When one more begins, the oldest yields. Default 2. */
  readonly maxScores?: number;
  /** Recordings for the `sampler`, by MIDI note. Default: a computed string. */
  readonly samples?: Samples;
  /** Most bytes of computed recordings that are kept from one score to the next. Default 96 MiB. */
  readonly maxRecordingBytes?: number;
}

/** Options of `play`. */
export interface PlayOptions {
  /** Factor that brings the score to the loudness of its master: the `gain` of its message, 0-10,000. Default 1. */
  readonly gain?: number;
  /** Joins at this place in the score, in seconds, 0 or more: notes that begin earlier are left out. Default 0. */
  readonly from?: Seconds;
}

/**
 * Plays scores live with the instruments of the renderer, in browsers and in Node. A score is scheduled as soon as
 * `play` is called, its first notes at once and the rest in the next tasks, so that no timer runs, and a page that is blocked or throttled loses no note. Where the context stood
 * still, the score goes on where it would be by the time of day: notes that have begun are left out.
 */
export class ScorePlayer {
  readonly #band: Band;
  readonly #isLive: boolean;
  readonly #maxScores: number;
  readonly #reverbs = new Map<Seconds, AudioNode>();
  readonly #phrases = new Set<Phrase>();
  readonly #owned: AudioNode | undefined;
  readonly #onStateChange = (): void => this.#follow();
  #isClosed = false;

  /**
   * @throws {RangeError} when `maxScores` is not a whole number of 1 to 32, or `maxRecordingBytes` not a number of 0 or more.
   */
  constructor({ context, output, maxScores = 2, samples, maxRecordingBytes = 96 * 2 ** 20 }: ScorePlayerOptions) {
    if (!Number.isInteger(maxScores) || maxScores < 1 || maxScores > 32) {
      throw new RangeError(`maxScores must be a whole number of 1 to 32, not ${maxScores}`);
    }
    this.#owned = output ? undefined : createLimiter(context, context.destination);
    const end = output ?? this.#owned ?? context.destination;
    this.#maxScores = maxScores;
    // An offline context is suspended until it renders, and has no time of day.
    this.#isLive = !('startRendering' in context);
    this.#band = {
      context,
      output: end,
      waves: new Waves(context),
      isLive: this.#isLive,
      isSliced: this.#isLive,
      samples,
      recordings: new Recordings(maxRecordingBytes),
      reverb: (decay) => this.#reverb(decay, end),
    };
    if (this.#isLive) context.addEventListener('statechange', this.#onStateChange);
  }

  /**
   * Plays a score. Costs about 0.04 ms of the main thread per note, and 10 ms more for the first score with a reverb of
   * a certain decay.
   * @param at Time of the context, in seconds, when the score begins; moved by 1.5 ms at most. It may be past: notes
   * that have begun are left out, and the rest is in time. Default: 50 ms from now.
   * @throws {RenderError} `RENDER_INVALID_SCORE` for what is not a score within `defaultLimits`; `RENDER_CLOSED` when
   * the player is closed.
   * @throws {TypeError} when `at`, `gain` or `from` is not a number.
   * @throws {RangeError} when one of them is not finite, `gain` is not 0-10,000, or `from` is negative.
   */
  play(score: Score, at?: Seconds, { gain = 1, from = 0 }: PlayOptions = {}): PlayingScore {
    if (this.#isClosed) throw new RenderError('RENDER_CLOSED', 'The player is closed. Make a new one.');
    validateScore(score);
    const { currentTime, state } = this.#band.context;
    const begin = at ?? currentTime + 0.05;
    checkRange('at', begin, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    checkRange('gain', gain, 0, 10_000);
    checkRange('from', from, 0, Number.POSITIVE_INFINITY);
    if (this.#isLive) for (const phrase of this.#phrases) phrase.realign();
    const phrase = new Phrase(this.#band, score, begin, from, gain, (over) => this.#phrases.delete(over));
    const sounding = [...this.#phrases].filter((other) => other.soundsAt(begin));
    for (const oldest of sounding.slice(0, Math.max(0, sounding.length + 1 - this.#maxScores))) oldest.yieldAt(begin);
    this.#phrases.add(phrase);
    if (!this.#isLive || state === 'running') phrase.start();
    else phrase.realign();
    return phrase;
  }

  /** Ends everything at once. The context goes on. */
  close(): void {
    this.#isClosed = true;
    this.#band.context.removeEventListener('statechange', this.#onStateChange);
    for (const phrase of this.#phrases) phrase.finish();
    for (const reverb of this.#reverbs.values()) reverb.disconnect();
    this.#reverbs.clear();
    this.#owned?.disconnect();
  }

  /** The same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #follow(): void {
    const { state } = this.#band.context;
    if (state === 'closed') this.close();
    for (const phrase of this.#phrases) {
      if (state === 'running') {
        phrase.realign();
        phrase.start();
      } else {
        phrase.pause();
      }
    }
  }

  #reverb(decay: Seconds, output: AudioNode): AudioNode {
    const known = this.#reverbs.get(decay);
    if (known) return known;
    const reverb = createReverb(this.#band.context, decay, output);
    this.#reverbs.set(decay, reverb);
    return reverb;
  }
}

function checkRange(name: string, value: number, low: number, high: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`);
  if (!Number.isFinite(value) || value < low || value > high) {
    throw new RangeError(`${name} must be a finite number of ${low} to ${high}, not ${value}`);
  }
}
