/** Time between the decision to play and the sound: every browser has its clip by then. */
export const leadMs = 150;

/** Bar lines of one room, in epoch milliseconds. */
interface Bars {
  /** End of the last phrase that has its start. */
  soundsUntil: number;
  /** End of the last phrase that is being made, as far as can be told. */
  expectedUntil: number;
}

/** Keeps the bar lines of every room, by the number of its repository, so that phrases follow each other and never pile up. */
export class RoomGrid {
  readonly #rooms = new Map<number, Bars>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Milliseconds until the room is silent; 0 when it is. */
  busyForMs(room: number): number {
    const bars = this.#rooms.get(room);
    if (!bars) return 0;
    const left = Math.max(bars.soundsUntil, bars.expectedUntil) - this.#now();
    if (left <= 0) this.#rooms.delete(room);
    return Math.max(0, left);
  }

  /** Says that a phrase of this length is being made: from now on the room counts as sounding. */
  expect(room: number, durationMs: number): void {
    const bars = this.#rooms.get(room) ?? { soundsUntil: 0, expectedUntil: 0 };
    bars.expectedUntil = Math.max(this.#now() + leadMs, bars.soundsUntil) + durationMs;
    this.#rooms.set(room, bars);
  }

  /**
   * Gives a finished phrase its start in epoch milliseconds: after a lead of 150 ms in a silent room,
   * else on the bar line where the phrase before it ends.
   */
  start(room: number, durationMs: number): number {
    const bars = this.#rooms.get(room) ?? { soundsUntil: 0, expectedUntil: 0 };
    const startAt = Math.round(Math.max(this.#now() + leadMs, bars.soundsUntil));
    bars.soundsUntil = startAt + durationMs;
    this.#rooms.set(room, bars);
    return startAt;
  }

  /** Takes note of a phrase that has got its start elsewhere: another server's, or one from before a restart. */
  follow(room: number, soundsUntil: number): void {
    const bars = this.#rooms.get(room) ?? { soundsUntil: 0, expectedUntil: 0 };
    bars.soundsUntil = Math.max(bars.soundsUntil, soundsUntil);
    this.#rooms.set(room, bars);
  }
}
