import type { Phrase } from './phrase.ts';
import type { PlayingPhrase } from './phrase-source.ts';

/** Most phrases that sound at full level at one time; with one more, the oldest yields. */
const maxPhrases = 2;

/** A phrase that sounds, or will. */
export interface Playing extends PlayingPhrase {
  /** The phrase that plays at its time; undefined for one that is played again, to which the mix does not apply. */
  readonly phrase: Phrase | undefined;
  /** Context times, in s. */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The phrases that sound or will, by context times in s. */
export class PhrasesPlaying {
  readonly #all = new Set<Playing>();
  readonly #onLateNotes: (notes: number) => void;

  /** @param onLateNotes - called after a phrase with how many of its notes were left out, because they came late */
  constructor(onLateNotes: (notes: number) => void) {
    this.#onLateNotes = onLateNotes;
  }

  /** Whether one of them sounds at a time. */
  isSoundingAt(now: number): boolean {
    for (const { startsAt, endsAt } of this.#all) if (startsAt <= now && now < endsAt) return true;
    return false;
  }

  /** Adds one. */
  add(playing: Playing): void {
    this.#all.add(playing);
  }

  /** Ends the oldest if more than two would sound with one more. */
  makeRoom(now: number): void {
    const sounding = [...this.#all].filter(({ endsAt }) => endsAt > now);
    for (const oldest of sounding.slice(0, Math.max(0, sounding.length - maxPhrases + 1))) {
      oldest.yieldAt(now);
      this.#drop(oldest);
    }
  }

  /** Stops all of them. */
  stop(now: number): void {
    for (const playing of this.#all) playing.yieldAt(now);
    this.#all.clear();
  }

  /** Ends all of them at a time. */
  yieldAt(time: number): void {
    const all = [...this.#all];
    this.#all.clear();
    for (const playing of all) {
      playing.yieldAt(time);
      this.#all.add({ ...playing, endsAt: Math.min(playing.endsAt, time) });
    }
  }

  /** Gives the measured gain to the phrase with an id. */
  setGain(phraseId: string, gain: number): void {
    for (const playing of this.#all) if (playing.phrase?.phraseId === phraseId) playing.setGain(gain);
  }

  /** Sets how loud each is to the listener. */
  setLevels(levelOf: (phrase: Phrase) => number): void {
    for (const { phrase, setLevel } of this.#all) if (phrase) setLevel(levelOf(phrase));
  }

  /** Forgets those that are over. */
  tick(now: number): void {
    for (const playing of this.#all) if (playing.endsAt < now) this.#drop(playing);
  }

  #drop(playing: Playing): void {
    this.#all.delete(playing);
    const notes = playing.lateNotes();
    if (notes > 0) this.#onLateNotes(notes);
  }
}
