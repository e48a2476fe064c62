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

/**
 * What a token is asked to list: the number of a repository, or a name that is unknown here. The provider is asked
 * about both, so that the time it takes does not reveal which names are known.
 */
export type Wanted = number | string;

/** What a provider has said about one person and one repository. */
interface Opinion {
  readonly mayHear: boolean;
  readonly askedAt: number;
}

/** Age in ms up to which an opinion is used again, so that ten tabs ask the provider once. */
const freshMs = 60_000;

/** Most people for whom it is remembered what they may hear. */
const maxPeople = 1000;

/** Repositories that a provider is asked about at one time. */
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
  readonly #opinions = new NewestMap<string, NewestMap<Wanted, Opinion>>(maxPeople);

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.logins = new Sealed(options.keys, 'login');
  }

  /** Returns what a token needs for these rooms: numbers, and the names that lead to none. */
  async wantedFor(rooms: readonly string[]): Promise<readonly Wanted[]> {
    const { access } = this.#options;
    const named = rooms.filter((room) => access.isRoomName(room));
    const places = await Promise.all(named.map((room) => access.find(room)));
    return places.flatMap(({ channel, needs }): readonly Wanted[] => needs ?? [channel]);
  }

  /**
   * Makes a token that lists those of the repositories that someone may hear; beyond 200, the last ones are left out.
   * @throws {SignInError} when the provider no longer knows them, or does not respond
   */
  async renew(
    { login, endsAt }: { readonly login: Login; readonly endsAt: number },
    wanted: readonly Wanted[],
  ): Promise<Grant & { readonly token: string }> {
    const { subject } = login.identity;
    const asked = [...new Set(wanted)];
    const allowed: number[] = [];
    let expiresAt = endsAt;
    for (let at = 0; at < asked.length && allowed.length < maxRepositories; at += atATime) {
      const some = asked.slice(at, at + atATime);
      const goodUntil = await Promise.all(some.map((one) => this.#goodUntil(login, one)));
      for (const [place, until] of goodUntil.entries()) {
        const one = some[place];
        if (until === undefined || typeof one !== 'number' || allowed.length === maxRepositories) continue;
        allowed.push(one);
        expiresAt = Math.min(expiresAt, until);
      }
    }
    // The bearer of such a token cannot renew it: only the provider can.
    const grant = { subject, repositories: allowed, expiresAt, renewableUntil: Date.now() };
    return { ...grant, ...(await this.#options.tokens.make(grant)) };
  }

  /** Returns until when someone may hear a repository, in epoch ms; undefined if they may not. */
  async #goodUntil(login: Login, wanted: Wanted): Promise<number | undefined> {
    if (login.by === 'token') {
      return typeof wanted === 'number' && login.repositories.includes(wanted) ? Number.POSITIVE_INFINITY : undefined;
    }
    const provider = this.#options.providers.find(({ id }) => id === login.by);
    // The settings do not name this provider any more.
    if (!provider) throw new SignInError('ended', 'This way to sign in has been switched off. Sign in again.');
    const { mayHear, askedAt } = await this.#opinion(provider, login.identity, wanted);
    return mayHear ? askedAt + provider.trustMs : undefined;
  }

  async #opinion(provider: Provider, identity: Identity, wanted: Wanted): Promise<Opinion> {
    const known = this.#opinions.get(identity.subject) ?? new NewestMap<Wanted, Opinion>(2 * maxRepositories);
    this.#opinions.set(identity.subject, known);
    const before = known.get(wanted);
    const askedAt = Date.now();
    // A clock that was set back makes no answer younger.
    if (before && Math.abs(askedAt - before.askedAt) < freshMs) return before;
    const repository =
      typeof wanted === 'number' ? await this.#options.tables.repository(wanted) : { repoId: wanted, repositoryId: 0 };
    const mayHear = repository !== undefined && (await provider.mayHear(identity, repository));
    const opinion = { mayHear, askedAt };
    known.set(wanted, opinion);
    return opinion;
  }
}
