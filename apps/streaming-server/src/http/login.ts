import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readCookie, writeCookie } from '../access/cookies.ts';
import { Sealed } from '../access/sealed.ts';
import type { SessionKeys } from '../access/session-keys.ts';
import type { Sessions } from '../access/sessions.ts';
import { type Provider, SignInError, type Ticket } from '../access/sign-in.ts';
import { signInLimit } from './doors.ts';
import { HttpError } from './errors.ts';
import { routeSchema } from './schemas.ts';
import { mustBePrivate } from './sign-in.ts';

/** Time in ms that someone has to sign in at the provider. */
const ticketMs = 600_000;

/** Path to which providers send browsers back. */
const callbackPath = '/login/callback';

/** A sign-in that is under way. */
interface Departure {
  readonly provider: Provider['id'];
  readonly ticket: Ticket;
  /** The room to come back to. */
  readonly room: string;
}

/** What `loginRoutes` works with. */
export interface LoginOptions {
  readonly providers: readonly Provider[];
  readonly sessions: Sessions;
  readonly keys: SessionKeys;
  readonly publicUrl: string | undefined;
}

/** Returns the ways to sign in, for the page of a server under a path. */
export function waysOf(providers: readonly Provider[], basePath: string): { label: string; url: string }[] {
  return providers.map(({ id, label }) => ({ label, url: `${basePath}/login?with=${id}` }));
}

/** `GET /login` sends a browser to a provider, and `GET /login/callback` receives it back. */
export function loginRoutes(app: FastifyInstance, { providers, sessions, keys, publicUrl }: LoginOptions): void {
  const departures = new Sealed<Departure>(keys, 'departure');
  const redirectUri = ({ protocol, host }: FastifyRequest): string =>
    `${publicUrl ?? `${protocol}://${host}`}${callbackPath}`;

  const redirected = { type: 'null', description: 'A redirect.' } as const;
  const leave = routeSchema({
    summary: 'Go to a provider to sign in',
    tag: 'Sign in',
    query: {
      with: { description: 'Id of the provider. Default: the first.' },
      room: { description: 'The room to come back to.' },
    },
    responses: { 302: redirected },
    errors: { 403: ['SIGN_IN_NEEDS_HTTPS'], 404: ['LOGIN_UNKNOWN'], 503: ['SIGN_IN_UNAVAILABLE'] },
  });
  const comeBack = routeSchema({
    summary: 'Come back from a provider',
    tag: 'Sign in',
    responses: { 302: redirected },
    errors: { 403: ['SIGN_IN_NEEDS_HTTPS'] },
  });

  app.get<{ Querystring: Readonly<Record<'with' | 'room', unknown>> }>(
    '/login',
    { ...signInLimit, schema: leave },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { with: asked, room = '' } = request.query;
      const provider = asked === undefined ? providers[0] : providers.find(({ id }) => id === asked);
      if (!provider) throw new HttpError(404, 'LOGIN_UNKNOWN', 'This server has no such way to sign in.');
      mustBePrivate(request);
      const ticket = { state: random(), verifier: random(), nonce: random() };
      const departure = { provider: provider.id, ticket, room: typeof room === 'string' ? room.slice(0, 140) : '' };
      const endsAt = Date.now() + ticketMs;
      const url = await provider.start(redirectUri(request), ticket).catch((error: unknown) => {
        if (!(error instanceof SignInError)) throw error;
        request.log.warn({ err: error.cause }, 'provider of sign-ins does not respond');
        throw new HttpError(503, 'SIGN_IN_UNAVAILABLE', error.message, 30);
      });
      writeCookie(request, reply, 'state', { text: await departures.seal(departure, endsAt), endsAt });
      return reply.redirect(url.href);
    },
  );

  app.get(callbackPath, { ...signInLimit, schema: comeBack }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    mustBePrivate(request);
    const departure = (await departures.open(readCookie(request, 'state')))?.facts;
    writeCookie(request, reply, 'state');
    const provider = providers.find(({ id }) => id === departure?.provider);
    if (!departure || !provider) return back(reply, '', 'failed');
    const { room, ticket } = departure;
    const { search } = new URL(request.url, 'http://localhost');
    try {
      const identity = await provider.finish(new URL(`${redirectUri(request)}${search}`), ticket);
      const endsAt = Date.now() + provider.lifeMs;
      const text = await sessions.logins.seal({ by: provider.id, identity }, endsAt);
      writeCookie(request, reply, 'token');
      writeCookie(request, reply, 'login', { text, endsAt });
      return await back(reply, room, 'done');
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      request.log.info({ err: error.cause ?? error }, 'sign-in refused');
      return back(reply, room, 'failed');
    }
  });
}

/** Sends a browser back to the page of a room, which goes on from there. */
function back(reply: FastifyReply, room: string, how: 'done' | 'failed'): FastifyReply {
  const query = room === '' ? '' : `?repo=${encodeURIComponent(room)}`;
  return reply.redirect(`${reply.server.basePath}/${query}#sign-in-${how}`);
}

function random(): string {
  return randomBytes(32).toString('base64url');
}
