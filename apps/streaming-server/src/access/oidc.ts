import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
} from 'openid-client';
import { lower } from '../rooms/names.ts';
import type { OidcConfig } from '../settings/doors.ts';
import { type AskedRepository, type Identity, type Provider, SignInError, type Ticket } from './sign-in.ts';

/** Time in seconds that the provider has to respond. */
const timeoutSeconds = 10;

/** Signs people in with an OpenID Connect provider, whose claims about them decide which rooms they may hear. */
export class OidcProvider implements Provider {
  readonly id = 'oidc';
  readonly label: string;
  /** Twelve hours: the claims are read at sign-in only, so they are never older than half a day. */
  readonly lifeMs = 12 * 3_600_000;
  readonly trustMs: number = Number.POSITIVE_INFINITY;
  readonly #config: OidcConfig;
  #discovered: Promise<Configuration> | undefined;

  constructor(config: OidcConfig) {
    this.#config = config;
    this.label = new URL(config.issuer).hostname;
  }

  async start(redirectUri: string, { state, verifier, nonce }: Ticket): Promise<URL> {
    return buildAuthorizationUrl(await this.#discover(), {
      redirect_uri: redirectUri,
      scope: this.#config.scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
  }

  async finish(callback: URL, { state, verifier, nonce }: Ticket): Promise<Identity> {
    const provider = await this.#discover();
    try {
      const tokens = await authorizationCodeGrant(provider, callback, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new Error('no ID token came');
      const { sub, name, preferred_username: nick, email } = claims;
      const shown = [name, nick, email].find((text): text is string => typeof text === 'string' && text !== '');
      return { subject: `oidc ${sub}`, name: shown ?? sub, proof: this.#patternsFor(claims) };
    } catch (cause) {
      throw new SignInError('refused', 'The provider did not confirm the sign-in. Try again.', { cause });
    }
  }

  async mayHear({ proof }: Identity, { repoId }: AskedRepository): Promise<boolean> {
    const name = lower(repoId);
    return (proof as readonly string[]).some((pattern) =>
      pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
  }

  /** Returns the patterns of all repositories that the rules give someone with these claims. */
  #patternsFor(claims: Readonly<Record<string, unknown>>): readonly string[] {
    const given = this.#config.rules.filter(({ claim }) => {
      if (!claim) return true;
      return [Object.hasOwn(claims, claim.name) ? claims[claim.name] : []].flat().some((one) => one === claim.value);
    });
    return [...new Set(given.flatMap(({ repositories }) => repositories))];
  }

  /** Asks the provider for its addresses, once; after a failure, the next sign-in asks again. */
  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#config;
    const url = new URL(issuer);
    this.#discovered ??= discovery(url, clientId, clientSecret, undefined, {
      timeout: timeoutSeconds,
      // The settings allow plain http on this machine only.
      execute: url.protocol === 'http:' ? [allowInsecureRequests] : [],
    });
    try {
      return await this.#discovered;
    } catch (cause) {
      this.#discovered = undefined;
      throw new SignInError('unavailable', 'The provider of sign-ins does not respond. Try again later.', { cause });
    }
  }
}
