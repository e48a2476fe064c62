import { actorOf } from './mix.ts';
import type { Phrase } from './phrase.ts';

/** The first place of the room's roster that belongs to programs. */
const firstProgram = 48;

/** Someone who has been heard in the room. */
export interface Player {
  readonly login: string;
  /** Their place in the room's roster, which their signature belongs to. */
  readonly signature: number | undefined;
  readonly isProgram: boolean;
  /** When their newest phrase began, by the server's clock. */
  readonly heardAt: number;
  /** What their signature needs to sound as in the room. */
  readonly params: Phrase['params'];
}

/** The parts of a phrase that the roster reads, live or kept. */
export type RosterPhrase = Pick<Phrase, 'params' | 'activity'> & { readonly startAt?: number };

/** Those who have been heard in a room, people first, and each by the name that is shown. */
export class Roster {
  readonly #players = new Map<string, Player>();

  /** Takes a phrase; returns true if that changes who is there. */
  add(phrase: RosterPhrase): boolean {
    const login = actorOf(phrase);
    if (login === undefined) return false;
    const { params, activity, startAt = 0 } = phrase;
    const known = this.#players.get(login.toLowerCase());
    if (known && known.heardAt >= startAt) return false;
    const { signature } = params;
    const isProgram = signature === undefined ? activity.agent !== undefined : signature >= firstProgram;
    // A place belongs to the one who was heard last in it.
    for (const [other, player] of this.#players) {
      if (signature !== undefined && player.signature === signature) this.#players.delete(other);
    }
    this.#players.set(login.toLowerCase(), { login, signature, isProgram, heardAt: startAt, params });
    return known?.signature !== signature;
  }

  /** People by name, then programs by name. */
  get players(): readonly Player[] {
    return [...this.#players.values()].sort(
      (a, b) => Number(a.isProgram) - Number(b.isProgram) || a.login.localeCompare(b.login),
    );
  }

  /** Forgets everyone: the room is closed to this listener. */
  clear(): void {
    this.#players.clear();
  }
}
