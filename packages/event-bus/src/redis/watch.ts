/** Finds out by this process's monotonic clock whose heartbeat stands still. */
export class RedisWatch {
  readonly #leaseMs: number;
  readonly #silenceMs: number;
  /** Others' heartbeats, and when they were first seen at that count. */
  readonly #others = new Map<string, { readonly beats: string; readonly since: number }>();
  #looked = 0;

  /** `silenceMs` is how long a heartbeat stands still before it is dead; a lease unless something else is said. */
  constructor(leaseMs: number, silenceMs: number = leaseMs) {
    this.#leaseMs = leaseMs;
    this.#silenceMs = silenceMs;
  }

  /** Milliseconds until one of the others is dead if it stands still from here on; infinite without others. */
  get dueIn(): number {
    const since = Math.min(...[...this.#others.values()].map((seen) => seen.since));
    return since + this.#silenceMs - performance.now();
  }

  /** Forgets the others, for a consumer that comes back under a new name. */
  clear(): void {
    this.#others.clear();
  }

  /** Takes names and heartbeats, one list, as Redis has them now; returns those that stood still too long. */
  look(rows: readonly string[], me: string): readonly (readonly [name: string, beats: string])[] {
    const now = performance.now();
    // While we could not look, others could perhaps not beat either: their time starts again.
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
      // -1 is one that has left and said so.
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
