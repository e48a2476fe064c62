import type { EpochMs, StreamMessage } from '@bnc/contracts';
import type { ServerClock } from './clock.ts';
import { Feed } from './feed.ts';
import { History, type HistoryPage, pathOf } from './history.ts';
import { byId } from './page.ts';
import { type KnownPhrase, knownOf, type Phrase } from './phrase.ts';
import { DayStrip } from './scene/day-strip.ts';
import { Scene } from './scene/scene.ts';
import { SceneInput } from './scene/scene-input.ts';
import { linkedPhrase, Story } from './story.ts';
import { Timeline } from './timeline.ts';

/** What was chosen or scrolled to more than this many ms ago gives way to the next phrase. */
const lookMs = 20_000;

/** A page that received nothing for this many ms was away: the server says something every 15 s, or every 30 s. */
const awayMs = 40_000;

/** What a chronicle works with. */
export interface ChronicleOptions {
  readonly room: string;
  readonly clock: ServerClock;
  /** Aborts when the page is left. */
  readonly signal: AbortSignal;
  /** The moment of the server's clock that is heard now. */
  heardNow(): EpochMs;
  /** Plays a phrase again; returns when its beginning is heard, or undefined if nothing can sound. */
  play(phrase: Phrase): Promise<EpochMs | undefined>;
  /** Ends what is played again. */
  endAgain(): void;
  /** Whether a press anywhere starts to play, for someone who has not heard anything yet. */
  beginsByPress(): boolean;
  /** Takes what the server says about a room with its past. */
  onPast(past: HistoryPage): void;
  /** The address links to a phrase, which is chosen now. */
  onLinked(): void;
  onError(error: unknown): void;
}

/** What happened in a room, to see and to browse: the score, the headline, the list and the strip of the day. */
export class Chronicle {
  /** Everything that is known. */
  readonly timeline = new Timeline();
  readonly #options: ChronicleOptions;
  readonly #history: History;
  readonly #story: Story;
  readonly #feed: Feed;
  readonly #scene: Scene;
  readonly #sceneInput: SceneInput;
  readonly #toNow = byId('to-now', HTMLButtonElement);
  /** When a listener has chosen something or scrolled, in ms of `performance.now()`. */
  #lookedAt = 0;
  /** When something last came, by this device's clock, which goes on while it sleeps. */
  #heardAt = Number.POSITIVE_INFINITY;
  #hasBegun = false;
  #hasFollowedLink = false;
  /** The phrase that the address links to, until it can sound. */
  #linked: KnownPhrase | undefined;

