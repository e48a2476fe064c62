import type { FastifyRequest } from 'fastify';
import { bearerOf, type HasToken } from '../http/operator.ts';
import { isPrivateLine, readCookie } from './cookies.ts';
import type { Tokens } from './tokens.ts';
import { Visitor } from './visitor.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request. */
    visitor: Visitor;
  }
}

/** Counts wrong bearer tokens of an address. */
export interface Guesses {
  /** Tells whether an address has recently made too many. */
  areTooMany(request: FastifyRequest): Promise<boolean>;
  /** Counts one more. */
  count(request: FastifyRequest): Promise<void>;
}

/**
 * Finds out who makes a request: by its bearer token, or by its cookie. Someone with a wrong token counts as a
 * stranger, and does not learn what is wrong with it. After too many wrong tokens, those of an address are not read for
 * a while.
 */
export async function visitorOf(
  request: FastifyRequest,
  {
    tokens,
    isOperator,
    isWatcher,
    guesses,
  }: { tokens: Tokens; isOperator: HasToken; isWatcher: HasToken; guesses: Guesses },
): Promise<Visitor> {
  const bearer = bearerOf(request.headers);
  if (bearer !== undefined) {
    if (await guesses.areTooMany(request)) return Visitor.guesser;
    if (isOperator(request.headers)) return Visitor.operator;
    if (isWatcher(request.headers)) return Visitor.watcher;
    const grant = await tokens.read(bearer);
    if (grant === 'invalid') await guesses.count(request);
    return typeof grant === 'string' ? Visitor.stranger : Visitor.of(grant);
  }
  const cookie = readCookie(request, 'token');
  if (cookie === undefined || cookie === '' || !isPrivateLine(request)) return Visitor.stranger;
  const grant = await tokens.read(cookie);
  return typeof grant === 'string' ? Visitor.stranger : Visitor.of(grant);
}
