import type { EpochMs, Score } from '@bnc/contracts';
import type { renderScore, ScorePlayer } from '@bnc/offline-renderer/instruments';
import { AudioClock } from './audio-clock.ts';
import { type Bed, BedPlayer } from './bed-player.ts';
import type { ServerClock } from './clock.ts';
import { clickScore, Hello } from './hello.ts';
import type { Phrase } from './phrase.ts';
import { clipSource, type PhraseSource, type PlayingPhrase, scoreSource } from './phrase-source.ts';
import type { Volume } from './volume.ts';
import { warmScore } from './warm-score.ts';

/** A phrase that starts further ahead than this, in ms, never plays: the server's clock must be wrong. */
const maxLeadMs = 60_000;

/** With less than this left of a phrase, in s, a press of Play plays it again from its beginning, softly. */
const joinSeconds = 1;

/** How much softer a phrase is that is over already. */
const replayLevel = 0.35;

/** Phrases that sound at full level at one time; with one more, the oldest yields. */
const maxPhrases = 2;

/** Time in ms after which the chord that replies to a press is rendered. */
const helloAfterMs = 300;

/** Time in ms after the first press in which the chord that replies to it is prepared. */
const warmAfterMs = 40;

/** 6 dB softer, while a screen reader speaks. */
const ducked = 0.5;

/** Time in s that a phrase needs to be prepared when it is late already. */
const prepareSeconds = 0.01;

/** Time in s after which a phrase that is pressed begins: its notes are prepared meanwhile. */
const againSeconds = 0.06;

/** A phrase that sounds, or will. */
interface Playing extends PlayingPhrase {
  /** The phrase in its time; undefined for one that is played again, which is heard in full. */
  readonly phrase: Phrase | undefined;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The audio device and what plays on it; made at the first press of Play, since a browser allows it only then. */
interface Device {
  readonly context: AudioContext;
  readonly clock: AudioClock;
  readonly volume: GainNode;
  readonly player: Promise<ScorePlayer>;
  /** The same, once the browser has compiled what phrases need. */
  readonly warmPlayer: Promise<ScorePlayer>;
}

/** How a phrase began to sound: `joined` and `again` after a press of Play, while it sounded and when it was over. */
export type Entry = 'in time' | 'late' | 'at the next bar' | 'joined' | 'again' | 'not at all';

/** What `Sound` works with. */
export interface SoundOptions {
  readonly clock: ServerClock;
  readonly volume: Volume;
  /** Returns how loud a phrase is to this listener, as a factor. */
  levelOf(phrase: Phrase): number;
  /** Called when what can be heard has changed. */
  onChange(): void;
  /** Called with how each phrase began, and how many ms before its beginning it was ready; negative is late. */
  onEntry(entry: Entry, phrase: Phrase, readyMs: number): void;
  /** Called after a phrase with how many of its notes were left out, because they came late. */
  onLateNotes(notes: number): void;
  onError(error: unknown): void;
}

/** Plays phrases at the time that the server names: scores note by note, clips as they are. */
export class Sound {
  readonly #options: SoundOptions;
  /** Loaded while the page opens, so that they are there at the first press. */
  readonly #instruments = import('@bnc/offline-renderer/instruments');
  readonly #playing = new Set<Playing>();
  #device: Device | undefined;
  readonly #bed: BedPlayer;
  #latest: Phrase | undefined;
  /** The newest of the phrases that have yielded to bad news. */
  #yielded: Phrase | undefined;
  #wants = false;
  /** What was played again last. */
  #repeated: PlayingPhrase | undefined;
  /** The measured gain that came last. */
  #gain: { readonly phraseId: string; readonly gain: number } | undefined;
  /** The chord that replies to a press. */
  readonly #hello = new Hello(this.#instruments.then(({ renderScore: render }) => render));
  #isDucked = false;
  /** The start of the phrase that has been given to the device, so that each is given once. */
  #given: number | undefined;

