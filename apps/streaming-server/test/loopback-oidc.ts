import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { OidcConfig } from '../src/settings/doors.ts';

/** A real OpenID Connect provider on loopback, where whoever comes is who the test says. */
export class LoopbackOidc implements AsyncDisposable {
  /** Who signs in next, with what the provider says of them; undefined: they turn back. */
  person: { readonly id: string; readonly claims: Readonly<Record<string, unknown>> } | undefined;
  readonly #server = createServer();

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  static async start(redirectUri: string): Promise<LoopbackOidc> {
    const oidc = new LoopbackOidc();
    oidc.#server.listen(0, '127.0.0.1');
    await once(oidc.#server, 'listening');
    oidc.#serve(redirectUri);
    return oidc;
  }

  configWith(rules: OidcConfig['rules']): OidcConfig {
    return {
      issuer: this.issuer,
      clientId: 'music',
      clientSecret: 'client-secret',
      scope: 'openid profile groups',
      rules,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(redirectUri: string): void {
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: 'music', client_secret: 'client-secret', redirect_uris: [redirectUri] }],
      claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
      scopes: ['openid', 'profile', 'groups'],
      conformIdTokenClaims: false,
      ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      cookies: { keys: ['a key for the cookies of this test'] },
      features: { devInteractions: { enabled: false } },
      pkce: { required: () => true },
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...this.person?.claims }) }),
    });
    const callback = provider.callback();
    const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { prompt, params, session } = await provider.interactionDetails(request, response);
      if (!this.person) return provider.interactionFinished(request, response, { error: 'access_denied' });
      if (prompt.name === 'login') {
        return provider.interactionFinished(request, response, { login: { accountId: this.person.id } });
      }
      const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id });
      grant.addOIDCScope('openid profile groups');
      return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
    };
    this.#server.on('request', (request, response) => {
      if (request.url?.startsWith('/interaction/') === true) void interact(request, response);
      else callback(request, response);
    });
  }
}
