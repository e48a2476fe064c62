import { type Kind, kindOf } from './mix.ts';
import type { Phrase } from './phrase.ts';

/** How much a screen reader reads. */
export type Spoken = 'off' | 'titles' | 'why';

/** Shortest time in ms between two messages. */
const apartMs = 10_000;

/** Most words of a title that are read. */
const maxWords = 12;

/** Time in ms after the beginning of a phrase in which nothing is read: meanwhile, its sign tells who did what. */
const signMs = 1300;

/** A phrase that begins within this time, in ms, is waited for. */
const soonMs = 400;

/** What a phrase says to those who listen to it with a screen reader. */
export interface Told {
  readonly phrase: Pick<Phrase, 'startAt' | 'params' | 'activity' | 'speaksFor'>;
  /** Who did what. */
  readonly headline: string;
  /** How it sounds, in a sentence. */
  readonly why: string;
}

/**
 * Decides what is read and when: titles, with the reason if wanted, after the first bar of their phrase, at most one
 * message in ten seconds. What comes in between is summed up.
 */
export class Announcer {
  #waiting: Told[] = [];
  #saidAt = Number.NEGATIVE_INFINITY;

  /** Takes a phrase that has come. */
  add(told: Told): void {
    this.#waiting.push(told);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
  }

  /**
   * Returns what is to be read now, by the server's clock; undefined for nothing. Call it about once a second.
   * @param isHeard - tells whether a phrase is heard in the listener's mix
   */
  next(now: number, spoken: Spoken, isHeard: (phrase: Told['phrase']) => boolean): string | undefined {
    this.#waiting = this.#waiting.filter(({ phrase }) => spoken !== 'off' && isHeard(phrase));
    if (now - this.#saidAt < apartMs) return undefined;
    const near = this.#waiting.filter(({ phrase: { startAt } }) => startAt - now < soonMs);
    // What begins meanwhile has a sign of its own, which must be heard.
    if (near.some(({ phrase: { startAt } }) => now - startAt < signMs)) return undefined;
    const ready = near.filter(({ phrase }) => now >= firstBarEnds(phrase));
    const [first] = ready;
    // One message says it all, but the first phrase does not wait for ever.
    if (!first || (ready.length < near.length && now - firstBarEnds(first.phrase) < apartMs)) return undefined;
    this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
    this.#saidAt = now;
    if (ready.length > 1) return sumUp(ready);
    return spoken === 'why' && first.why ? `${shorten(first.headline)}: ${first.why}` : shorten(first.headline);
  }
}

function firstBarEnds({ startAt, params: { upbeat = 0, tempo, bars = 1 } }: Told['phrase']): number {
  return startAt + Math.max(signMs, (upbeat + (bars === 0 ? 0 : 240 / tempo)) * 1000);
}

/** Cuts a text after a dozen words. */
export function shorten(text: string): string {
  const words = text.split(/\s+/);
  return words.length > maxWords ? `${words.slice(0, maxWords).join(' ')}…` : words.join(' ');
}

const nouns: Readonly<Record<Kind, readonly [one: string, many: string]>> = {
  code: ['code change', 'code changes'],
  talk: ['conversation update', 'conversation updates'],
  builds: ['build', 'builds'],
  ships: ['release or deployment', 'releases and deployments'],
  people: ['newcomer', 'newcomers'],
  security: ['security alert', 'security alerts'],
};

/** Sums up a burst, such as `3 builds, 1 red; 2 conversation updates`; bad news first. */
function sumUp(all: readonly Told[]): string {
  const byKind = Map.groupBy(all, ({ phrase }) => kindOf(phrase));
  const lines = [...byKind].map(([kind, some]) => {
    const count = some.reduce((sum, { phrase: { speaksFor } }) => sum + speaksFor, 0);
    const bad = some.filter(({ phrase: { activity } }) => activity.emotion === 'tension').length;
    const [one, many] = nouns[kind];
    const red = kind === 'builds' && bad > 0 ? `, ${bad} red` : '';
    return { bad, count, text: `${count} ${count === 1 ? one : many}${red}` };
  });
  lines.sort((a, b) => b.bad - a.bad || b.count - a.count);
  return shorten(lines.map(({ text }) => text).join('; '));
}
