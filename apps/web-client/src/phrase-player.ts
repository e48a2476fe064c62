import type { EpochMs } from '@bnc/contracts';
import type { AudioDevice } from './audio-device.ts';
import type { ServerClock } from './clock.ts';
import type { Phrase } from './phrase.ts';
import { clipSource, type PhraseSource, type PlayingPhrase, scoreSource } from './phrase-source.ts';
import { PhrasesPlaying } from './phrases-playing.ts';

/** A phrase that starts more than this many ms ahead never plays: the server's clock must be wrong. */
const maxLeadMs = 60_000;

/** With less than this left of a phrase, in s, a press of Play plays it again from its beginning, softly. */
const joinSeconds = 1;

/** Level of a phrase that is already over, as a factor. */
const replayLevel = 0.35;

/** Time in s that a phrase needs to be prepared when it is already late. */
const prepareSeconds = 0.01;

/** Time in s after which a pressed phrase begins: its notes are prepared meanwhile. */
const againSeconds = 0.06;

/** Time in ms after which the clock of the sound has certainly passed the beginning of one. */
const announceMs = 30;

/**
 * How a phrase began to sound. After a press of Play: `joined` while it sounds, or `again` when it is over. A phrase
 * that is `too late` came while it was to sound, with too little left to enter; one that sounds `not at all` was over,
 * or is too far ahead.
 */
export type Entry = 'in time' | 'late' | 'at the next bar' | 'too late' | 'joined' | 'again' | 'not at all';

/** What `PhrasePlayer` works with. */
export interface PhrasePlayerOptions {
  readonly clock: ServerClock;
  /** Returns the device, while it runs and the page is to play. */
  ready(): AudioDevice | undefined;
  /** The moment of the server's clock that is heard now. */
  heardNow(): EpochMs;
  /** Returns how loud a phrase is to this listener, as a factor. */
  levelOf(phrase: Phrase): number;
  /** Called when what can be heard has changed. */
  onChange(): void;
  /** Called with how each phrase began, and how many ms before its beginning it was ready; negative means late. */
  onEntry(entry: Entry, phrase: Phrase, readyMs: number): void;
  /** Called after a phrase with how many of its notes were left out, because they came late. */
  onLateNotes(notes: number): void;
  onError(error: unknown): void;
}

/** Plays phrases at the time that the server names: scores note by note, clips as they are. */
export class PhrasePlayer {
  readonly #options: PhrasePlayerOptions;
  readonly #playing: PhrasesPlaying;
  #latest: Phrase | undefined;
  /** The newest of the phrases that have yielded to bad news. */
  #yielded: Phrase | undefined;
  /** What was played again last. */
  #repeated: PlayingPhrase | undefined;
  /** The measured gain that came last. */
  #gain: { readonly phraseId: string; readonly gain: number } | undefined;
  /** The start of the phrase that has been given to the device, so that each is given once. */
  #given: EpochMs | undefined;

  /**
   * How long after its start, in ms, a phrase is worth hearing again when a listener presses Play; the server says so.
   */
  hearableMs = 0;

  constructor(options: PhrasePlayerOptions) {
    this.#options = options;
    this.#playing = new PhrasesPlaying(options.onLateNotes);
  }

  /** The newest phrase. */
  get latest(): Phrase | undefined {
    return this.#latest;
  }

  /** Whether a phrase sounds at a context time, in s. */
  isSoundingAt(now: number): boolean {
    return this.#playing.isSoundingAt(now);
  }

  /**
   * Takes the newest phrase. While the device stands still, nothing piles up: only the newest sounds once it runs
   * again.
   */
  async take(phrase: Phrase): Promise<void> {
    this.#latest = phrase;
    await this.#sound(phrase, false);
  }

  /** Lets the newest phrase sound once more, because Play was pressed. */
  begin(): void {
    this.#given = undefined;
  }

