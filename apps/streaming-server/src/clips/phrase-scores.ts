import { serialize } from '@bnc/buffer-serializer';
import type { Score, SerializedBufferV2Score } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { MusicGenerated } from '../rooms/events.ts';
import { NewestMap } from '../rooms/newest-map.ts';

/** Most scores of current phrases that are kept in memory, ready to send: the newest. About 1 kB each. */
const maxScores = 512;

/** Most scores of past phrases. They are kept apart: reading a long history must not push out what is played now. */
const maxPast = 256;

/** The gain at 0 LUFS of a phrase about which nothing is known: 14 dB, which is at most 6 dB off. */
const usual = 10 ** (14 / 20);

/** A difference in gain that nobody hears: half a decibel. */
const audible = 10 ** (0.5 / 20);

type Composed = Pick<MusicGenerated, 'phraseId' | 'musicalParams'>;

/** Most measurements that run or wait at one time. Further phrases keep their estimates: clips must be rendered too. */
const maxMeasuring = 10;

/** Measurements that run at one time. */
const lanes = 2;

/** A phrase as a score: written at once with an estimate of its gain, and again when that has been measured. */
interface Written {
  text: Uint8Array;
  /** Kept until the gain has been measured: composing takes longer than writing. */
  score: Score | undefined;
  readonly estimate: number;
  /** The measured gain if it differs audibly from the one that was written first; undefined otherwise. */
  correction?: Promise<number | undefined>;
}

/** Writes phrases as scores, which listeners play themselves, with the gain that makes each as loud as its clip. */
export class PhraseScores {
  readonly #renderer: Pick<OfflineRenderer, 'gainOf'>;
  readonly #onError: (error: unknown) => void;
  readonly #written = new NewestMap<string, Written>(maxScores);
  readonly #past = new NewestMap<string, Written>(maxPast);
  readonly #lanes: Promise<unknown>[] = Array.from({ length: lanes }, () => Promise.resolve());
  #measured = 0;
  #measuring = 0;
  /** The newest gains that were measured, at 0 LUFS, by what they depend on most: the gesture. */
  readonly #gains = new Map<string, number>();

  constructor(renderer: Pick<OfflineRenderer, 'gainOf'>, onError: (error: unknown) => void) {
    this.#renderer = renderer;
    this.#onError = onError;
  }

  /** Returns the JSON text of a phrase as a score: with its measured gain, or else with an estimate. */
  text(phrase: Composed): Uint8Array {
    return this.#write(phrase).text;
  }

  /** Returns a phrase of the past as a score: with its measured gain, or else with an estimate. */
  past(phrase: Composed): SerializedBufferV2Score {
    return JSON.parse(Buffer.from(this.#again(phrase).text).toString()) as SerializedBufferV2Score;
  }

  /** Returns a phrase of the past as a score; measures its gain first, unless too many others are being measured. */
  async measured(phrase: Composed): Promise<SerializedBufferV2Score> {
    await this.#correct(phrase, this.#again(phrase));
    return this.past(phrase);
  }

  /**
   * Returns the measured gain of a phrase if it differs audibly from the one that was written first. Undefined also
   * while too many others are measured, and for a phrase of a newer release that this one cannot play.
   */
  async correction(phrase: Composed): Promise<number | undefined> {
    try {
      return await this.#correct(phrase, this.#write(phrase));
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  async #correct(phrase: Composed, written: Written): Promise<number | undefined> {
    if (!written.correction) {
      if (this.#measuring >= maxMeasuring) return undefined;
      written.correction = this.#inTurn(() => this.#measure(phrase, written));
    }
    return written.correction;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const lane = this.#measured++ % lanes;
    this.#measuring++;
    const done = (this.#lanes[lane] ?? Promise.resolve()).then(work).finally(() => this.#measuring--);
    this.#lanes[lane] = done;
    return done;
  }

  #write(phrase: Composed, into = this.#written): Written {
    const known = into.get(phrase.phraseId);
    if (known) return known;
    const estimate = this.#estimate(phrase);
    const score = compose(phrase.musicalParams);
    const written: Written = { text: textOf(score, estimate), score, estimate };
    into.set(phrase.phraseId, written);
    return written;
  }

  #again(phrase: Composed): Written {
    return this.#written.get(phrase.phraseId) ?? this.#write(phrase, this.#past);
  }

  /** Measures the gain of a phrase, which takes a small render. */
  async #measure(phrase: Composed, written: Written): Promise<number | undefined> {
    const { estimate } = written;
    try {
      const gain = round(await this.#renderer.gainOf(phrase.musicalParams));
      this.#gains.set(kindOf(phrase), gain / loudnessOf(phrase));
      written.text = textOf(written.score ?? compose(phrase.musicalParams), gain);
      written.score = undefined;
      return Math.max(gain / estimate, estimate / gain) > audible ? gain : undefined;
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  #estimate(phrase: Composed): number {
    return round((this.#gains.get(kindOf(phrase)) ?? usual) * loudnessOf(phrase));
  }
}

/** Names the kind of a phrase: its gesture, or `sign` for a sign alone. */
function kindOf({ musicalParams: { gesture, bars } }: Composed): string {
  return bars === 0 ? 'sign' : (gesture ?? '');
}

/** The loudness of a phrase as a factor. */
function loudnessOf({ musicalParams: { loudness = -16 } }: Composed): number {
  return 10 ** (loudness / 20);
}

function textOf(score: Score, gain: number): Uint8Array {
  return Buffer.from(JSON.stringify(serialize(score, { encoding: 'score', gain })));
}

function round(gain: number): number {
  return Math.round(gain * 1000) / 1000;
}
