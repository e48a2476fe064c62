import type { AudioRendered } from '@bnc/contracts';

/** Rooms whose newest phrase is kept for those who come later; the one that has been quiet longest gives way. */
const maxRooms = 1000;

/** The newest phrase of a room. */
export interface NewestPhrase extends Pick<AudioRendered, 'phraseId' | 'phrase'> {
  /** When it starts; absent until it has been rendered. */
  readonly startAt?: number;
  /** Rendering has been asked for, so that everybody in the room will be sent it. */
  isWanted: boolean;
}

/** The newest phrase of every room. */
export class NewestPhrases {
  readonly #rooms = new Map<string, NewestPhrase>();

  /** The newest phrase of a room, rendered or not. */
  get(room: string): NewestPhrase | undefined {
    return this.#rooms.get(room);
  }

  /** Takes a phrase as the newest of its room. */
  set(room: string, newest: NewestPhrase): void {
    this.#rooms.delete(room);
    this.#rooms.set(room, newest);
    const [quietest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms && quietest !== undefined) this.#rooms.delete(quietest);
  }

  /** Notes when a phrase sounds, unless the room has a newer one that is still to be rendered. */
  rendered(room: string, { phraseId, phrase, startAt }: AudioRendered): void {
    const newest = this.get(room);
    if (newest && newest.phraseId !== phraseId && newest.phrase.receivedAt > phrase.receivedAt) return;
    this.set(room, { phraseId, phrase, startAt, isWanted: true });
  }

  /** Gives a room another name. */
  move(from: string, to: string): void {
    const newest = this.#rooms.get(from);
    this.#rooms.delete(from);
    if (newest && !this.#rooms.has(to)) this.#rooms.set(to, newest);
  }

  clear(): void {
    this.#rooms.clear();
  }
}
