import type { MusicGenerated } from '@bnc/contracts';
import { recentPhrases } from '../rooms/tables.ts';
import { message } from './message.ts';

/** What a room can replay: as many messages, for as long. */
export const replayLimits = { maxBytes: 16 * 2 ** 20, maxMessages: recentPhrases, maxAgeMs: 300_000 } as const;

/** A rendered phrase on its way to listeners. The hub asks for its text once for each variant, and keeps what it gets. */
export class SentPhrase {
  /** Id of the message, the same on every server and after a restart: that of the event on the bus. */
  readonly id: string;
  readonly phrase: MusicGenerated;
  /** When it sounds, in epoch ms. */
  readonly startAt: number;
  /** When it was rendered, in epoch ms. */
  readonly at: number;
  /** Texts by variant; undefined for one that the hub has got. */
  readonly #texts = new Map<string, Uint8Array | undefined>();

  constructor(id: string, phrase: MusicGenerated, startAt: number, at: number) {
    this.id = id;
    this.phrase = phrase;
    this.startAt = startAt;
    this.at = at;
  }

  /** Tells whether the hub has the text of a variant, or will get it. */
  has(variant: string): boolean {
    return this.#texts.has(variant);
  }

  /** Has a text ready for the hub. */
  put(variant: string, text: Uint8Array | undefined): void {
    if (!this.#texts.has(variant)) this.#texts.set(variant, text);
  }

  /** Lets go of a text that the hub has not asked for. */
  drop(variant: string): void {
    if (this.#texts.get(variant) !== undefined) this.#texts.delete(variant);
  }

  /** Gives the text to the hub. Where it could not be made in time, the listener is told that a phrase is missing. */
  take(variant: string): Uint8Array | string {
    const text = this.#texts.get(variant);
    this.#texts.set(variant, undefined);
    return text ?? JSON.stringify(message('reset', { reason: 'trimmed', missed: 1 }));
  }
}

/** The last rendered phrases of a room: what the hub may be asked for by those who come back. */
export class RecentPhrases {
  #phrases: readonly SentPhrase[] = [];

  /** Adds the newest phrase. Those that are too many or too old go; the newest stays in any case. */
  add(sent: SentPhrase): void {
    const oldest = sent.at - replayLimits.maxAgeMs;
    const kept = this.#phrases.filter(({ at }) => at >= oldest);
    this.#phrases = [...kept, sent].slice(-replayLimits.maxMessages);
  }

  /** Tells whether a message is one of them. */
  has(id: string): boolean {
    return this.#phrases.some((sent) => sent.id === id);
  }

  /** Phrases after the one with this id, oldest first; none where the id is not known. */
  after(id: string): readonly SentPhrase[] {
    const place = this.#phrases.findIndex((sent) => sent.id === id);
    return place < 0 ? [] : this.#phrases.slice(place + 1);
  }

  /** Lets go of the texts of a variant that nobody in the room wants any more. */
  drop(variant: string): void {
    for (const sent of this.#phrases) sent.drop(variant);
  }
}