  /** Plays the newest phrase from where it is now, or again if it is over. */
  async join(): Promise<void> {
    if (this.#latest) await this.#sound(this.#latest, true);
  }

  /** Stops all phrases at a context time, in s. */
  stop(now: number): void {
    this.#playing.stop(now);
  }

  /** Forgets what came; what comes next plays. */
  forget(): void {
    this.#latest = undefined;
    this.#given = undefined;
  }

  /**
   * Plays a phrase again from its beginning, now; the one that was played again before yields.
   * @returns when its beginning is heard, by the server's clock; undefined if nothing can sound
   */
  async again(phrase: Phrase): Promise<EpochMs | undefined> {
    const { ready, heardNow } = this.#options;
    const device = ready();
    const source = device && (await sourceOf(phrase, device));
    if (!source || ready() !== device) return undefined;
    const at = device.now + againSeconds;
    this.#repeated?.yieldAt(at);
    this.#playing.makeRoom(device.now);
    const played = source.play(at, 0, 1);
    this.#repeated = played;
    // Its gain is measured already, so nothing more comes for it.
    this.#playing.add({ phrase: undefined, startsAt: at, endsAt: at + phrase.params.duration, ...played });
    this.#announce(at - device.now);
    return heardNow() + (at - device.clock.timeOf(performance.now())) * 1000;
  }

  /** Ends what is played again, at a context time, in s. */
  endAgain(now: number): void {
    this.#repeated?.yieldAt(now);
    this.#repeated = undefined;
  }

  /** Ends all phrases that came so far at a moment of the server's clock: bad news comes. */
  yieldAt(at: EpochMs, device: AudioDevice | undefined): void {
    this.#yielded = this.#latest;
    if (device) this.#playing.yieldAt(device.timeOf(at));
  }

  /** Takes the measured gain of a phrase that came with an estimate. */
  setGain(phraseId: string, gain: number): void {
    this.#gain = { phraseId, gain };
    this.#playing.setGain(phraseId, gain);
  }

  /** Applies what the listener wants to hear to what sounds. */
  applyMix(): void {
    this.#playing.setLevels(this.#options.levelOf);
  }

  /** Forgets what is over at a context time, in s; call it about once a second. */
  tick(now: number): void {
    this.#playing.tick(now);
  }

  /** Says now and, where a sound begins later, in `seconds`, what can be heard: the page itself looks once a second. */
  #announce(seconds: number): void {
    const { onChange } = this.#options;
    onChange();
    if (seconds > 0) setTimeout(onChange, seconds * 1000 + announceMs);
  }

  async #sound(phrase: Phrase, mayRepeat: boolean): Promise<void> {
    const { ready, clock, levelOf, onEntry, onError } = this.#options;
    const device = ready();
    if (!device || this.#given === phrase.startAt || phrase === this.#yielded) return;
    this.#given = phrase.startAt;
    try {
      const source = await sourceOf(phrase, device);
      if (this.#given !== phrase.startAt || phrase === this.#yielded) return;
      if (ready() !== device) {
        // It was stopped meanwhile: the phrase may sound when it runs again.
        this.#given = undefined;
        return;
      }
      const lateMs = clock.now() - phrase.startAt;
      const soonest = device.now + prepareSeconds;
      const due = device.timeOf(phrase.startAt);
      const entry = soonest > due ? source.enterAt(soonest - due) : 0;
      // A clip has nothing left to enter after its last bar line.
      const isOver = entry === undefined || lateMs / 1000 > phrase.params.duration - joinSeconds;
      if (lateMs < -maxLeadMs || (isOver && !(mayRepeat && lateMs <= this.hearableMs))) {
        const isMissed = lateMs > 0 && lateMs < phrase.params.duration * 1000;
        return onEntry(isMissed ? 'too late' : 'not at all', phrase, -lateMs);
      }
      const [at, from] = isOver ? [soonest, 0] : [due, entry];
      this.#playing.makeRoom(device.now);
      const { phraseId } = phrase;
      const played = source.play(at, from, isOver ? replayLevel : 1);
      played.setLevel(levelOf(phrase));
      this.#playing.add({ phrase, startsAt: at + from, endsAt: at + phrase.params.duration, ...played });
      // Its measured gain may have come while it was being prepared.
      if (this.#gain && this.#gain.phraseId === phraseId) played.setGain(this.#gain.gain);
      const readyMs = (at - device.now) * 1000;
      const late = mayRepeat ? 'joined' : isScore(phrase) ? 'late' : 'at the next bar';
      onEntry(isOver ? 'again' : from === 0 ? 'in time' : late, phrase, readyMs);
      this.#announce(at + from - device.now);
    } catch (error) {
      onError(error);
    }
  }
}

function sourceOf(phrase: Phrase, { warmPlayer, output }: AudioDevice): Promise<PhraseSource> {
  return isScore(phrase) ? warmPlayer.then((player) => scoreSource(phrase, player)) : clipSource(phrase, output);
}

function isScore({ buffer }: Phrase): boolean {
  return 'encoding' in buffer && buffer.encoding === 'score';
}
