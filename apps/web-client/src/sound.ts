import type { EpochMs, Score } from '@bnc/contracts';
import { AudioDevice, type AudioState } from './audio-device.ts';
import { type Bed, BedPlayer } from './bed-player.ts';
import { clickScore, Hello } from './hello.ts';
import type { Phrase } from './phrase.ts';
import { PhrasePlayer, type PhrasePlayerOptions } from './phrase-player.ts';
import { SolePlayer } from './sole-player.ts';
import type { Volume } from './volume.ts';

/** Time in ms after which the chord that replies to a press is rendered. */
const helloAfterMs = 300;

/** 6 dB softer, while a screen reader speaks. */
const ducked = 0.5;

/** Time in s that a score needs to be prepared. */
const prepareSeconds = 0.01;

/** What `Sound` works with. */
export interface SoundOptions extends Omit<PhrasePlayerOptions, 'ready' | 'heardNow'> {
  readonly volume: Volume;
}

/** What is heard here: phrases, what sounds under them, and the chord that replies to a press of Play. */
export class Sound {
  /** What plays the phrases of the room. */
  readonly phrases: PhrasePlayer;
  readonly #options: SoundOptions;
  /** Loaded while the page opens, so that they are there at the first press. */
  readonly #instruments = import('@bnc/offline-renderer/instruments');
  readonly #bed: BedPlayer;
  readonly #sole: SolePlayer;
  readonly #hello = new Hello(this.#instruments.then(({ renderScore: render }) => render));
  #device: AudioDevice | undefined;
  #wants = false;
  #isDucked = false;

  /** Moves all sound on this device, in ms; positive is later. */
  trimMs = 0;
  /** Whether a chord replies to a press of Play, so that nobody doubts that the sound works. */
  saysHello = true;

  constructor(options: SoundOptions) {
    this.#options = options;
    this.phrases = new PhrasePlayer({ ...options, ready: () => this.#ready, heardNow: () => this.heardNow });
    this.#bed = new BedPlayer(options.onError);
    this.#sole = new SolePlayer({ stop: () => this.stop(), onChange: options.onChange });
    // The page is seen first.
    setTimeout(() => this.prepareHello(), helloAfterMs);
  }

  /** Whether this page is to play. */
  get wants(): boolean {
    return this.#wants;
  }

  /** Whether another tab of this browser plays. */
  get isElsewhere(): boolean {
    return this.#sole.isElsewhere;
  }

  /** What the audio device does. */
  get audio(): AudioState {
    return this.#device?.state ?? 'blocked';
  }

  /** Whether a phrase sounds now. */
  get isSounding(): boolean {
    return this.phrases.isSoundingAt(this.#now);
  }

  /** The moment of the server's clock that is heard now. */
  get heardNow(): EpochMs {
    return this.#options.clock.now() - this.trimMs;
  }

  /** Starts to play. Call it from a press: browsers allow sound only then. */
  async play(): Promise<void> {
    this.#sole.claim();
    this.#wants = true;
    this.#device ??= this.#open();
    const device = this.#device;
    // On a machine without a loudspeaker this never settles: the state says so.
    void device.context.resume().catch(this.#options.onError);
    this.phrases.begin();
    this.#options.onChange();
    if (this.saysHello) {
      this.#hello.prepare(this.phrases.latest?.params);
      this.#hello.play(device.output);
    }
    if (device.context.state === 'running') await this.#run();
  }

  /** Stops everything at once. */
  stop(): void {
    this.#sole.release();
    this.#wants = false;
    this.#hello.stop();
    this.#silence();
  }

  /** Stops what sounds, and forgets it; what comes next plays. */
  forget(): void {
    this.phrases.forget();
    this.#bed.take(undefined);
    this.#silence();
  }

  /** Renders the chord that replies to a press, but only while nothing plays: it would disturb that. */
  prepareHello(): void {
    if (this.saysHello && !this.#wants) this.#hello.prepare(this.phrases.latest?.params);
  }

  /**
   * Plays a phrase again from its beginning, now.
   * @returns when its beginning is heard, by the server's clock; undefined if nothing can sound
   */
  async again(phrase: Phrase): Promise<EpochMs | undefined> {
    // A device that has been made by this very press runs a little later.
    await Promise.all([this.#device?.warmPlayer, this.#device?.whenRunning()]);
    return this.phrases.again(phrase);
  }

  /** Ends what is played again. */
  endAgain(): void {
    this.phrases.endAgain(this.#now);
  }

  /** Ends all phrases that came so far at a moment of the server's clock: bad news comes. */
  yieldAt(at: EpochMs): void {
    this.phrases.yieldAt(at, this.#device);
  }

  /** Takes the bed; undefined for none. */
  takeBed(bed: Bed | undefined): void {
    this.#bed.take(bed);
  }

  /** Starts again after the machine has slept. */
  wake(): void {
    this.#device?.clock.reset();
    this.#startBed();
  }

  /** Looks after the device; call it about once a second. */
  tick(): void {
    const { context, clock } = this.#device ?? {};
    if (!context || !clock) return;
    const was = clock.isStill;
    clock.tick();
    if (this.#wants && context.state !== 'running') void context.resume().catch(() => {});
    if (was !== clock.isStill) {
      this.#options.onChange();
      if (was) void this.#run();
    }
    this.#bed.tick();
    this.phrases.tick(context.currentTime);
  }

  /** Applies the volume. */
  applyVolume(): void {
    this.#device?.setLevel(this.#options.volume.level * (this.#isDucked ? ducked : 1), this.#isDucked);
  }

  /** Makes everything 6 dB softer while a screen reader speaks. */
  duck(isDucked: boolean): void {
    if (this.#isDucked === isDucked) return;
    this.#isDucked = isDucked;
    this.applyVolume();
  }

  /** Plays a score by itself, at once: something to learn, such as a signature. */
  async playAlone(score: Score, gain: number): Promise<void> {
    await this.#device?.whenRunning();
    const device = this.#ready;
    if (device) (await device.player).play(score, device.now + prepareSeconds, { gain });
  }

  /** Clicks at whole seconds of the server's clock, five times, so that the listener can compare devices. */
  click(): void {
    const device = this.#ready;
    if (!device) return;
    const at = Math.ceil(this.#options.clock.now() / 1000 + 0.5) * 1000;
    void device.player.then((player) => player.play(clickScore, device.timeOf(at), { gain: 2 }));
  }

  /** The device, while it runs and the page is to play. */
  get #ready(): AudioDevice | undefined {
    return this.#wants && this.audio === 'running' ? this.#device : undefined;
  }

  get #now(): number {
    return this.#device?.now ?? 0;
  }

  #silence(): void {
    this.phrases.stop(this.#now);
    this.#bed.stop();
    this.#options.onChange();
  }

  #open(): AudioDevice {
    const { volume, clock, onChange, onError } = this.#options;
    const device: AudioDevice = new AudioDevice({
      instruments: this.#instruments,
      level: volume.level,
      localOf: (at) => clock.localOf(at + this.trimMs),
      onState: () => {
        onChange();
        if (device.context.state === 'running') void this.#run();
      },
      onError,
    });
    return device;
  }

  /** Plays what there is, now that the device runs. */
  async #run(): Promise<void> {
    this.#startBed();
    await this.phrases.join();
  }

  #startBed(): void {
    const device = this.#ready;
    if (!device) return;
    this.#bed.start({
      context: device.context,
      output: device.output,
      now: () => this.#options.clock.now(),
      timeOf: (at) => device.timeOf(at),
      loadRenderer: async () => (await this.#instruments).renderScore,
    });
  }
}
