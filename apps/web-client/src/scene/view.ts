import type { EpochMs } from '@bnc/contracts';
import type { KnownPhrase } from '../phrase.ts';
import type { Look } from './look.ts';
import type { TimeAxis } from './time-axis.ts';

/** How long the scene stays at a phrase that was heard again, in ms. */
const lingerMs = 1500;

/** Where the present stands on a new page, as a share of its width, and where the page is turned. */
const pageStart = 0.2;
const pageEnd = 0.92;

/** A moment and where it stands, in CSS pixels; everything else follows from it. */
export interface Anchor {
  readonly at: EpochMs;
  readonly x: number;
}

/**
 * Where the scene looks: at the present, at a moment that was scrolled to, or along with a phrase that is heard again.
 */
export class View {
  #still: EpochMs | undefined;
  #again: { readonly phrase: KnownPhrase; readonly beganAt: EpochMs } | undefined;
  /** The page that is open, if pages are turned. */
  #page: Anchor | undefined;

  /** Whether it follows the present. */
  get isLive(): boolean {
    return this.#still === undefined && this.#again === undefined;
  }

  /** The phrase that is heard again. */
  get again(): KnownPhrase | undefined {
    return this.#again?.phrase;
  }

  /** Looks at a moment; undefined for the present. */
  lookAt(at: EpochMs | undefined): void {
    this.#still = at;
    this.#again = undefined;
    this.#page = undefined;
  }

  /** Follows a phrase that is heard again from `beganAt` on, by the server's clock. */
  follow(phrase: KnownPhrase, beganAt: EpochMs): void {
    this.#again = { phrase, beganAt };
    this.#page = undefined;
  }

  /** The moment that stands at the line of the present. */
  momentAt(now: EpochMs): EpochMs {
    if (this.#again) {
      const { phrase, beganAt } = this.#again;
      const at = phrase.startAt + (now - beganAt);
      if (at <= phrase.endsAt + lingerMs) return at;
      this.#again = undefined;
    }
    return this.#still ?? now;
  }

  /** Returns where moments stand: the present at its line, or moving over a page that is turned when it is full. */
  anchorAt(moment: EpochMs, { axis, look, turnsPages }: { axis: TimeAxis; look: Look; turnsPages: boolean }): Anchor {
    if (!turnsPages || this.#still !== undefined) return { at: moment, x: look.nowX };
    const page = this.#page;
    const x = page && page.x + (axis.placeOf(moment) - axis.placeOf(page.at)) * look.second;
    if (!page || x === undefined || x > look.width * pageEnd || x < 0) {
      this.#page = { at: moment, x: look.width * pageStart };
      return this.#page;
    }
    return page;
  }
}
