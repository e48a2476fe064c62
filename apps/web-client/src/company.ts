import type { StreamMessage } from '@bnc/contracts';
import { Announcer, type Spoken } from './announcer.ts';
import { type Choices, keepChoices, readChoices } from './choices.ts';
import type { ServerClock } from './clock.ts';
import { FirstMinute } from './first-minute.ts';
import type { HistoryPage } from './history.ts';
import { LockScreen } from './lock-screen.ts';
import { levelOf, type Mix } from './mix.ts';
import type { MixStore } from './mix-store.ts';
import { Mixer } from './mixer.ts';
import { OwnRepository } from './own-repository.ts';
import { byId } from './page.ts';
import type { KnownPhrase, Phrase } from './phrase.ts';
import { isSameDay, QuietRoom } from './quiet-room.ts';
import { tomorrowMorning } from './quiet-until.ts';
import { Roster } from './roster.ts';
import type { Sound } from './sound.ts';
import type { StateName } from './state-word.ts';
import { ThemeChanger } from './theme.ts';
import type { Timeline } from './timeline.ts';
import { Upgrade } from './upgrade.ts';
import type { Volume } from './volume.ts';
import { headlineOf, sentenceOf } from './words.ts';

/** Time in ms in which a message is read, while the music is softer. */
const readMs = 4000;

/** What `Company` works with. */
export interface CompanyOptions {
  readonly room: string;
  readonly isDemo: boolean;
  readonly store: MixStore;
  readonly clock: ServerClock;
  readonly sound: Sound;
  readonly volume: Volume;
  readonly timeline: Timeline;
  /** Starts to play, unless it does already. */
  play(): void;
  /** Plays the newest phrase again. */
  replay(): void;
  /** Called when the bed is switched on or off. */
  onBed(isOn: boolean): void;
  onError(error: unknown): void;
}

/**
 * What the page is to those who use it: their mix, their first minute, their screen reader, their lock screen, their
 * company.
 */
export class Company {
  readonly #options: CompanyOptions;
  readonly #store: MixStore;
  readonly #themes = new ThemeChanger();
  readonly #roster = new Roster();
  readonly #announcer = new Announcer();
  readonly #upgrade = new Upgrade();
  readonly #quietRoom = new QuietRoom();
  readonly #live = byId('live', HTMLElement);
  readonly #mixer: Mixer;
  readonly #lockScreen: LockScreen;
  readonly #firstMinute: FirstMinute;
  readonly #choices: Choices;
  #own: OwnRepository | undefined;
  #listeners: number | undefined;
  #past: Pick<HistoryPage, 'hasWebhook' | 'lastHeardAt'> | undefined;
  #readUntil = 0;
  #wasResting = false;

