import { hash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { GitHubConfig } from '../src/settings/doors.ts';

/** Someone with an account there. */
export interface GitHubUser {
  readonly id: number;
  readonly login: string;
  /** Numbers of repositories by the name under which they may read them. */
  readonly mayRead: Map<string, number>;
}

/** As much of GitHub as a sign-in needs, on loopback. */
export class LoopbackGitHub implements AsyncDisposable {
  /** Who signs in next. */
  user: GitHubUser = { id: 0, login: 'nobody', mayRead: new Map() };
  /** What every question about a repository gets instead; undefined: the truth. */
  status: number | undefined;
  /** Questions about repositories so far. */
  asked = 0;
  readonly #codes = new Map<string, { readonly user: GitHubUser; readonly challenge: string }>();
  readonly #tokens = new Map<string, GitHubUser>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<LoopbackGitHub> {
    const github = new LoopbackGitHub();
    github.#server.listen(0, '127.0.0.1');
    await once(github.#server, 'listening');
    return github;
  }

  get config(): GitHubConfig {
    const { port } = this.#server.address() as AddressInfo;
    return { clientId: 'app', clientSecret: 'app-secret', scope: '', url: `http://127.0.0.1:${port}` };
  }

  /** Ends every sign-in. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://github');
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (pathname === '/login/oauth/authorize') {
      const code = randomUUID();
      this.#codes.set(code, { user: this.user, challenge: query.get('code_challenge') ?? '' });
      const to = new URL(query.get('redirect_uri') ?? '');
      to.search = new URLSearchParams({ code, state: query.get('state') ?? '' }).toString();
      response.writeHead(302, { location: to.href }).end();
      return;
    }
    if (pathname === '/login/oauth/access_token') {
      const form = new URLSearchParams(await text(request));
      const code = this.#codes.get(form.get('code') ?? '');
      this.#codes.delete(form.get('code') ?? '');
      const isProven = hash('sha256', form.get('code_verifier') ?? '', 'base64url') === code?.challenge;
      if (!code || !isProven || form.get('client_secret') !== 'app-secret') {
        return send(200, { error: 'bad_verification_code' });
      }
      const token = randomUUID();
      this.#tokens.set(token, code.user);
      return send(200, { access_token: token, token_type: 'bearer' });
    }
    const user = this.#tokens.get(request.headers.authorization?.slice('Bearer '.length) ?? '');
    if (!user) return send(401, { message: 'Bad credentials' });
    if (pathname === '/api/v3/user') return send(200, { id: user.id, login: user.login });
    this.asked++;
    if (this.status !== undefined) return send(this.status, { message: 'Not now' });
    const id = user.mayRead.get(decodeURIComponent(pathname.replace('/api/v3/repos/', '')));
    return id === undefined ? send(404, { message: 'Not Found' }) : send(200, { id });
  }
}
