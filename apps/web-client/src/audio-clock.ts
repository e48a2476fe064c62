/** The newest readings of the device's clock, which count. */
const maxReadings = 12;

/** Readings that are taken at once when the clock begins to run, and about once a second after that. */
const firstReadings = 8;
const readings = 3;

/**
 * Time in ms between readings, and a random part on top: the clock moves in steps of 3-20 ms; readings must not follow
 * them.
 */
const apartMs = 5;
const randomMs = 9;

/** A reading of `getOutputTimestamp` older than this, in ms, is left over from before the context was suspended. */
const freshMs = 1000;

/** Ticks without a movement of the clock, before it counts as standing still. */
const stillTicks = 3;

/**
 * Knows when a moment of the page's own clock is heard, by the clock of the audio device, and whether that clock runs.
 */
export class AudioClock {
  readonly #context: AudioContext;
  /** Context time minus page time of the newest readings, in seconds. */
  #gaps: number[] = [];
  #lastTime = -1;
  #still = 0;

  constructor(context: AudioContext) {
    this.#context = context;
    context.addEventListener('statechange', () => this.reset());
  }

  /** Forgets its readings: one of the clocks has stood still. */
  reset(): void {
    this.#gaps = [];
    this.#still = 0;
    this.#readSoon(firstReadings);
  }

  /** Whether the context runs and its clock does not move: there is no device to play on. */
  get isStill(): boolean {
    return this.#still >= stillTicks;
  }

  /** Looks at the clock; call it about once a second while the context runs. */
  tick(): void {
    const { currentTime, state } = this.#context;
    this.#still = state === 'running' && currentTime === this.#lastTime ? this.#still + 1 : 0;
    this.#lastTime = currentTime;
    if (state === 'running') this.#readSoon(readings);
  }

  /** The context time whose sound leaves the loudspeaker at `localMs` of `performance.now()`, in seconds. */
  timeOf(localMs: number): number {
    if (this.#gaps.length === 0) this.#read();
    // Between its steps the clock is behind, never ahead.
    return localMs / 1000 + Math.max(...this.#gaps);
  }

  #readSoon(count: number): void {
    if (count === 0 || this.#context.state !== 'running') return;
    this.#read();
    setTimeout(() => this.#readSoon(count - 1), apartMs + Math.random() * randomMs);
  }

  #read(): void {
    this.#gaps.push(gapOf(this.#context));
    if (this.#gaps.length > maxReadings) this.#gaps.shift();
  }
}

/** Context time minus page time, in seconds, read together; includes the time that sound needs to the loudspeaker. */
function gapOf(context: AudioContext): number {
  const local = performance.now();
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp?.() ?? {};
  if (contextTime > 0 && Math.abs(local - performanceTime) < freshMs) return contextTime - performanceTime / 1000;
  return context.currentTime - (context.outputLatency || 0) - local / 1000;
}
