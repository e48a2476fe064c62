import type { IncomingHttpHeaders } from 'node:http';
import { isSameText } from '../access/same-text.ts';

/** Tells whether a request comes from the operator. */
export type IsOperator = (headers: IncomingHttpHeaders) => boolean;

/** Makes a check for the operator's bearer tokens. The check takes the same time for every wrong token. */
export function operatorCheck(tokens: readonly string[]): IsOperator {
  return (headers) => {
    const given = bearerOf(headers) ?? '';
    let isOperator = false;
    for (const token of tokens) isOperator = isSameText(token, given) || isOperator;
    return isOperator;
  };
}

/** Returns the bearer token of a request. */
export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer (\S+)$/i.exec(authorization)?.[1];
}
