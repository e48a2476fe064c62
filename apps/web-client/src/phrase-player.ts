import type { EpochMs } from '@bnc/contracts';
import type { AudioDevice } from './audio-device.ts';
import type { ServerClock } from './clock.ts';
import type { Phrase } from './phrase.ts';
import { clipSource, type PhraseSource, type PlayingPhrase, scoreSource } from './phrase-source.ts';
import { PhrasesPlaying } from './phrases-playing.ts';

/** A phrase that starts further ahead than this, in ms, never plays: the server's clock must be wrong. */
const maxLeadMs = 60_000;

/** With less than this left of a phrase, in s, a press of Play plays it again from its beginning, softly. */
const joinSeconds = 1;

/** How much softer a phrase is that is over already. */
const replayLevel = 0.35;

/** Time in s that a phrase needs to be prepared when it is late already. */
const prepareSeconds = 0.01;

/** Time in s after which a phrase that is pressed begins: its notes are prepared meanwhile. */
const againSeconds = 0.06;

/** How a phrase began to sound: `joined` and `again` after a press of Play, while it sounded and when it was over. */
export type Entry = 'in time' | 'late' | 'at the next bar' | 'joined' | 'again' | 'not at all';

/** What plays phrases works with. */
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
  /** Called with how each phrase began, and how many ms before its beginning it was ready; negative is late. */
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

  /** How long after its start, in ms, a phrase is worth hearing again when a listener presses Play; the server says so. */
  hearableMs = 0;

  constructor(options: PhrasePlayerOptions) {
    this.#options = options;
    this.#playing = new PhrasesPlaying(options.onLateNotes);
  }

  /** The newest phrase. */
  get latest(): Phrase | undefined {
    return this.#latest;
  }

  /** Whether one sounds at a context time, in s. */
  isSoundingAt(now: number): boolean {
    return this.#playing.isSoundingAt(now);
  }

  /** Takes the newest phrase. A device that stands still piles nothing up: only the newest sounds once it runs again. */
  async take(phrase: Phrase): Promise<void> {
    this.#latest = phrase;
    await this.#sound(phrase, false);
  }

  /** Play was pressed: the newest phrase may sound once more. */
  begin(): void {
    this.#given = undefined;
  }

  /** Plays the newest phrase where it is now, or again if it is over. */
  async join(): Promise<void> {
    if (this.#latest) await this.#sound(this.#latest, true);
  }

  /** Stops all at a context time, in s. */
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
   * @returns when its beginning is heard, by the server's clock; undefined where nothing can sound
   */
  async again(phrase: Phrase): Promise<EpochMs | undefined> {
    const { ready, heardNow, onChange } = this.#options;
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
    onChange();
    return heardNow() + (at - device.clock.timeOf(performance.now())) * 1000;
  }

  /** Ends what is played again, at a context time, in s. */
  endAgain(now: number): void {
    this.#repeated?.yieldAt(now);
    this.#repeated = undefined;
  }

  /** Lets all phrases that came so far end at a moment of the server's clock: bad news comes. */
  yieldAt(at: EpochMs, device: AudioDevice | undefined): void {
    this.#yielded = this.#latest;
    if (device) this.#playing.yieldAt(device.timeOf(at));
  }

  /** Takes the measured gain of a phrase that came with an estimate. */
  setGain(phraseId: string, gain: number): void {
    this.#gain = { phraseId, gain };
    this.#playing.setGain(phraseId, gain);
  }

  /** Puts what the listener wants to hear into effect on what sounds. */
  applyMix(): void {
    this.#playing.setLevels(this.#options.levelOf);
  }

  /** Forgets what is over at a context time, in s; call it about once a second. */
  tick(now: number): void {
    this.#playing.tick(now);
  }

  async #sound(phrase: Phrase, mayRepeat: boolean): Promise<void> {
    const { ready, clock, levelOf, onEntry, onChange, onError } = this.#options;
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
        return onEntry('not at all', phrase, -lateMs);
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
      onChange();
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
