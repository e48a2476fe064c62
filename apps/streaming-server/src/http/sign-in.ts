import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPrivateLine, readCookie, writeCookie } from '../access/cookies.ts';
import type { Login, Sessions } from '../access/sessions.ts';
import { SignInError } from '../access/sign-in.ts';
import type { Tokens } from '../access/tokens.ts';
import { signInLimit } from './doors.ts';
import { HttpError } from './errors.ts';
import { bearerOf } from './operator.ts';
import { listOf, moment, nothing, objectOf, routeSchema, type Schema, text } from './schemas.ts';

/** Most rooms in one request. */
const maxRooms = 16;

/** What a request to sign in may contain. */
interface SessionBody {
  readonly token?: string;
  readonly rooms?: readonly string[];
}

const body: Schema = {
  type: ['object', 'null'],
  description: 'Nothing, with a bearer token that is to be renewed.',
  properties: {
    token: { type: 'string', description: 'A token of the operator.' },
    rooms: { ...listOf(text), maxItems: maxRooms, description: 'Rooms to add to the session.' },
  },
  'x-refusal': [
    'SESSION_INVALID',
    `Send {"token":"…"} with a token, or {"rooms":["owner/repo"]} with up to ${maxRooms} rooms.`,
  ],
};

/**
 * `POST /session` turns a token, or a sign-in at a provider, into a cookie that opens private rooms, and renews it;
 * `DELETE /session` signs out; `GET /session` says how to sign in, and who has.
 */
export function signInRoutes(
  app: FastifyInstance,
  { sessions, tokens, ways }: { sessions: Sessions; tokens: Tokens; ways: readonly { label: string; url: string }[] },
): void {
  const session = objectOf({
    name: text,
    expiresAt: moment('When the token ends.'),
    endsAt: moment('When one must sign in again.'),
  });
  const ask = routeSchema({
    summary: 'Read how one can sign in, and who has',
    tag: 'Sign in',
    responses: {
      200: objectOf(
        {
          ways: listOf(objectOf({ label: text, url: text })),
          canSignIn: { type: 'boolean' },
          name: text,
          endsAt: moment('When one must sign in again.'),
        },
        ['ways', 'canSignIn'],
      ),
    },
  });
  const renew = routeSchema({
    summary: 'Begin or renew a session that opens private rooms',
    tag: 'Sign in',
    body,
    responses: { 200: session },
    errors: {
      400: ['SESSION_INVALID'],
      401: ['SESSION_TOKEN_INVALID', 'SESSION_ENDED'],
      403: ['SIGN_IN_NEEDS_HTTPS'],
      503: ['SIGN_IN_UNAVAILABLE'],
    },
  });
  const end = routeSchema({ summary: 'Sign out', tag: 'Sign in', responses: { 204: nothing } });

  app.get('/session', { schema: ask }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const login = isPrivateLine(request) ? await sessions.logins.open(readCookie(request, 'login')) : undefined;
    return {
      ways,
      canSignIn: isPrivateLine(request),
      ...(login && { name: login.facts.identity.name, endsAt: login.endsAt }),
    };
  });

  app.post<{ Body: SessionBody | null | undefined }>(
    '/session',
    { ...signInLimit, bodyLimit: 16_384, schema: renew },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      mustBePrivate(request);
      const { token, rooms = [] } = request.body ?? {};
      if (token !== undefined) return signIn(request, reply, token.trim());
      if (bearerOf(request.headers) !== undefined) return renewBearer(request);
      const login = await sessions.logins.open(readCookie(request, 'login'));
      if (!login) throw sessionEnded('There is no sign-in to go on with. Sign in.');
      const listed = request.visitor.grant?.repositories ?? [];
      const asked = await sessions.wantedFor(rooms);
      try {
        const grant = await sessions.renew({ login: login.facts, endsAt: login.endsAt }, [...asked, ...listed]);
        writeCookie(request, reply, 'token', { text: grant.token, endsAt: grant.expiresAt });
        return { name: login.facts.identity.name, expiresAt: grant.expiresAt, endsAt: login.endsAt };
      } catch (error) {
        if (!(error instanceof SignInError)) throw error;
        if (error.reason === 'unavailable') throw new HttpError(503, 'SIGN_IN_UNAVAILABLE', error.message, 30);
        signOut(request, reply);
        throw sessionEnded(error.message);
      }
    },
  );

  app.delete('/session', { schema: end }, async (request, reply) => {
    signOut(request, reply);
    return reply.header('cache-control', 'no-store').code(204).send();
  });

  /** Puts a token into a cookie, which can be renewed if the token can. */
  const signIn = async (request: FastifyRequest, reply: FastifyReply, token: string): Promise<object> => {
    const grant = await tokens.read(token);
    if (typeof grant === 'string') {
      throw new HttpError(401, 'SESSION_TOKEN_INVALID', 'This token is not valid, or has ended. Ask for a new one.');
    }
    const { subject, repositories, expiresAt, renewableUntil } = grant;
    const endsAt = Math.max(expiresAt, renewableUntil);
    const login: Login = { by: 'token', identity: { subject, name: subject, proof: null }, repositories };
    writeCookie(request, reply, 'token', { text: token, endsAt: expiresAt });
    if (renewableUntil > expiresAt) {
      writeCookie(request, reply, 'login', { text: await sessions.logins.seal(login, renewableUntil), endsAt });
    }
    return { name: subject, expiresAt, endsAt };
  };

  /** Makes the next token for a program that sends its tokens itself. */
  const renewBearer = async ({ visitor: { grant } }: FastifyRequest): Promise<object> => {
    if (!grant || grant.renewableUntil <= Date.now()) {
      throw sessionEnded('This token cannot be renewed. Ask for a new one.');
    }
    const { subject, repositories, renewableUntil } = grant;
    return tokens.make({ subject, repositories, renewableUntil, expiresAt: renewableUntil });
  };
}

/** Deletes the cookies of a sign-in. */
export function signOut(request: FastifyRequest, reply: FastifyReply): void {
  writeCookie(request, reply, 'token');
  writeCookie(request, reply, 'login');
}

/**
 * Refuses to sign in over a connection that others could read.
 * @throws {HttpError} `SIGN_IN_NEEDS_HTTPS`
 */
export function mustBePrivate(request: FastifyRequest): void {
  if (isPrivateLine(request)) return;
  throw new HttpError(
    403,
    'SIGN_IN_NEEDS_HTTPS',
    "Signing in needs HTTPS: put a proxy with a certificate before the server, such as 'caddy reverse-proxy --from music.example.com --to 127.0.0.1:3000', and open the page there.",
  );
}

function sessionEnded(message: string): HttpError {
  return new HttpError(401, 'SESSION_ENDED', message);
}
