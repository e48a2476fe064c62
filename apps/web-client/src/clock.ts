/** One reading of the server's clock: how long it took, and how far the server's time is ahead of the local time. */
interface Probe {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/** Follows the server's time, so that browsers with wrong clocks still play together. */
export class ServerClock {
  #offsetMs = 0;
  #roundTripMs = Number.POSITIVE_INFINITY;

  /** The server's time in epoch milliseconds. */
  now(): number {
    return performance.timeOrigin + performance.now() + this.#offsetMs;
  }

  /** Takes a rough first offset from a message, until `measure` has found a better one. */
  hint(serverTime: number): void {
    if (this.#roundTripMs === Number.POSITIVE_INFINITY) {
      this.#offsetMs = serverTime - (performance.timeOrigin + performance.now());
    }
  }

  /** Asks the server five times and keeps the reading with the shortest round trip, as NTP does (RFC 5905 section 10). */
  async measure(signal: AbortSignal): Promise<void> {
    this.#roundTripMs = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const { roundTripMs, offsetMs } = await probe(signal);
      if (roundTripMs >= this.#roundTripMs) continue;
      this.#roundTripMs = roundTripMs;
      this.#offsetMs = offsetMs;
    }
  }
}

async function probe(signal: AbortSignal): Promise<Probe> {
  const asked = performance.now();
  const answer = await fetch('/time', { cache: 'no-store', signal });
  const answered = performance.now();
  const { now } = (await answer.json()) as { now: number };
  const middle = performance.timeOrigin + (asked + answered) / 2;
  return { roundTripMs: answered - asked, offsetMs: now - middle };
}
