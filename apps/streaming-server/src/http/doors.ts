import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import helmet from 'helmet';
import type { Tokens } from '../access/tokens.ts';
import { visitorOf } from '../access/visitors.ts';
import { type Config, isLoopback } from '../settings/config.ts';
import type { DoorsConfig } from '../settings/doors.ts';
import { HttpError } from './errors.ts';
import type { HasToken } from './operator.ts';

/** Wrong bearer tokens that one address may send in a minute; after that, its bearer tokens are not read. */
const maxGuesses = 10;

/** Mean delay of the event loop in ms, above which the server refuses all requests but those to `alwaysServed`. */
const maxDelayMs = 1000;

/** How often that is checked, in ms. */
const pressureMs = 5000;

/** The path of GitHub's deliveries, which have their own limits and must not be refused while they can be stored. */
const webhookPath = '/webhooks/github';

/** What a busy server still serves: deliveries and monitoring, but not `/readyz`: a busy server is not ready. */
const alwaysServed: ReadonlySet<string> = new Set([webhookPath, '/health', '/livez', '/metrics']);

/** No response says how many requests are left. A client that has sent too many gets `Retry-After`. */
const noCounts = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };

/** Limit for routes that ask a provider, or read a token from a stranger: 30 requests of a client in a minute. */
export const signInLimit: RouteShorthandOptions = {
  config: { rateLimit: { max: 30, timeWindow: 60_000, allowList: [] } },
};

/**
 * Names a client for limits: by its token, or else by its address. A list, not joined text: no part can pass for
 * another.
 */
export function clientOf({ visitor, ip }: FastifyRequest): string {
  return JSON.stringify(visitor.grant ? ['token', visitor.grant.subject] : ['address', normalizeIP(ip)]);
}

/** Id of a request: the one that a proxy has given it, if it is harmless. */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Makes a check for host names of this server: a page of another host that leads here by DNS is not one. */
export function ownHosts({
  host,
  doors: { publicUrl },
}: Pick<Config, 'host' | 'doors'>): (hostname: string) => boolean {
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
  return (hostname) =>
    isLoopback(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) > 0 || hostname === host || hostname === publicHost;
}

/** Everything that stands before the routes: headers, origins, limits, and who makes the request. */
export async function openDoors(
  app: FastifyInstance,
  {
    doors,
    tokens,
    isOperator,
    isWatcher,
  }: { doors: DoorsConfig; tokens: Tokens; isOperator: HasToken; isWatcher: HasToken },
): Promise<void> {
  const setHeaders = securityHeaders();
  app.addHook('onRequest', ({ raw }, reply, done) =>
    setHeaders(raw, reply.raw, (error) => done(error as Error | undefined)),
  );
  await app.register(cors, {
    origin: [...doors.corsOrigins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'last-event-id', 'range'],
    exposedHeaders: ['content-range', 'etag', 'retry-after', 'x-request-id'],
    strictPreflight: false,
    maxAge: 300,
  });
  await app.register(cookie);
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  app.addHook('onClose', async () => delays.disable());
  await app.register(underPressure, {
    healthCheck: async () => {
      // NaN while nothing has been measured, as at the start.
      const isBusy = delays.mean / 1e6 > maxDelayMs;
      delays.reset();
      return !isBusy;
    },
    healthCheckInterval: pressureMs,
    pressureHandler: ({ routeOptions: { url } }) => {
      if (url !== undefined && alwaysServed.has(url)) return;
      throw new HttpError(503, 'SERVER_BUSY', 'The server is busy. Try again in a moment.', 5);
    },
  });
  await app.register(rateLimit, {
    max: doors.rateLimit || Number.MAX_SAFE_INTEGER,
    timeWindow: 60_000,
    keyGenerator: clientOf,
    allowList: ({ ip, visitor, routeOptions: { url } }) =>
      (isLoopback(ip) && !visitor.grant) || visitor.isOperator || url === webhookPath,
    addHeaders: noCounts,
    addHeadersOnExceeding: noCounts,
    errorResponseBuilder: (_request, { ttl }) =>
      new HttpError(429, 'RATE_LIMITED', 'This address or token has sent too many requests.', Math.ceil(ttl / 1000)),
  });

  const guessed = app.createRateLimit({
    max: maxGuesses,
    timeWindow: 60_000,
    allowList: [],
    keyGenerator: ({ ip }) => normalizeIP(ip),
  });
  const guesses = {
    areTooMany: async (request: FastifyRequest): Promise<boolean> => {
      const state = await guessed(request, { increment: false });
      return !state.isAllowed && state.remaining === 0;
    },
    count: async (request: FastifyRequest): Promise<void> => {
      await guessed(request);
    },
  };
  app.decorateRequest('visitor');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    request.visitor = await visitorOf(request, { tokens, isOperator, isWatcher, guesses });
  });
}

/** Makes the function that sets the security headers of a reply; made once, as most of its text never changes. */
function securityHeaders(): ReturnType<typeof helmet> {
  return helmet({
    // The page may load everything from this server, and nothing from elsewhere.
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
    },
  });
}
