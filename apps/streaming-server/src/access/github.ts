import { hash } from 'node:crypto';
import type { GitHubConfig } from '../settings/doors.ts';
import { type AskedRepository, type Identity, type Provider, SignInError, type Ticket } from './sign-in.ts';

/** Time in ms that GitHub has to respond. */
const timeoutMs = 10_000;

/** Signs people in with GitHub; they may hear the repositories that GitHub lets them read. */
export class GitHubProvider implements Provider {
  readonly id = 'github';
  readonly label = 'GitHub';
  readonly lifeMs = 8 * 3_600_000;
  readonly trustMs = 300_000;
  readonly #config: GitHubConfig;
  readonly #api: string;

  constructor(config: GitHubConfig) {
    this.#config = config;
    this.#api = config.url === 'https://github.com' ? 'https://api.github.com' : `${config.url}/api/v3`;
  }

  async start(redirectUri: string, { state, verifier }: Ticket): Promise<URL> {
    const url = new URL(`${this.#config.url}/login/oauth/authorize`);
    url.search = new URLSearchParams({
      client_id: this.#config.clientId,
      redirect_uri: redirectUri,
      scope: this.#config.scope,
      state,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    }).toString();
    return url;
  }

  async finish(callback: URL, { state, verifier }: Ticket): Promise<Identity> {
    const code = callback.searchParams.get('code');
    if (code === null || callback.searchParams.get('state') !== state) throw refused();
    const { clientId, clientSecret, url } = this.#config;
    const response = await ask(`${url}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        code,
        redirect_uri: `${callback.origin}${callback.pathname}`,
        code_verifier: verifier,
      }),
    });
    const { access_token: accessToken } = await bodyOf(response);
    if (typeof accessToken !== 'string') throw refused();
    const user = await this.#get('/user', accessToken);
    const { id, login } = await bodyOf(user);
    if (!Number.isSafeInteger(id) || typeof login !== 'string') throw refused();
    return { subject: `github ${String(id)}`, name: login, proof: accessToken };
  }

  async mayHear({ proof }: Identity, { repoId, repositoryId }: AskedRepository): Promise<boolean> {
    // After a rename, GitHub leads to the new name; another repository with this name has another number.
    const [owner = '', name = ''] = repoId.split('/');
    const response = await this.#get(`/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`, String(proof));
    const { id } = await bodyOf(response);
    return response.ok && id === repositoryId;
  }

  /** Makes a request as the user. GitHub responds 403, 404 or 451 for what they may not read. */
  async #get(path: string, accessToken: string): Promise<Response> {
    const response = await ask(`${this.#api}${path}`, {
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${accessToken}`,
        'user-agent': 'bots-n-cats',
        'x-github-api-version': '2022-11-28',
      },
    });
    const { status, headers } = response;
    if (status === 401) throw new SignInError('ended', 'GitHub does not accept this sign-in any more. Sign in again.');
    const isLimited = status === 429 || (status === 403 && headers.get('x-ratelimit-remaining') === '0');
    if (isLimited || status >= 500) throw unavailable(new Error(`GitHub returned ${status}`));
    return response;
  }
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  } catch (cause) {
    throw unavailable(cause);
  }
}

async function bodyOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

function refused(): SignInError {
  return new SignInError('refused', 'GitHub did not confirm the sign-in. Try again.');
}

function unavailable(cause: unknown): SignInError {
  return new SignInError('unavailable', 'GitHub does not respond. Try again later.', { cause });
}
