import type { ConfigError, Setting } from './config.ts';

/** Who may come in, and how. */
export interface DoorsConfig {
  /** Secrets of the session keys, newest first. If empty, the servers share one that is kept with their tables. */
  readonly sessionSecrets: readonly string[];
  /** Where browsers reach the server, such as `https://music.example.com` or `https://example.com/music`. */
  readonly publicUrl?: string;
  /** Addresses whose `X-Forwarded-…` headers count. */
  readonly trustProxy: readonly string[];
  /** Origins whose scripts may read responses. */
  readonly corsOrigins: readonly string[];
  /** Requests of one address, or one token, in a minute; 0 sets no limit. */
  readonly rateLimit: number;
  /** The OpenID Connect provider. */
  readonly oidc?: OidcConfig;
  /** The GitHub App, or OAuth app. */
  readonly github?: GitHubConfig;
}

/** How people sign in with OpenID Connect. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly rules: readonly OidcRule[];
}

/** Rooms for people about whom the provider makes a claim, or for everyone who signs in if `claim` is absent. */
export interface OidcRule {
  readonly claim?: { readonly name: string; readonly value: string };
  /** Names such as `owner/repo` or `owner/*`, in lower case. */
  readonly repositories: readonly string[];
}

/** How people sign in with GitHub. */
export interface GitHubConfig {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** `https://github.com`, or a GitHub Enterprise Server. */
  readonly url: string;
}

/** Settings of the doors. Those that hold secrets or belong to them have no flag. */
export const doorSettings: readonly Setting[] = [
  {
    variable: 'PUBLIC_URL',
    flag: 'public-url',
    value: 'https://…',
    fallback: 'none',
    about: 'where browsers reach this server, with its path where it has one',
  },
  {
    variable: 'TRUST_PROXY',
    flag: 'trust-proxy',
    value: 'a,b|off',
    fallback: 'loopback',
    about: 'proxies whose X-Forwarded headers count: addresses, networks, loopback, linklocal, uniquelocal',
  },
  {
    variable: 'CORS_ORIGINS',
    flag: 'cors-origins',
    value: 'https://a,https://b',
    fallback: 'none',
    about: 'origins whose scripts may read responses',
  },
  {
    variable: 'RATE_LIMIT',
    flag: 'rate-limit',
    value: 'number',
    fallback: '1200',
    about: 'requests of one address or token in a minute; 0 sets no limit',
  },
  {
    variable: 'SESSION_SECRETS',
    value: 'a,b',
    fallback: 'one is made',
    about: 'secrets that sign tokens of listeners, 32 bytes or more each, newest first',
  },
  { variable: 'OIDC_ISSUER', value: 'https://…', fallback: 'none', about: 'OpenID Connect provider to sign in with' },
  { variable: 'OIDC_CLIENT_ID', value: 'text', fallback: 'none', about: 'client of that provider' },
  { variable: 'OIDC_CLIENT_SECRET', value: 'text', fallback: 'none', about: 'its secret' },
  { variable: 'OIDC_SCOPE', value: 'a b', fallback: 'openid', about: 'what to ask the provider for' },
  {
    variable: 'OIDC_ROOMS',
    value: 'claim=value:owner/*;*:owner/repo',
    fallback: 'none',
    about: 'who may hear which private repositories; * is everyone who signs in',
  },
  { variable: 'GITHUB_CLIENT_ID', value: 'text', fallback: 'none', about: 'GitHub App to sign in with' },
  { variable: 'GITHUB_CLIENT_SECRET', value: 'text', fallback: 'none', about: 'its secret' },
  { variable: 'GITHUB_SCOPE', value: 'a b', fallback: 'none', about: 'scope for an OAuth app, which needs repo' },
  { variable: 'GITHUB_URL', value: 'https://…', fallback: 'https://github.com', about: 'a GitHub Enterprise Server' },
];

/** How settings are read. */
export interface Reading {
  /** Returns a setting with the name to use in messages. */
  read(variable: string): { readonly name: string; readonly text: string } | undefined;
  list(variable: string, minBytes: number): readonly string[];
  invalid(name: string, problem: string): ConfigError;
}

/** Reads the settings of the doors. @throws {ConfigError} `CONFIG_INVALID` naming the setting that is wrong. */
export function readDoors(reading: Reading): DoorsConfig {
  const { read, list, invalid } = reading;
  const publicUrl = publicUrlOf(reading);
  const limit = read('RATE_LIMIT');
  const rateLimit = Number(limit?.text ?? 1200);
  if (!(Number.isInteger(rateLimit) && rateLimit >= 0 && rateLimit <= 1_000_000)) {
    throw invalid(limit?.name ?? 'RATE_LIMIT', `must be a whole number from 0 to 1000000, not '${limit?.text}'.`);
  }
  const origins = read('CORS_ORIGINS');
  const corsOrigins = wordsOf(origins?.text);
  for (const origin of corsOrigins) {
    if (!isOrigin(origin)) {
      throw invalid(
        origins?.name ?? '',
        `must be origins such as https://a.example with commas between them, not '${origin}'.`,
      );
    }
  }
  const oidc = oidcOf(reading);
  const github = gitHubOf(reading);
  return {
    sessionSecrets: list('SESSION_SECRETS', 32),
    ...(publicUrl !== undefined && { publicUrl }),
    trustProxy: proxiesOf(reading),
    corsOrigins: corsOrigins.map((origin) => new URL(origin).origin),
    rateLimit,
    ...(oidc && { oidc }),
    ...(github && { github }),
  };
}

