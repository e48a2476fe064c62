import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Tells whether a request comes from the operator. */
export type IsOperator = (headers: IncomingHttpHeaders) => boolean;

/** Makes a check for the operator's bearer tokens. The check takes the same time for every wrong token. */
export function operatorCheck(tokens: readonly string[]): IsOperator {
  const digests = tokens.map((token) => digest(token));
  return ({ authorization = '' }) => {
    const given = digest(/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '');
    let isOperator = false;
    for (const expected of digests) isOperator = timingSafeEqual(expected, given) || isOperator;
    return isOperator;
  };
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