  constructor(options: ChronicleOptions) {
    const { timeline } = this;
    const { room, clock, signal, heardNow, play, onError } = options;
    this.#options = options;
    this.#history = new History(room, timeline, signal);
    this.#story = new Story({
      timeline,
      path: pathOf(room),
      show: (phrase) => this.#show(phrase),
      find: (phraseId) => this.#history.find(phraseId),
      play,
      onAgain: (phrase, beganAt) => this.#scene.follow(phrase, beganAt),
      onError,
    });
    this.#feed = new Feed({
      now: byId('now', HTMLElement),
      quiet: byId('quiet', HTMLElement),
      earlier: byId('feed', HTMLOListElement),
      timeline,
      clock,
      actionsOf: (phrase) => this.#story.actionsOf(phrase),
      linksOf: (phrase) => this.#story.linksOf(phrase),
    });
    this.#scene = new Scene({
      canvas: byId('scene', HTMLCanvasElement),
      stage: byId('stage', HTMLElement),
      timeline,
      now: heardNow,
      onEdge: () => void this.#history.more().catch(() => {}),
      onScroll: () => this.#look(),
    });
    const onHear = (phrase: KnownPhrase): void => {
      // Who presses anywhere to begin joins what sounds, whatever is drawn there.
      if (!options.beginsByPress() || !this.#isSounding) this.#story.hear(phrase);
    };
    this.#sceneInput = new SceneInput(byId('moment', HTMLElement), {
      scene: this.#scene,
      timeline,
      actions: { onHear, onChoose: (phrase) => this.#story.choose(phrase), chosen: () => this.#story.chosen },
    });
    const now = (): EpochMs => clock.now();
    const dayStrip = new DayStrip({ canvas: byId('day', HTMLCanvasElement), timeline, now, onPick: onHear });
    const replay = byId('replay', HTMLButtonElement);
    replay.addEventListener('click', () => this.replay());
    this.#toNow.addEventListener('click', () => this.#story.choose(undefined));
    timeline.onChange(() => {
      replay.hidden = timeline.phrases.length === 0;
      this.#sceneInput.say(this.#story.chosen);
      dayStrip.draw();
    });
  }

  /** The phrase of the headline. */
  get shown(): KnownPhrase | undefined {
    return this.#feed.shown;
  }

  /** Takes a phrase that is new here. */
  take(phrase: Phrase): void {
    if (!this.#toNow.hidden && performance.now() - this.#lookedAt > lookMs) this.#story.choose(undefined);
    this.timeline.add(knownOf(phrase));
  }

  /** Takes what else the server says. */
  hear({ type, data }: StreamMessage): void {
    const wasAway = Date.now() - this.#heardAt > awayMs;
    this.#heardAt = Date.now();
    if (type === 'connected' || type === 'reset') {
      // What is missing in the stream is in the history.
      if (type === 'reset' || data.resumed === 'truncated' || wasAway) this.#hasBegun = false;
      const { newest } = this.timeline;
      void this.#recall().then(() => {
        if (wasAway) this.#tellMissed(newest?.startAt);
      });
    } else if (type === 'yield') this.timeline.yieldAt(data.at);
    else if (type === 'error') this.say(`The server could not play a phrase: ${data.message}`);
    else if (type === 'moved') this.say(`This repository is now called ${data.to}. The page keeps playing it.`);
    else if (type === 'hook') this.say("GitHub's webhook is connected. The next push plays here.");
  }

  /** Chooses the phrase that the address links to, and plays it if something can sound. */
  followLink(): void {
    this.#followLink().catch(this.#options.onError);
  }

  /** Plays what the address links to, now that something can sound. */
  hearLinked(): void {
    const phrase = this.#linked;
    this.#linked = undefined;
    if (phrase) this.#story.hear(phrase);
  }

  /** Plays the chosen phrase again, or the newest one. */
  replay(): void {
    this.#story.replay();
  }

  /** Goes to the happening before (-1) or after (1); returns it, or undefined for the present. */
  walk(step: 1 | -1): KnownPhrase | undefined {
    this.#story.walk(step);
    return this.#story.chosen;
  }

  /** Opens or closes the reasons of the headline. */
  showWhy(): void {
    this.#feed.showWhy();
  }

  /** Shows a sentence to the listener, such as an error of the server. */
  say(sentence: string): void {
    this.#feed.say(sentence);
  }

  /** Forgets everything, for a listener who may not see it any more, and says why. */
  close(sentence: string): void {
    this.#hasBegun = false;
    this.#linked = undefined;
    this.#story.choose(undefined);
    this.#feed.clear(sentence);
  }

  /** Reads what the server has kept of today, and what the address links to, once for each time that access begins. */
  async #recall(): Promise<void> {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { clock, signal, onPast } = this.#options;
    try {
      onPast(await this.#history.begin(DayStrip.startOfDay(clock.now())));
    } catch (error) {
      // The page goes on without its past, and asks again with the next greeting.
      this.#hasBegun = false;
      if (!signal.aborted) this.say(`Earlier phrases could not be read: ${String(error)}`);
      return;
    }
    if (!this.#hasFollowedLink) this.followLink();
    this.#hasFollowedLink = true;
  }

  async #followLink(): Promise<void> {
    const id = linkedPhrase();
    if (id === undefined) return;
    const phrase = await this.#history.find(id);
    if (linkedPhrase() !== id) return;
    if (!phrase) return this.say('The phrase that this link leads to is no longer kept.');
    this.#linked = phrase;
    this.#story.choose(phrase);
    this.#options.onLinked();
  }

  /** Says how many phrases came while the page was away, after the newest one that it knew. */
  #tellMissed(since: EpochMs = 0): void {
    const at = this.#options.clock.now();
    const count = this.timeline.phrases.filter(({ startAt }) => startAt > since && startAt <= at).length;
    if (count === 0) return;
    this.say(`${count === 1 ? 'One phrase' : `${count} phrases`} came while this page was away: see Earlier.`);
  }

  /** Whether a phrase of the room sounds now, and the page shows the present. */
  get #isSounding(): boolean {
    const { newest } = this.timeline;
    const at = this.#options.clock.now();
    return this.#toNow.hidden && newest !== undefined && newest.startAt <= at && at < newest.endsAt;
  }

  /** Shows a phrase that was chosen, or the present. */
  #show(phrase: KnownPhrase | undefined): void {
    this.#feed.choose(phrase);
    this.#scene.select(phrase);
    this.#scene.lookAt(phrase?.endsAt);
    this.#sceneInput.say(phrase);
    this.#look();
    if (!phrase) this.#options.endAgain();
  }

  /** Offers the way back to the present, if the page shows something else. */
  #look(): void {
    this.#lookedAt = performance.now();
    this.#toNow.hidden = this.#story.chosen === undefined && this.#scene.isLive;
  }
}
