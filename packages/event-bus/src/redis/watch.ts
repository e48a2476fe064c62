/**
 * Part of a lease for which a heartbeat must stand still before its process counts as dead. Others see a beat up to
 * `beatMs` late, so that is after 0.95 of a lease at the earliest, and after a lease and a second at the latest.
 */
const silence = 0.95;

/** Finds the processes whose heartbeat stands still, by the monotonic clock of this process. */
export class RedisWatch {
  readonly #leaseMs: number;
  readonly #silenceMs: number;
  /** Heartbeats of the others, and when this count was first seen. */
  readonly #others = new Map<string, { readonly beats: string; readonly since: number }>();
  #looked = 0;

  /** `silenceMs` is how long a heartbeat may stand still before its process counts as dead. */
  constructor(leaseMs: number, silenceMs: number = silence * leaseMs) {
    this.#leaseMs = leaseMs;
    this.#silenceMs = silenceMs;
  }

  /** Milliseconds until the first of the others counts as dead if it stands still; infinite without others. */
  get dueIn(): number {
    const since = Math.min(...[...this.#others.values()].map((seen) => seen.since));
    return since + this.#silenceMs - performance.now();
  }

  /** Forgets the others, for a consumer that joins again under a new name. */
  clear(): void {
    this.#others.clear();
  }

  /** Takes the names and heartbeats that Redis has now, as one list. Returns those that stood still for too long. */
  look(rows: readonly string[], me: string): readonly (readonly [name: string, beats: string])[] {
    const now = performance.now();
    // While this process could not look, the others may not have been able to beat: start their time again.
    if (now - this.#looked > this.#leaseMs / 2) {
      this.#others.clear();
    }
    this.#looked = now;
    const dead: [string, string][] = [];
    const present = new Set<string>();
    for (let place = 0; place < rows.length; place += 2) {
      const name = rows[place] ?? '';
      const beats = rows[place + 1] ?? '';
      if (name === me) {
        continue;
      }
      present.add(name);
      const seen = this.#others.get(name);
      // -1 marks a process that has left.
      if (beats === '-1' || (seen?.beats === beats && now - seen.since >= this.#silenceMs)) {
        dead.push([name, beats]);
      } else if (seen?.beats !== beats) {
        this.#others.set(name, { beats, since: now });
      }
    }
    for (const name of this.#others.keys()) {
      if (!present.has(name)) {
        this.#others.delete(name);
      }
    }
    return dead;
  }
}

/** Time between two heartbeats, in milliseconds. */
export function beatMs(leaseMs: number): number {
  return Math.min(leaseMs / 4, 1_000 + (1 - silence) * leaseMs);
}
