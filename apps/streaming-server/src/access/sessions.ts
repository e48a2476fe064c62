import type { Access } from '../rooms/access.ts';
import { NewestMap } from '../rooms/newest-map.ts';
import type { Tables } from '../rooms/tables.ts';
import { Sealed } from './sealed.ts';
import type { SessionKeys } from './session-keys.ts';
import { type Identity, type Provider, SignInError } from './sign-in.ts';
import { type Grant, maxRepositories, type Tokens } from './tokens.ts';

/** Who has signed in, and how. */
export type Login =
  | { readonly by: Provider['id']; readonly identity: Identity }
  | { readonly by: 'token'; readonly identity: Identity; readonly repositories: readonly number[] };

/** What a provider has said about one person and one repository. */
interface Opinion {
  readonly mayHear: boolean;
  readonly askedAt: number;
}

/** Age in ms up to which a provider is not asked again, so that ten tabs ask it once. */
const freshMs = 60_000;

/** People of whom it is remembered what they may hear, at most. */
const maxPeople = 10_000;

/** Repositories that a provider is asked about at a time. */
const atATime = 16;

/** What `Sessions` works with. */
export interface SessionsOptions {
  readonly tokens: Tokens;
  readonly keys: SessionKeys;
  readonly access: Access;
  readonly tables: Pick<Tables, 'repository'>;
  readonly providers: readonly Provider[];
}

/** Turns a sign-in into tokens, again and again for as long as the sign-in lasts. */
export class Sessions {
  /** The cookie that holds a sign-in. */
  readonly logins: Sealed<Login>;
  readonly #options: SessionsOptions;
  /** By person, then by repository. */
  readonly #opinions = new NewestMap<string, NewestMap<number, Opinion>>(maxPeople);

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.logins = new Sealed(options.keys, 'login');
  }

  /** Returns the numbers of the repositories that a token needs for these rooms; none for names without a room. */
  async numbersOf(rooms: readonly string[]): Promise<readonly number[]> {
    const { access } = this.#options;
    const places = await Promise.all(rooms.filter((room) => access.isRoomName(room)).map((room) => access.find(room)));
    return places.flatMap(({ needs = [] }) => needs);
  }

  /**
   * Makes a token that lists those of the repositories that someone may hear. What does not fit is left out, last first.
   * @throws {SignInError} when the provider does not know them any more, or does not respond
   */
  async renew(
    { login, endsAt }: { readonly login: Login; readonly endsAt: number },
    wanted: readonly number[],
  ): Promise<Grant & { readonly token: string }> {
    const { subject } = login.identity;
    const numbers = [...new Set(wanted)];
    const allowed: number[] = [];
    let expiresAt = endsAt;
    for (let at = 0; at < numbers.length && allowed.length < maxRepositories; at += atATime) {
      const some = numbers.slice(at, at + atATime);
      const goodUntil = await Promise.all(some.map((number) => this.#goodUntil(login, number)));
      for (const [place, until] of goodUntil.entries()) {
        if (until === undefined || allowed.length === maxRepositories) continue;
        allowed.push(some[place] ?? 0);
        expiresAt = Math.min(expiresAt, until);
      }
    }
    // The bearer of such a token cannot renew it: only the provider can.
    const grant = { subject, repositories: allowed, expiresAt, renewableUntil: Date.now() };
    return { ...grant, ...(await this.#options.tokens.make(grant)) };
  }

  /** Returns until when someone may hear a repository, in epoch ms; undefined if they may not. */
  async #goodUntil(login: Login, number: number): Promise<number | undefined> {
    if (login.by === 'token') return login.repositories.includes(number) ? Number.POSITIVE_INFINITY : undefined;
    const provider = this.#options.providers.find(({ id }) => id === login.by);
    // The settings do not name this provider any more.
    if (!provider) throw new SignInError('ended', 'This way to sign in has been switched off. Sign in again.');
    const { mayHear, askedAt } = await this.#opinion(provider, login.identity, number);
    return mayHear ? askedAt + provider.trustMs : undefined;
  }

  async #opinion(provider: Provider, identity: Identity, number: number): Promise<Opinion> {
    const known = this.#opinions.get(identity.subject) ?? new NewestMap<number, Opinion>(2 * maxRepositories);
    this.#opinions.set(identity.subject, known);
    const before = known.get(number);
    const askedAt = Date.now();
    // A clock that was set back makes no answer younger.
    if (before && Math.abs(askedAt - before.askedAt) < freshMs) return before;
    const repository = await this.#options.tables.repository(number);
    const mayHear = repository !== undefined && (await provider.mayHear(identity, repository));
    const opinion = { mayHear, askedAt };
    known.set(number, opinion);
    return opinion;
  }
}
