import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hostsOf } from '../access/cookies.ts';
import { isSameText } from '../access/same-text.ts';
import { Visitor } from '../access/visitor.ts';
import { HttpError, operatorOnly, tooManyGuesses } from './errors.ts';

/** Tells whether a request has one of the accepted bearer tokens. */
export type HasToken = (headers: IncomingHttpHeaders) => boolean;

/** Makes a check for bearer tokens. The check takes the same time for every wrong token. */
export function tokenCheck(tokens: readonly string[]): HasToken {
  return (headers) => {
    const given = bearerOf(headers) ?? '';
    let hasToken = false;
    for (const token of tokens) hasToken = isSameText(token, given) || hasToken;
    return hasToken;
  };
}

/** Returns the bearer token of a request. */
export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer (\S+)$/i.exec(authorization)?.[1];
}

/**
 * Lets only the operator pass, and only by one of the server's own host names.
 * @throws {HttpError} `HOST_NOT_ALLOWED`, `OPERATOR_ONLY` or `TOO_MANY_GUESSES`
 */
export function mustBeOperator(
  request: FastifyRequest,
  reply: FastifyReply,
  isOwnHost: (hostname: string) => boolean,
): void {
  reply.header('cache-control', 'no-store');
  if (!hostsOf(request).every(isOwnHost)) {
    throw new HttpError(
      421,
      'HOST_NOT_ALLOWED',
      'The operator reaches this server under the host of PUBLIC_URL, or by its address.',
    );
  }
  if (request.visitor.isOperator) return;
  if (request.visitor === Visitor.guesser) {
    throw tooManyGuesses();
  }
  reply.header('www-authenticate', 'Bearer');
  throw operatorOnly();
}
