import type { EpochMs, Seconds } from '@bnc/contracts';
import type { createLimiter, instrumentNames, ScorePlayer } from '@bnc/offline-renderer/instruments';
import { AudioClock } from './audio-clock.ts';
import { warmScore } from './warm-score.ts';

/** Time in ms after the first press in which the chord that replies to it is prepared. */
const warmAfterMs = 40;

/** What a device needs from the instruments, which load while the page opens. */
export type Instruments = Promise<{
  readonly createLimiter: typeof createLimiter;
  readonly instrumentNames: typeof instrumentNames;
  readonly ScorePlayer: typeof ScorePlayer;
}>;

/** Time in ms after a press in which a device begins to run, if there is one. */
const patienceMs = 3000;

/** What the audio device does: `blocked` until a press, `still` when its clock does not move. */
export type AudioState = 'running' | 'blocked' | 'interrupted' | 'still';

/** What a device works with. */
export interface AudioDeviceOptions {
  readonly instruments: Instruments;
  /** What samples are multiplied by at first. */
  readonly level: number;
  /** Returns when a moment of the server's clock is to be heard here, in ms of `performance.now()`. */
  localOf(at: EpochMs): number;
  /** Called when it begins or stops running. */
  onState(): void;
  onError(error: unknown): void;
}

/** The audio device and what plays on it; make it at a press of Play, since a browser allows it only then. */
export class AudioDevice {
  readonly context: AudioContext;
  readonly clock: AudioClock;
  /** Everything goes through it to the limiter. */
  readonly output: GainNode;
  readonly player: Promise<ScorePlayer>;
  /** The same, once the browser has compiled what phrases need. */
  readonly warmPlayer: Promise<ScorePlayer>;
  readonly #localOf: (at: EpochMs) => number;
  readonly #openedAt = performance.now();
  #hasRun = false;

  constructor({ instruments, level, localOf, onState, onError }: AudioDeviceOptions) {
    const context = new AudioContext({ latencyHint: 'interactive', sampleRate: 44_100 });
    this.context = context;
    this.clock = new AudioClock(context);
    this.#localOf = localOf;
    this.output = new GainNode(context, { gain: level });
    this.player = instruments.then((made) => {
      this.output.connect(made.createLimiter(context, context.destination));
      return new made.ScorePlayer({ context, output: this.output });
    });
    this.warmPlayer = this.#warm(instruments);
    this.warmPlayer.catch(onError);
    context.addEventListener('statechange', () => {
      this.#hasRun ||= context.state === 'running';
      onState();
    });
  }

  get state(): AudioState {
    // Without a loudspeaker, Firefox never lets a device run, whatever is pressed.
    if (this.#isDead) return 'still';
    if (this.context.state === 'suspended') return 'blocked';
    if (this.context.state !== 'running') return 'interrupted';
    return this.clock.isStill ? 'still' : 'running';
  }

  /** Waits until it runs, for as long as a device needs to begin: there may be no loudspeaker. */
  whenRunning(): Promise<void> {
    const { context } = this;
    if (context.state === 'running') return Promise.resolve();
    return new Promise((resolve) => {
      setTimeout(resolve, patienceMs);
      const look = (): void => {
        if (context.state === 'running') resolve();
      };
      context.addEventListener('statechange', look, { signal: AbortSignal.timeout(patienceMs) });
    });
  }

  /** The context time. */
  get now(): Seconds {
    return this.context.currentTime;
  }

  /** The context time at which a moment of the server's clock is to be heard. */
  timeOf(at: EpochMs): Seconds {
    return this.clock.timeOf(this.#localOf(at));
  }

  /** Sets what samples are multiplied by: within 45 ms, or 300 ms if `isSlow`. */
  setLevel(level: number, isSlow: boolean): void {
    this.output.gain.setTargetAtTime(level, this.now, isSlow ? 0.1 : 0.015);
  }

  /** Whether it has never run, although someone has pressed. */
  get #isDead(): boolean {
    if (this.#hasRun || this.context.state === 'running' || !navigator.userActivation?.hasBeenActive) return false;
    return performance.now() - this.#openedAt > patienceMs;
  }

  /**
   * Lets the browser compile what phrases need: after the chord that replies to the press, which must not wait for it.
   */
  async #warm(instruments: Instruments): Promise<ScorePlayer> {
    const [{ instrumentNames: names }, player] = await Promise.all([instruments, this.player]);
    await new Promise((resolve) => setTimeout(resolve, warmAfterMs));
    for (const name of names) {
      if (this.context.state === 'closed') break;
      // A task each: the page stays awake. Far enough ahead that the note is not late.
      player.play(warmScore(name), this.now + 2, { gain: 0 });
      await new Promise((resolve) => setTimeout(resolve));
    }
    return player;
  }
}
