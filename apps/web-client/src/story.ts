import type { EpochMs } from '@bnc/contracts';
import { element, pressable } from './element.ts';
import type { KnownPhrase, Phrase } from './phrase.ts';
import type { Timeline } from './timeline.ts';

/** What the story works with. */
export interface StoryOptions {
  readonly timeline: Timeline;
  /** Shows a phrase as the chosen one; undefined for the present. */
  show(phrase: KnownPhrase | undefined): void;
  /** The URL of the room at the server. */
  readonly path: string;
  /** Finds a phrase with its score; undefined if there is none. */
  find(phraseId: string): Promise<KnownPhrase | undefined>;
  /** Plays a phrase again; returns when its beginning is heard, or undefined if nothing can sound. */
  play(phrase: Phrase): Promise<EpochMs | undefined>;
  /** Called when a phrase is heard again from a moment on. */
  onAgain(phrase: KnownPhrase, beganAt: EpochMs): void;
  onError(error: unknown): void;
}

/** The name in the hash of the link to a phrase. */
const linkName = 'phrase';

/** What happened in the room, as a listener goes through it: one phrase is chosen, or the present. */
export class Story {
  readonly #options: StoryOptions;
  #chosen: KnownPhrase | undefined;

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  /** The chosen phrase; undefined for the present. */
  get chosen(): KnownPhrase | undefined {
    return this.#chosen;
  }

  /** Chooses a phrase; undefined for the present. */
  choose(phrase: KnownPhrase | undefined): void {
    this.#chosen = phrase;
    this.#options.show(phrase);
  }

  /** Chooses the phrase before (-1) or after (1) the chosen one, and comes back to the present after the newest. */
  walk(step: 1 | -1): void {
    const { timeline } = this.#options;
    const next = timeline.next(this.#chosen ?? timeline.newest, step);
    this.choose(next ?? (step < 0 ? this.#chosen : undefined));
  }

  /** Plays a phrase again, from its beginning. Call it from a press: browsers allow sound only then. */
  hear(phrase: KnownPhrase): void {
    this.choose(phrase);
    this.#hear(phrase).catch(this.#options.onError);
  }

  /** Plays the chosen phrase again, or the newest one. */
  replay(): void {
    const phrase = this.#chosen ?? this.#options.timeline.newest;
    if (phrase) this.hear(phrase);
  }

  /** Makes the controls of a phrase: to hear it, to link to it, and to download it as sound or notes. */
  actionsOf(phrase: KnownPhrase): Node[] {
    return [pressable('Hear', () => this.hear(phrase)), ...this.linksOf(phrase)];
  }

  /** Makes links to a phrase: to share it, and to download it as sound or notes. */
  linksOf(phrase: KnownPhrase): Node[] {
    const link = element('a', '', 'Link');
    link.href = `${location.pathname}${location.search}#${linkName}=${encodeURIComponent(phrase.phraseId)}`;
    const folder = `${this.#options.path}/phrases/`;
    return [link, ...['wav', 'mid'].map((format) => fileLink(folder, phrase, format))];
  }

  async #hear(phrase: KnownPhrase): Promise<void> {
    const { play, find, onAgain } = this.#options;
    const whole = phrase.buffer ? phrase : await find(phrase.phraseId);
    if (!whole?.buffer) throw new Error('the server no longer has it');
    const { buffer } = whole;
    const beganAt = await play({ ...whole, buffer });
    if (beganAt !== undefined) onAgain(whole, beganAt);
  }
}

/** The id of the phrase that the address of the page links to. */
export function linkedPhrase(): string | undefined {
  return new URLSearchParams(location.hash.slice(1)).get(linkName) || undefined;
}

function fileLink(folder: string, { phraseId }: KnownPhrase, format: string): HTMLAnchorElement {
  const link = element('a', '', format === 'mid' ? 'MIDI' : format.toUpperCase());
  link.href = `${folder}${encodeURIComponent(phraseId)}?format=${format}`;
  link.download = '';
  return link;
}
