import type { Command } from 'commander';
import { isLoopback } from '../settings/config.ts';
import { CliError, reasonOf } from './cli-error.ts';

/** Time in ms that a server has to respond. */
const longestMs = 30_000;

/** Adds the options that every command has that talks to a server as its operator. */
export function withServer(command: Command): Command {
  return command
    .option('--url <url>', 'where the server is (default: on this machine, at PORT or 3000)')
    .option('--json', 'print JSON, for machines')
    .addHelpText(
      'after',
      "\nADMIN_TOKENS in the environment must hold a token of the server's operator; of several, the first is used.",
    );
}

/** Returns the URL of a server without a trailing slash. @throws {CliError} `CLI_USAGE` for what is not an http URL. */
export function serverUrl(text = `http://127.0.0.1:${process.env.PORT || 3000}`): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CliError('CLI_USAGE', `A server has a URL such as http://127.0.0.1:3000, not '${text}'.`);
  }
  return url.href.replace(/\/+$/, '');
}

/** What a request to a server sends. */
export interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Time in ms that the server has to respond. Default 30,000. */
  readonly timeoutMs?: number;
}

/**
 * Asks a server and returns its status and its JSON.
 * @throws {CliError} `CLI_UNREACHABLE` when nothing responds; `CLI_SERVER` for a redirect, or for another program.
 */
export async function ask(
  server: string,
  path: string,
  { signal, timeoutMs = longestMs, ...request }: Asked = {},
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Readonly<Record<string, unknown>> }> {
  let response: Response;
  let text: string;
  try {
    const signals = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
    response = await fetch(server + path, { ...request, redirect: 'manual', signal: AbortSignal.any(signals) });
    text = await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CliError(
      'CLI_UNREACHABLE',
      `No server responds at ${server} (${reasonOf(cause)}). Start one with 'bnc serve', or give the URL of another one.`,
      { cause },
    );
  }
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    const to = URL.parse(headers.get('location') ?? '', server)?.origin ?? 'another address';
    throw new CliError(
      'CLI_SERVER',
      `${server} redirects to ${to}: name the address at which the server itself responds.`,
    );
  }
  try {
    return { status, headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  } catch (cause) {
    throw new CliError(
      'CLI_SERVER',
      `What responds at ${server} (${status}) is not a server of bots-n-cats. Check the URL.`,
      { cause },
    );
  }
}

/** Talks to a server as its operator. */
export class Operator {
  readonly #server: string;
  readonly #token: string;

  /**
   * Takes the token from `ADMIN_TOKENS`.
   * @throws {CliError} `CLI_OPERATOR` without a token; `CLI_USAGE` for a wrong URL.
   */
  constructor({ url }: { readonly url?: string }, warn: (text: string) => void) {
    this.#server = serverUrl(url);
    this.#token = (process.env.ADMIN_TOKENS ?? '').split(',')[0]?.trim() ?? '';
    if (this.#token === '') {
      throw new CliError(
        'CLI_OPERATOR',
        `ADMIN_TOKENS is not set. Set it to the token of the operator that the server was started with; for a new one, start the server with ADMIN_TOKENS=$(openssl rand -hex 32).`,
      );
    }
    const { protocol, hostname } = new URL(this.#server);
    if (protocol === 'http:' && !isLoopback(hostname)) {
      warn(`The operator's token goes to ${hostname} without encryption: use its https:// address where it has one.`);
    }
  }

  /**
   * Makes a request.
   * @throws {CliError} `CLI_SERVER` with what the server says when it refuses, and as {@link ask}.
   */
  async request(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Readonly<Record<string, unknown>>> {
    const response = await ask(this.#server, path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.status < 300) return response.body;
    throw new CliError('CLI_SERVER', this.#refusal(response.status, response.body));
  }

  #refusal(status: number, { code, message }: Readonly<Record<string, unknown>>): string {
    if (code === 'OPERATOR_ONLY') {
      return `The server at ${this.#server} does not know this token: set ADMIN_TOKENS to one that it was started with.`;
    }
    if (code === 'HOST_NOT_ALLOWED') {
      return `The server does not accept its operator's requests at ${this.#server}: use the address in its PUBLIC_URL, or its IP address.`;
    }
    return typeof message === 'string' ? message : `The server at ${this.#server} responded ${status}.`;
  }
}

/** The part of a path that names a room: a name, or owner/repo. */
export function roomPath(room: string): string {
  return room.split('/').map(encodeURIComponent).join('/');
}