/** Reads where browsers reach the server; its path has no trailing slash. */
function publicUrlOf({ read, invalid }: Reading): string | undefined {
  const setting = read('PUBLIC_URL');
  if (!setting) return undefined;
  const { name, text } = setting;
  const [, site = '', path = ''] = /^(\w+:\/\/[^/]+)((?:\/[\w.~-]+)*)\/?$/.exec(text) ?? [];
  // Segments of dots are gone from the path that a browser asks for.
  if (!isOrigin(site) || new URL(text).pathname.replace(/\/$/, '') !== path) {
    throw invalid(
      name,
      `must be a scheme and a host, with a path of letters, digits and ._~- where it has one, such as https://music.example.com or https://example.com/music, not '${text}'.`,
    );
  }
  return new URL(site).origin + path;
}

/** The path under which browsers reach the server, such as `/music`; empty at the root of a host. */
export function basePathOf({ publicUrl }: Pick<DoorsConfig, 'publicUrl'>): string {
  return publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');
}

const proxyPattern = /^(?:loopback|linklocal|uniquelocal|[0-9a-f.:]{2,45}(?:\/\d{1,3})?)$/;

function proxiesOf({ read, invalid }: Reading): readonly string[] {
  const { name, text } = read('TRUST_PROXY') ?? { name: '', text: 'loopback' };
  if (text === 'off') return [];
  const proxies = wordsOf(text);
  const wrong = proxies.find((proxy) => !proxyPattern.test(proxy));
  if (wrong !== undefined || proxies.length === 0) {
    throw invalid(name, `must be addresses such as loopback,10.0.0.0/8, or off, not '${text}'.`);
  }
  return proxies;
}

function oidcOf(reading: Reading): OidcConfig | undefined {
  const { read, invalid } = reading;
  const given = together(reading, ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_ROOMS']);
  if (!given) return undefined;
  const [issuer = '', clientId = '', clientSecret = '', rooms = ''] = given;
  if (!isSafeUrl(issuer)) throw invalid('OIDC_ISSUER', `must be a URL that starts with https://, not '${issuer}'.`);
  const rules = rooms
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const rule = ruleOf(part.trim());
      if (!rule) {
        throw invalid('OIDC_ROOMS', `must be rules such as groups=music:owner/*;*:owner/repo, not '${part.trim()}'.`);
      }
      return rule;
    });
  const scope = read('OIDC_SCOPE')?.text ?? 'openid';
  if (!scope.split(' ').includes('openid')) throw invalid('OIDC_SCOPE', `must contain openid, not only '${scope}'.`);
  return { issuer, clientId, clientSecret, scope, rules };
}

function ruleOf(text: string): OidcRule | undefined {
  const colon = text.lastIndexOf(':');
  const who = text.slice(0, Math.max(colon, 0)).trim();
  const repositories = wordsOf(text.slice(colon + 1).toLowerCase());
  const areNames = repositories.length > 0 && repositories.every((one) => /^[\w.-]+\/(?:\*|[\w.-]+)$/.test(one));
  if (!areNames) return undefined;
  if (who === '*') return { repositories };
  const [, name, value] = /^([\w:./-]+)=(.+)$/.exec(who) ?? [];
  return name === undefined || value === undefined ? undefined : { claim: { name, value }, repositories };
}

function gitHubOf(reading: Reading): GitHubConfig | undefined {
  const { read, invalid } = reading;
  const given = together(reading, ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET']);
  if (!given) return undefined;
  const [clientId = '', clientSecret = ''] = given;
  const url = read('GITHUB_URL')?.text ?? 'https://github.com';
  if (!isSafeUrl(url)) throw invalid('GITHUB_URL', `must be a URL that starts with https://, not '${url}'.`);
  return { clientId, clientSecret, scope: read('GITHUB_SCOPE')?.text ?? '', url: url.replace(/\/+$/, '') };
}

/** Reads settings that must be set together; undefined if none of them is set. */
function together({ read, invalid }: Reading, variables: readonly string[]): readonly string[] | undefined {
  const texts = variables.map((variable) => read(variable)?.text ?? '');
  if (texts.every((text) => text === '')) return undefined;
  const missing = variables.find((_, place) => texts[place] === '');
  if (missing !== undefined) throw invalid(missing, `is missing: ${variables.join(', ')} belong together.`);
  return texts;
}

function wordsOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' && search + hash + username === '';
}

/** Plain http is for programs on this machine, as in tests. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname));
}