  constructor(options: CompanyOptions) {
    this.#options = options;
    const { isDemo, store, sound, play } = options;
    this.#store = store;
    this.#choices = readChoices(store);
    const connect = (): void => this.connect();
    this.#firstMinute = new FirstMinute({ isDemo, play, connect });
    this.#lockScreen = new LockScreen({ play, stop: () => sound.stop() });
    sound.trimMs = this.#choices.trimMs;
    sound.saysHello = this.#choices.hello;
    this.#mixer = new Mixer({
      roster: this.#roster,
      choices: this.#choices,
      mix: () => this.#store.mix,
      onMix: (mix) => this.#change(mix),
      onChoice: (name) => this.#choose(name),
      onHear: (params) => void this.#hear(params).catch(options.onError),
      onClick: () => sound.click(),
      onQuiet: () => options.volume.rest(tomorrowMorning(Date.now())),
      link: () => store.link,
    });
    // A wall has none.
    document.getElementById('open-timing')?.addEventListener('click', () => this.#mixer.showTiming());
    options.timeline.onChange(() => this.#meet());
    if (store.mix.theme !== undefined) void this.#themes.load().catch(options.onError);
  }

  /** Goes on playing after the page has loaded itself again. */
  begin(): void {
    if (!this.#upgrade.wasPlaying) return;
    this.#firstMinute.sayUpdated();
    this.#options.play();
  }

  /** Whether a press anywhere starts to play. */
  get beginsByPress(): boolean {
    return this.#firstMinute.mayPress;
  }

  /** How many people listen to the room, this page included, if known. */
  get listeners(): number | undefined {
    return this.#listeners;
  }

  /** Returns how loud a phrase is to this listener. */
  levelOf(phrase: Phrase): number {
    return levelOf(phrase, this.#store.mix) * this.#themes.levelOf(phrase);
  }

  /** Returns a phrase as this listener hears it. */
  arrange(phrase: Phrase): Phrase {
    return this.#themes.arrange(phrase, this.#store.mix.theme);
  }

  /** Takes a phrase that is new here. */
  take(phrase: Phrase): void {
    this.#past = undefined;
    this.#quietRoom.hide();
    const told = phrase.tells?.[0] ?? phrase.activity;
    const headline = headlineOf(told);
    this.#announcer.add({ phrase, headline, why: sentenceOf(phrase) });
    this.#lockScreen.show(headline, this.#options.room);
    if (this.#options.sound.wants) this.#firstMinute.hear();
  }

  /** Takes what else the server says. */
  hear({ type, data }: StreamMessage): void {
    if (type === 'presence') this.#listeners = data.listeners;
    else if (type === 'connected') {
      this.#upgrade.learn(data.build);
    } else if (type === 'hook' && this.#past) {
      this.#past = { ...this.#past, hasWebhook: true };
      this.#showQuiet();
    }
  }

  /** Takes what the server has kept of the room. */
  learn({ hasWebhook, lastHeardAt }: HistoryPage): void {
    this.#past = { hasWebhook, ...(lastHeardAt !== undefined && { lastHeardAt }) };
    this.#showQuiet();
  }

  /** Lets a screen reader read a happening that the listener has gone to, or why it sounds so. */
  read(phrase: KnownPhrase | undefined, what: 'title' | 'why' = 'title'): void {
    const title = phrase ? headlineOf(phrase.tells?.[0] ?? phrase.activity) : 'Now';
    this.#live.textContent = phrase && what === 'why' ? sentenceOf(phrase) : title;
  }

  showState(state: StateName, wantsSound: boolean): void {
    this.#firstMinute.showState(state, wantsSound);
    this.#lockScreen.isPlaying = wantsSound && !['private', 'refused', 'press'].includes(state);
  }

  /** Checks what is to be read, heard or loaded; call it about once a second. */
  tick(): void {
    const { clock, sound, volume } = this.#options;
    const now = Date.now();
    const { spoken, ducks } = this.#choices;
    const isHeard = (phrase: Pick<Phrase, 'params' | 'activity'>): boolean => levelOf(phrase, this.#store.mix) > 0;
    const text = this.#announcer.next(clock.now(), spoken as Spoken, isHeard);
    if (text !== undefined) {
      this.#live.textContent = text;
      this.#readUntil = now + readMs;
    }
    sound.duck(ducks && now < this.#readUntil);
    if (this.#wasResting !== volume.isResting) sound.applyVolume();
    this.#wasResting = volume.isResting;
    this.#upgrade.tick({ isSounding: sound.isSounding, isPlaying: sound.wants, now: performance.now() });
  }

  /** Opens the mixer. */
  showMixer(): void {
    this.#mixer.show();
  }

  /** Opens the sheet that says how to connect a repository. */
  connect(): void {
    const { isDemo, room } = this.#options;
    this.#own ??= new OwnRepository(isDemo ? undefined : room);
    this.#own.show();
  }

  /** Access has ended: nothing of the room stays. */
  close(): void {
    for (const sheet of document.querySelectorAll('dialog[open]')) (sheet as HTMLDialogElement).close();
    this.#past = undefined;
    this.#listeners = undefined;
    this.#roster.clear();
    this.#mixer.clear();
    this.#announcer.clear();
    this.#live.textContent = '';
    this.#quietRoom.hide();
    this.#lockScreen.clear();
    this.#store.leaveAddress();
  }

  #choose(name: keyof Choices): void {
    const { sound, onBed } = this.#options;
    const { bed, hello, trimMs } = this.#choices;
    keepChoices(this.#choices, this.#store);
    sound.trimMs = trimMs;
    sound.saysHello = hello;
    if (name === 'bed') onBed(bed);
  }

  #change(mix: Mix): void {
    const { theme } = mix;
    const isNewTheme = theme !== undefined && theme !== this.#store.mix.theme;
    this.#store.mix = mix;
    this.#options.sound.phrases.applyMix();
    if (isNewTheme) void this.#themes.load().catch(this.#options.onError);
  }

  async #hear(params: Phrase['params']): Promise<void> {
    const { sound, play } = this.#options;
    if (!sound.wants) play();
    const { composeSignature } = await import('./composer.ts');
    await sound.playAlone(
      composeSignature({ ...params, theme: this.#store.mix.theme ?? params.theme ?? 'chamber' }),
      2,
    );
  }

  /** Says what a room is waiting for in which nothing has happened today. */
  #showQuiet(): void {
    const { room, isDemo, timeline, replay } = this.#options;
    if (isDemo || !this.#past) return;
    const { hasWebhook } = this.#past;
    // The history may not have what came a moment ago.
    const lastHeardAt = timeline.newest?.startAt ?? this.#past.lastHeardAt;
    if (lastHeardAt !== undefined && isSameDay(lastHeardAt, Date.now())) return;
    this.#quietRoom.show(room, { lastHeardAt, hasWebhook }, { hear: replay, connect: () => this.connect() });
  }

  /** Takes who has been heard in the room. */
  #meet(): void {
    const { phrases } = this.#options.timeline;
    if (phrases.length === 0) this.#roster.clear();
    const isOther = phrases.filter((phrase) => this.#roster.add(phrase)).length > 0;
    if (isOther || phrases.length === 0) this.#mixer.showPlayers();
  }
}
