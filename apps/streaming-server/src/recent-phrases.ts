import type { AudioRendered } from '@bnc/contracts';
import { message } from './stream-message.ts';

/** What a room can replay: as many messages, for as long. */
export const replayLimits = { maxBytes: 16 * 2 ** 20, maxMessages: 32, maxAgeMs: 300_000 } as const;

/** Rooms whose last phrases are kept; the one that has been quiet longest gives way. */
const maxRooms = 1000;

/** A rendered phrase on its way to listeners. The hub asks for its text once for each variant, and keeps what it gets. */
export class SentPhrase {
  /** Id of the message, the same on every server and after a restart: that of the event on the bus. */
  readonly id: string;
  readonly rendered: AudioRendered;
  /** When it was rendered, in epoch ms. */
  readonly at: number;
  /** Texts by variant; undefined for one that the hub has got. */
  readonly #texts = new Map<string, Uint8Array | undefined>();

  constructor(id: string, rendered: AudioRendered, at: number) {
    this.id = id;
    this.rendered = rendered;
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

/** The last rendered phrases of every room: what the hub may be asked for by those who come back. */
export class RecentPhrases {
  readonly #rooms = new Map<string, SentPhrase[]>();

  /** Adds the newest phrase of its room. Those that are too many or too old go; the newest stays in any case. */
  add(room: string, sent: SentPhrase): void {
    const oldest = sent.at - replayLimits.maxAgeMs;
    const kept = (this.#rooms.get(room) ?? []).filter(({ at }) => at >= oldest);
    this.#rooms.delete(room);
    this.#rooms.set(room, [...kept, sent].slice(-replayLimits.maxMessages));
    const [quietest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms && quietest !== undefined) this.#rooms.delete(quietest);
  }

  /** Phrases of a room after the one with this id, oldest first; none where the id is not known. */
  after(room: string, id: string): readonly SentPhrase[] {
    const phrases = this.#rooms.get(room) ?? [];
    const place = phrases.findIndex((sent) => sent.id === id);
    return place < 0 ? [] : phrases.slice(place + 1);
  }

  /** Lets go of the texts of a variant that nobody in a room wants any more. */
  drop(room: string, variant: string): void {
    for (const sent of this.#rooms.get(room) ?? []) sent.drop(variant);
  }

  /** Gives a room another name. */
  move(from: string, to: string): void {
    const phrases = this.#rooms.get(from);
    this.#rooms.delete(from);
    if (phrases && !this.#rooms.has(to)) this.#rooms.set(to, phrases);
  }

  /** Every phrase of a room that is not older than its replay reaches, and its newest, oldest first. */
  *all(now: number): Iterable<SentPhrase> {
    for (const phrases of this.#rooms.values())
      for (const sent of phrases) if (sent === phrases.at(-1) || now - sent.at <= replayLimits.maxAgeMs) yield sent;
  }

  clear(): void {
    this.#rooms.clear();
  }
}
