import { hash } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { NewestMap } from '../rooms/newest-map.ts';
import type { SessionKeys } from './session-keys.ts';

/** Longest life of a token in ms: 10 minutes. */
export const tokenMs = 600_000;

/** Most repositories that one token may list: it must fit into a cookie. */
export const maxRepositories = 200;

/** Longest time in ms for which a token may be renewed: 30 days. */
export const maxRenewalMs = 30 * 86_400_000;

/** What a token says. */
export interface Grant {
  /** Who it was made for. */
  readonly subject: string;
  /** GitHub's numbers of the private repositories that it opens. */
  readonly repositories: readonly number[];
  /** When it ends, in epoch ms. */
  readonly expiresAt: number;
  /** Until when it may be renewed, in epoch ms. */
  readonly renewableUntil: number;
}

/** Characters of the longest text that can be a token. */
const maxLength = 4096;

/** Most verified tokens that are remembered, those that were verified last. About 2 kB each. */
const maxVerified = 1000;

/** How far ahead the clock of another server may be, in ms. */
const clockMs = 5000;

/** Why a text is not accepted: it is not a token of this server, or the token has expired. */
export type TokenFault = 'invalid' | 'expired';

const issuer = 'bots-n-cats';
const audience = 'bots-n-cats listeners';
const type = 'bnc-listen+jwt';

/** Makes and reads tokens: signed lists of the private repositories that their bearer may hear. */
export class Tokens {
  readonly #keys: SessionKeys;
  /** What verified tokens say, by the hash of their text, so that no token is kept. */
  readonly #verified = new NewestMap<string, Grant>(maxVerified);

  constructor(keys: SessionKeys) {
    this.#keys = keys;
  }

  /**
   * Makes a token, which lives for ten minutes unless `expiresAt` is earlier.
   * @throws {RangeError} when it lists more than 200 repositories
   */
  async make(grant: Omit<Grant, 'expiresAt'> & Partial<Pick<Grant, 'expiresAt'>>): Promise<{
    readonly token: string;
    readonly expiresAt: number;
  }> {
    const { subject, repositories, renewableUntil } = grant;
    if (repositories.length > maxRepositories) {
      throw new RangeError(`a token lists at most ${maxRepositories} repositories, not ${repositories.length}`);
    }
    const now = Date.now();
    const exp = Math.floor(Math.min(grant.expiresAt ?? Number.POSITIVE_INFINITY, now + tokenMs) / 1000);
    const { id, token: secret } = this.#keys.newest;
    const token = await new SignJWT({ repos: [...repositories], until: Math.floor(renewableUntil / 1000) })
      .setProtectedHeader({ alg: 'HS256', typ: type, kid: id })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(Math.floor(now / 1000))
      .setExpirationTime(exp)
      .sign(await secret);
    return { token, expiresAt: exp * 1000 };
  }

  /** Reads a token; returns what it says, or why it is not accepted. */
  async read(token: string): Promise<Grant | TokenFault> {
    if (token.length > maxLength) return 'invalid';
    const name = hash('sha256', token, 'base64url');
    const verified = this.#verified.get(name);
    if (verified && verified.expiresAt > Date.now()) return verified;
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid }) => this.#keys.get(kid)?.token ?? Promise.reject(new errors.JWKSNoMatchingKey()),
        { algorithms: ['HS256'], typ: type, issuer, audience, requiredClaims: ['sub', 'iat', 'exp', 'repos', 'until'] },
      );
      const { sub = '', iat = 0, exp = 0, repos, until } = payload;
      const isList = Array.isArray(repos) && repos.length <= maxRepositories && repos.every(isNumber);
      const isEarly = iat * 1000 > Date.now() + clockMs;
      if (!isList || !isNumber(until) || isEarly || (exp - iat) * 1000 > tokenMs) return 'invalid';
      const grant = { subject: sub, repositories: repos, expiresAt: exp * 1000, renewableUntil: until * 1000 };
      this.#verified.set(name, grant);
      return grant;
    } catch (error) {
      return error instanceof errors.JWTExpired ? 'expired' : 'invalid';
    }
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
