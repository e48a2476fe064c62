import type { EpochMs } from '@bnc/contracts';
import type { KnownPhrase } from './phrase.ts';

/** Most phrases that the page keeps; the oldest go first. */
export const maxPhrases = 2000;

/** Everything that the page knows about a room, in order of time. */
export class Timeline {
  #phrases: readonly KnownPhrase[] = [];
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** All phrases, the oldest first. */
  get phrases(): readonly KnownPhrase[] {
    return this.#phrases;
  }

  /** The newest phrase. */
  get newest(): KnownPhrase | undefined {
    return this.#phrases.at(-1);
  }

  /** Whether the page keeps as many as it can: what is older would go at once. */
  get isFull(): boolean {
    return this.#phrases.length >= maxPhrases;
  }

  /** Calls a function after changes: what sounds is given to the device first. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Adds phrases; what comes with its sound replaces what came without it. */
  add(...phrases: readonly KnownPhrase[]): void {
    const all = new Map(this.#phrases.map((phrase) => [phrase.phraseId, phrase]));
    for (const phrase of phrases) {
      const known = all.get(phrase.phraseId);
      if (!known || (phrase.buffer && !known.buffer)) all.set(phrase.phraseId, phrase);
    }
    this.#set(inTurn([...all.values()].toSorted((a, b) => a.startAt - b.startAt).slice(-maxPhrases)));
  }

  /** Bad news comes: what sounds ends at this moment, and what was to begin later never does. */
  yieldAt(at: EpochMs): void {
    const begun = this.#phrases.filter(({ startAt }) => startAt < at);
    this.#set(begun.map((phrase) => (phrase.endsAt > at ? { ...phrase, endsAt: at } : phrase)));
  }

  /** Forgets everything, and calls the listeners at once. */
  clear(): void {
    this.#phrases = [];
    this.#tell();
  }

  /** Finds a phrase by its id. */
  find(phraseId: string): KnownPhrase | undefined {
    return this.#phrases.find((phrase) => phrase.phraseId === phraseId);
  }

  /** Returns the phrase before (-1) or after (1) a phrase; the newest one if the phrase is undefined or unknown. */
  next(phrase: KnownPhrase | undefined, step: 1 | -1): KnownPhrase | undefined {
    if (!phrase) return this.newest;
    const index = this.#phrases.findIndex(({ phraseId }) => phraseId === phrase.phraseId);
    return index < 0 ? this.newest : this.#phrases[index + step];
  }

  #set(phrases: readonly KnownPhrase[]): void {
    this.#phrases = phrases;
    this.#timer ??= setTimeout(() => this.#tell());
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const listener of this.#listeners) listener();
  }
}

/** A phrase that begins before the one before it has ended interrupts it. */
function inTurn(phrases: readonly KnownPhrase[]): KnownPhrase[] {
  return phrases.map((phrase, index) => {
    const next = phrases[index + 1];
    return next && next.startAt < phrase.endsAt ? { ...phrase, endsAt: next.startAt } : phrase;
  });
}
