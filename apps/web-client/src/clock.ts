import { serverUrl } from './server-url.ts';

/**
 * One reading of the server's clock: how long it took, how far the server is ahead of this page, and when it was read.
 */
interface Reading {
  readonly roundTripMs: number;
  readonly offsetMs: number;
  /** Milliseconds of the page's own clock. */
  readonly at: number;
}

/** What `ServerClock` works with. */
export interface ServerClockOptions {
  /** Asks the server for its time, in epoch ms. */
  readonly ask: (signal: AbortSignal) => Promise<number>;
  /** The page's own clock: steady, in ms, and it may stand still while the machine sleeps. */
  readonly local?: () => number;
  /** The wall clock, in epoch ms: it goes on while the machine sleeps, and may be set. */
  readonly wall?: () => number;
}

/** Time in ms between measurements. */
const everyMs = 30_000;

/** Requests for the first measurement, and for the following ones. */
const firstRequests = 5;
const requests = 3;

/** Readings that are kept: about ten minutes. */
const maxReadings = 20;

/** How far apart in ms two readings must be before they tell how fast the page's clock runs. */
const rateSpanMs = 45_000;

/** Faster or slower clocks than this do not exist: the readings are wrong. */
const maxRate = 0.002;

/** A reading gets worse with age: by one part in ten thousand if the clock's rate is known, by five otherwise. */
const driftKnown = 0.0001;
const drift = 0.0005;

/** A jump in ms of the wall clock compared with the page's own: the machine slept, or the clock was set. */
const jumpMs = 1000;

/** How far in ms the server's time may be ahead of the estimate, beyond the error, before it is measured again. */
const toleranceMs = 20;

/** A message that comes this late in ms says nothing about the clock, or the clock is wrong. */
const lateMs = 2000;

/**
 * Follows the server's time, so that browsers with wrong clocks play together: it asks every 30 seconds and when
 * something has changed, and keeps the reading with the shortest round trip, as NTP does (RFC 5905 section 10).
 */
export class ServerClock {
  readonly #ask: ServerClockOptions['ask'];
  readonly #local: () => number;
  readonly #wall: () => number;
  #readings: Reading[] = [];
  #rate = 0;
  #guessMs: number;
  #gapMs: number;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  constructor({ ask, local = () => performance.now(), wall = () => Date.now() }: ServerClockOptions) {
    this.#ask = ask;
    this.#local = local;
    this.#wall = wall;
    this.#gapMs = wall() - local();
    this.#guessMs = this.#gapMs;
  }

  /** The server's time in epoch milliseconds. */
  now(): number {
    const local = this.#local();
    return local + this.#offsetAt(local);
  }

  /** When the server's time will be `serverMs`, by the page's own clock (`performance.now()`), in ms. */
  localOf(serverMs: number): number {
    const local = this.#local();
    return local + (serverMs - this.now()) / (1 + this.#rate);
  }

  /** Whether the server has been asked since the page opened, or since the machine slept. */
  get isSure(): boolean {
    return this.#readings.length > 0;
  }

  /** Whether the server was ever asked. */
  get hasBeenSure(): boolean {
    return this.#measuredAt > Number.NEGATIVE_INFINITY;
  }

  /** The shortest recent round trip to the server, in ms; undefined while nothing is known. */
  get roundTripMs(): number | undefined {
    return this.isSure ? Math.min(...this.#readings.map(({ roundTripMs }) => roundTripMs)) : undefined;
  }

  /** How far the estimate may be off, in ms; infinity while nothing is known. */
  get errorMs(): number {
    const best = this.#best(this.#local());
    return best ? this.#errorOf(best, this.#local()) : Number.POSITIVE_INFINITY;
  }

  /**
   * Takes the server's time from a message, which took a while to arrive; returns true when the clock must be measured.
   */
  hint(serverMs: number): boolean {
    if (!this.isSure) {
      this.#guessMs = serverMs - this.#local();
      return true;
    }
    const aheadMs = serverMs - this.now();
    return aheadMs > this.errorMs + toleranceMs || aheadMs < -lateMs;
  }

  /**
   * Looks after the clock; call it about once a second. Returns true when the machine has slept, or the clock was set.
   */
  tick(): boolean {
    const gapMs = this.#wall() - this.#local();
    const hasJumped = Math.abs(gapMs - this.#gapMs) > jumpMs;
    if (hasJumped) {
      this.#guessMs += gapMs - this.#gapMs;
      this.#readings = [];
      this.#rate = 0;
    }
    this.#gapMs = gapMs;
    return hasJumped;
  }

  /** Whether it is time to measure again. */
  get isDue(): boolean {
    return !this.isSure || this.#local() - this.#measuredAt >= everyMs;
  }

  /** Asks the server for its time. Rejects when it does not respond. */
  measure(signal: AbortSignal): Promise<void> {
    this.#measuring ??= this.#measure(signal).finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  async #measure(signal: AbortSignal): Promise<void> {
    let best: Reading | undefined;
    const rounds = this.isSure ? requests : firstRequests;
    for (let round = 0; round < rounds; round++) {
      const gapMs = this.#wall() - this.#local();
      const reading = await this.#read(signal);
      // The machine slept in the middle: the round trip looks short and was not.
      if (Math.abs(this.#wall() - this.#local() - gapMs) > jumpMs) continue;
      if (!best || reading.roundTripMs < best.roundTripMs) best = reading;
    }
    if (!best) throw new Error('The server did not say what time it is.');
    this.#measuredAt = best.at;
    this.#readings.push(best);
    this.#readings.splice(0, this.#readings.length - maxReadings);
    this.#rate = this.#rateOf();
  }

  async #read(signal: AbortSignal): Promise<Reading> {
    const asked = this.#local();
    const serverMs = await this.#ask(signal);
    const answered = this.#local();
    return { roundTripMs: answered - asked, offsetMs: serverMs - (asked + answered) / 2, at: answered };
  }

  /** How much faster the server's clock runs than the page's own; 0 unless two readings far apart are sure of it. */
  #rateOf(): number {
    const newest = this.#readings.at(-1);
    const oldest = newest && this.#readings.find(({ at }) => newest.at - at >= rateSpanMs);
    if (!newest || !oldest) return this.#rate;
    const far = this.#readings.filter(({ at }) => newest.at - at >= rateSpanMs);
    const first = far.reduce((best, one) => (one.roundTripMs < best.roundTripMs ? one : best), oldest);
    const changeMs = newest.offsetMs - first.offsetMs;
    if (Math.abs(changeMs) < (newest.roundTripMs + first.roundTripMs) / 2) return 0;
    const rate = changeMs / (newest.at - first.at);
    return Math.abs(rate) > maxRate ? 0 : rate;
  }

  #best(local: number): Reading | undefined {
    let best: Reading | undefined;
    for (const one of this.#readings) {
      if (!best || this.#errorOf(one, local) < this.#errorOf(best, local)) best = one;
    }
    return best;
  }

  #errorOf({ roundTripMs, at }: Reading, local: number): number {
    return roundTripMs / 2 + (local - at) * (this.#rate === 0 ? drift : driftKnown);
  }

  #offsetAt(local: number): number {
    const best = this.#best(local);
    return best ? best.offsetMs + (local - best.at) * this.#rate : this.#guessMs;
  }
}

/** Asks the server of this page for its time. */
export async function askServer(signal: AbortSignal): Promise<number> {
  const answer = await fetch(serverUrl('time'), { cache: 'no-store', signal });
  if (!answer.ok) throw new Error(`GET /time returned ${answer.status}.`);
  return ((await answer.json()) as { now: number }).now;
}
