import type { EpochMs, Seconds } from '@bnc/contracts';

/** A stretch of time in which something sounds. */
export interface Span {
  readonly startAt: EpochMs;
  readonly endsAt: EpochMs;
}

interface Stretch extends Span {
  /** Where it begins and ends, in s of sound. */
  readonly from: number;
  readonly to: number;
}

/**
 * Where moments lie. While something sounds, a second is a second. Silence takes space too, by its logarithm, so that a
 * night without a sound does not push the evening out of the window. Places count in seconds of sound from the
 * beginning of the first phrase.
 */
export class TimeAxis {
  readonly #stretches: readonly Stretch[];
  readonly #bend: Seconds;

  /**
   * @param spans - in order of their beginnings; they may overlap
   * @param bend - silence in s up to which distance is about as long as time; with less, phrases stand closer together
   */
  constructor(spans: readonly Span[], bend: Seconds) {
    this.#bend = bend;
    const stretches: Stretch[] = [];
    for (const { startAt, endsAt } of spans) {
      const last = stretches.at(-1);
      if (last && startAt <= last.endsAt) {
        if (endsAt <= last.endsAt) continue;
        stretches[stretches.length - 1] = { ...last, endsAt, to: last.from + (endsAt - last.startAt) / 1000 };
      } else {
        const from = last ? last.to + this.#distance((startAt - last.endsAt) / 1000) : 0;
        stretches.push({ startAt, endsAt, from, to: from + (endsAt - startAt) / 1000 });
      }
    }
    this.#stretches = stretches;
  }

  /** Where a moment lies. */
  placeOf(at: EpochMs): number {
    const stretch = this.#last(({ startAt }) => startAt <= at);
    const [first] = this.#stretches;
    if (!stretch) return first ? -this.#distance((first.startAt - at) / 1000) : at / 1000;
    return at <= stretch.endsAt
      ? stretch.from + (at - stretch.startAt) / 1000
      : stretch.to + this.#distance((at - stretch.endsAt) / 1000);
  }

  /** The moment that lies at a place. */
  timeAt(place: number): EpochMs {
    const stretch = this.#last(({ from }) => from <= place);
    const [first] = this.#stretches;
    if (!stretch) return first ? first.startAt - this.#silence(-place) * 1000 : place * 1000;
    return place <= stretch.to
      ? stretch.startAt + (place - stretch.from) * 1000
      : stretch.endsAt + this.#silence(place - stretch.to) * 1000;
  }

  /** The last stretch that meets a condition, which all stretches before it must meet too. */
  #last(isBefore: (stretch: Stretch) => boolean): Stretch | undefined {
    let low = 0;
    let high = this.#stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const stretch = this.#stretches[middle];
      if (stretch && isBefore(stretch)) low = middle + 1;
      else high = middle;
    }
    return this.#stretches[low - 1];
  }

  #distance(silence: Seconds): number {
    return this.#bend * Math.log1p(silence / this.#bend);
  }

  #silence(distance: number): Seconds {
    return this.#bend * Math.expm1(distance / this.#bend);
  }
}
