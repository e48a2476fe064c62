import type { AudioRendered } from '@bnc/contracts';
import { roomOf } from './repository-access.ts';

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
  get(repoId: string): NewestPhrase | undefined {
    return this.#rooms.get(roomOf(repoId));
  }

  /** Takes a phrase as the newest of its room. */
  set(newest: NewestPhrase): void {
    const room = roomOf(newest.phrase.repoId);
    this.#rooms.delete(room);
    this.#rooms.set(room, newest);
    const [quietest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms && quietest !== undefined) this.#rooms.delete(quietest);
  }

  /** Notes when a phrase sounds, unless the room has a newer one that is still to be rendered. */
  rendered({ phraseId, phrase, startAt }: AudioRendered): void {
    const newest = this.get(phrase.repoId);
    if (newest && newest.phraseId !== phraseId && newest.phrase.receivedAt > phrase.receivedAt) return;
    this.set({ phraseId, phrase, startAt, isWanted: true });
  }

  clear(): void {
    this.#rooms.clear();
  }
}