  /** How long after its start, in ms, a phrase is worth hearing again when a listener presses Play; the server says so. */
  hearableMs = 0;
  /** Moves all sound on this device, in ms; positive is later. */
  trimMs = 0;
  /** Whether a chord replies to a press of Play, so that silence is never in doubt. */
  saysHello = true;

  constructor(options: SoundOptions) {
    this.#options = options;
    this.#bed = new BedPlayer(options.onError);
    // The page is seen first.
    setTimeout(() => this.#prepareHello(), helloAfterMs);
  }

  /** Whether this page is to play. */
  get wants(): boolean {
    return this.#wants;
  }

  /** What the audio device does. */
  get audio(): 'running' | 'blocked' | 'interrupted' | 'still' {
    const { context, clock } = this.#device ?? {};
    if (!context || context.state === 'suspended') return 'blocked';
    if (context.state !== 'running') return 'interrupted';
    return clock?.isStill ? 'still' : 'running';
  }

  /** Whether a phrase sounds now. */
  get isSounding(): boolean {
    const now = this.#device?.context.currentTime ?? 0;
    for (const { startsAt, endsAt } of this.#playing) if (startsAt <= now && now < endsAt) return true;
    return false;
  }

  /** Starts to play. Call it from a press: browsers allow sound only then. */
  async play(): Promise<void> {
    this.#wants = true;
    this.#device ??= this.#open();
    const device = this.#device;
    // On a machine without a loudspeaker this never settles: the state says so.
    void device.context.resume().catch(this.#options.onError);
    this.#given = undefined;
    this.#options.onChange();
    if (this.saysHello) {
      this.#hello.prepare(this.#latest?.params);
      this.#hello.play(device.volume);
    }
    if (device.context.state === 'running') await this.#run();
  }

  /** Stops everything at once. */
  stop(): void {
    this.#wants = false;
    this.#hello.stop();
    this.#silence();
  }

  /** Stops what sounds, and forgets it; what comes next plays. */
  forget(): void {
    this.#latest = undefined;
    this.#given = undefined;
    this.#silence();
  }

  #silence(): void {
    const now = this.#device?.context.currentTime ?? 0;
    for (const playing of this.#playing) playing.yieldAt(now);
    this.#playing.clear();
    this.#bed.stop();
    this.#options.onChange();
  }

  /** Takes the newest phrase, which sounds at its time if the page plays. */
  async take(phrase: Phrase): Promise<void> {
    this.#latest = phrase;
    this.#prepareHello();
    // A device that stands still piles nothing up: only the newest phrase sounds once it runs again.
    if (this.#wants && this.audio === 'running') await this.#sound(phrase, false);
  }

  /**
   * Plays a phrase again from its beginning, now; the one that was played again before yields.
   * @returns when its beginning is heard, by the server's clock; undefined where nothing can sound
   */
  async again(phrase: Phrase): Promise<EpochMs | undefined> {
    const device = this.#device;
    if (!device || !this.#wants) return undefined;
    const source = await this.#sourceOf(phrase, device);
    if (!this.#wants || this.audio !== 'running') return undefined;
    const at = device.context.currentTime + againSeconds;
    this.#repeated?.yieldAt(at);
    this.#makeRoom(device);
    const played = source.play(at, 0, 1);
    this.#repeated = played;
    // Its gain is measured already, so nothing more comes for it.
    this.#playing.add({ phrase: undefined, startsAt: at, endsAt: at + phrase.params.duration, ...played });
    this.#options.onChange();
    const heardNow = this.#options.clock.now() - this.trimMs;
    return heardNow + (at - device.clock.timeOf(performance.now())) * 1000;
  }

  /** Ends what is played again. */
  endAgain(): void {
    this.#repeated?.yieldAt(this.#device?.context.currentTime ?? 0);
    this.#repeated = undefined;
  }

  /** Lets all phrases that came so far end at a moment of the server's clock: bad news comes. */
  yieldAt(at: number): void {
    this.#yielded = this.#latest;
    const device = this.#device;
    if (!device) return;
    const time = this.#timeOf(device, at);
    for (const playing of this.#playing) {
      playing.yieldAt(time);
      this.#playing.delete(playing);
      this.#playing.add({ ...playing, endsAt: Math.min(playing.endsAt, time) });
    }
  }

  /** Takes what sounds under the phrases; undefined for nothing. */
  takeBed(bed: Bed | undefined): void {
    this.#bed.take(bed);
  }

  /** Takes the measured gain of a phrase that came with an estimate. */
  setGain(phraseId: string, gain: number): void {
    this.#gain = { phraseId, gain };
    for (const playing of this.#playing) if (playing.phrase?.phraseId === phraseId) playing.setGain(gain);
  }

  /** The machine has slept. */
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
    const now = context.currentTime;
    for (const playing of this.#playing) if (playing.endsAt < now) this.#drop(playing);
  }

  /** Puts the volume into effect. */
  applyVolume(): void {
    const { context, volume } = this.#device ?? {};
    const level = this.#options.volume.level * (this.#isDucked ? ducked : 1);
    if (context) volume?.gain.setTargetAtTime(level, context.currentTime, this.#isDucked ? 0.1 : 0.015);
  }

  /** Makes everything 6 dB softer while a screen reader speaks. */
  duck(isDucked: boolean): void {
    if (this.#isDucked === isDucked) return;
    this.#isDucked = isDucked;
    this.applyVolume();
  }

  /** Puts what the listener wants to hear into effect on what sounds. */
  applyMix(): void {
    for (const { phrase, setLevel } of this.#playing) if (phrase) setLevel(this.#options.levelOf(phrase));
  }

  /** Plays a score by itself, at once: something to learn, such as a signature. */
  async playAlone(score: Score, gain: number): Promise<void> {
    const device = this.#device;
    if (!device || this.audio !== 'running') return;
    (await device.player).play(score, device.context.currentTime + prepareSeconds, { gain });
  }

  #open(): Device {
    const context = new AudioContext({ latencyHint: 'interactive', sampleRate: 44_100 });
    const volume = new GainNode(context, { gain: this.#options.volume.level });
    const player = this.#instruments.then(({ createLimiter, ScorePlayer }) => {
      volume.connect(createLimiter(context, context.destination));
      return new ScorePlayer({ context, output: volume });
    });
    const warmPlayer = this.#warm(context, player);
    warmPlayer.catch(this.#options.onError);
    context.addEventListener('statechange', () => {
      this.#options.onChange();
      if (context.state === 'running') void this.#run();
    });
    return { context, clock: new AudioClock(context), volume, player, warmPlayer };
  }

  /** Renders the chord that replies to a press: while nothing plays, which it would disturb. */
  #prepareHello(): void {
    if (this.saysHello && !this.#wants) this.#hello.prepare(this.#latest?.params);
  }

  /** Lets the browser compile what phrases need: after the chord that replies to the press, which must not wait for it. */
  async #warm(context: AudioContext, player: Promise<ScorePlayer>): Promise<ScorePlayer> {
    const [{ instrumentNames }, made] = await Promise.all([this.#instruments, player]);
    await new Promise((resolve) => setTimeout(resolve, warmAfterMs));
    // Far enough ahead that none of its notes is late: each makes the browser compile what it needs.
    made.play(warmScore(instrumentNames), context.currentTime + 2, { gain: 0 });
    return made;
  }

  /** Clicks at each whole second of the server's clock, so that one can compare devices. */
  click(): void {
    const device = this.#device;
    if (!device || this.audio !== 'running') return;
    const at = Math.ceil(this.#options.clock.now() / 1000 + 0.5) * 1000;
    void device.player.then((player) => player.play(clickScore, this.#timeOf(device, at), { gain: 2 }));
  }

  /** Plays what there is, now that the device runs. */
  async #run(): Promise<void> {
    this.#startBed();
    await this.#join();
  }

  #startBed(): void {
    const device = this.#device;
    if (!device || !this.#wants || this.audio !== 'running') return;
    const { context, volume: output } = device;
    const now = (): number => this.#options.clock.now();
    const timeOf = (at: number): number => this.#timeOf(device, at);
    const loadRenderer = async (): Promise<typeof renderScore> => (await this.#instruments).renderScore;
    this.#bed.start({ context, output, now, timeOf, loadRenderer });
  }

  /** The context time, in s, at which a moment of the server's clock is to be heard. */
  #timeOf({ clock }: Device, at: number): number {
    return clock.timeOf(this.#options.clock.localOf(at + this.trimMs));
  }

  /** Plays the newest phrase where it is now, or again if it is over. */
  async #join(): Promise<void> {
    const phrase = this.#latest;
    if (this.#wants && this.audio === 'running' && phrase) await this.#sound(phrase, true);
  }

  async #sound(phrase: Phrase, mayRepeat: boolean): Promise<void> {
    const device = this.#device;
    if (!device || this.#given === phrase.startAt || phrase === this.#yielded) return;
    this.#given = phrase.startAt;
    try {
      const source = await this.#sourceOf(phrase, device);
      if (!this.#wants || this.#given !== phrase.startAt || phrase === this.#yielded) return;
      const lateMs = this.#options.clock.now() - phrase.startAt;
      const isOver = lateMs / 1000 > phrase.params.duration - joinSeconds;
      if (lateMs < -maxLeadMs || (isOver && !(mayRepeat && lateMs <= this.hearableMs))) {
        return this.#options.onEntry('not at all', phrase, -lateMs);
      }
      const soonest = device.context.currentTime + prepareSeconds;
      const at = isOver ? soonest : this.#timeOf(device, phrase.startAt);
      const lateBy = soonest - at;
      const from = lateBy > 0 ? source.enterAt(lateBy) : 0;
      if (from === undefined) return this.#options.onEntry('not at all', phrase, -lateMs);
      this.#makeRoom(device);
      const { phraseId } = phrase;
      const played = source.play(at, from, isOver ? replayLevel : 1);
      played.setLevel(this.#options.levelOf(phrase));
      this.#playing.add({ phrase, startsAt: at + from, endsAt: at + phrase.params.duration, ...played });
      // Its measured gain may have come while it was being prepared.
      if (this.#gain && this.#gain.phraseId === phraseId) played.setGain(this.#gain.gain);
      const readyMs = (at - device.context.currentTime) * 1000;
      const late = mayRepeat ? 'joined' : isScore(phrase) ? 'late' : 'at the next bar';
      this.#options.onEntry(isOver ? 'again' : from === 0 ? 'in time' : late, phrase, readyMs);
      this.#options.onChange();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #sourceOf(phrase: Phrase, device: Device): Promise<PhraseSource> {
    return isScore(phrase) ? scoreSource(phrase, await device.warmPlayer) : clipSource(phrase, device.volume);
  }

  /** Lets the oldest phrases go where more than two would sound. */
  #makeRoom({ context }: Device): void {
    const sounding = [...this.#playing].filter(({ endsAt }) => endsAt > context.currentTime);
    for (const oldest of sounding.slice(0, Math.max(0, sounding.length - maxPhrases + 1))) {
      oldest.yieldAt(context.currentTime);
      this.#drop(oldest);
    }
  }

  #drop(playing: Playing): void {
    this.#playing.delete(playing);
    const notes = playing.lateNotes();
    if (notes > 0) this.#options.onLateNotes(notes);
  }
}

function isScore({ buffer }: Phrase): boolean {
  return 'encoding' in buffer && buffer.encoding === 'score';
}
