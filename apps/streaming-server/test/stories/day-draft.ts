import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { deliveryOf, type FieldsOf, type StoryEvent } from './delivery.ts';
import type { TimedDelivery } from './play-story.ts';

export const second = 1000;
export const minute: number = 60 * second;

/** The people who work on that day. */
export const people = [
  'ada',
  'bob',
  'cleo',
  'dora',
  'eve',
  'finn',
  'gus',
  'hana',
  'ivo',
  'juno',
  'kai',
  'lou',
] as const;

/** A verdict of the day. */
export interface DayVerdict {
  /** The delivery that ends the run. */
  readonly deliveryId: string;
  readonly endsAfterMs: number;
  readonly isRed: boolean;
  /** True for the first green one after a red one. */
  readonly isRecovery: boolean;
}

/** A day that is being made: the same seed and the same calls make the same day. */
export class DayDraft {
  readonly deliveries: (TimedDelivery & { readonly deliveryId: string })[] = [];
  readonly verdicts: DayVerdict[] = [];
  readonly merges: string[] = [];
  readonly deployments: string[] = [];
  readonly companions: string[] = [];
  readonly #random: () => number;
  readonly #startsAt: number;
  #count = 1000;

  constructor(seed: number, startsAt: number) {
    this.#random = mulberry32(seed);
    this.#startsAt = startsAt;
  }

  /** A whole number of this range, by chance. */
  between(from: number, to: number): number {
    return Math.round(from + this.#random() * (to - from));
  }

  /** A whole number from 0 to below the count, by chance. */
  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  person(): string {
    return people[this.below(people.length)] ?? people[0];
  }

  /** A number that nothing else of the day has. */
  nextId(): number {
    return ++this.#count;
  }

  /** Adds a delivery; returns its id. */
  add<E extends StoryEvent>(afterMs: number, event: E, fields: FieldsOf<E>): string {
    const deliveryId = `${event}-${this.nextId()}`;
    const scene = { repoId: 'loft/purr', repositoryId: 4711, at: this.#startsAt + afterMs };
    this.deliveries.push({ afterMs, deliveryId, ...deliveryOf(event, scene, fields) });
    return deliveryId;
  }
}
