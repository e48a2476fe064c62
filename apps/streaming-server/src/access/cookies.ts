import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from '../settings/config.ts';

/** What a browser keeps: its token, who has signed in, and a sign-in that is under way. */
export type CookieName = 'token' | 'login' | 'state';

/** Tells whether a request came over HTTPS, or never left this machine: only then may it sign in. */
export function isPrivateLine(request: FastifyRequest): boolean {
  return request.protocol === 'https' || (isLoopback(request.ip) && hostsOf(request).every(isLoopback));
}

/**
 * Returns the hosts that a request names: the one that Fastify reports, which may come from a proxy, and the one in the
 * `Host` header. Both count, since a page whose DNS name leads here can forge the first one.
 */
export function hostsOf({ hostname, headers }: FastifyRequest): readonly string[] {
  // HTTP/2 names it so.
  const host = headers.host ?? headers[':authority'] ?? '';
  return [hostname, String(host).replace(/:\d*$/, '')];
}

/** Reads one of our cookies. */
export function readCookie(request: FastifyRequest, name: CookieName): string | undefined {
  return request.cookies[fullName(request, name)];
}

/** Sets one of our cookies until a moment in epoch ms, or deletes it. */
export function writeCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: CookieName,
  cookie?: { readonly text: string; readonly endsAt: number },
): void {
  const maxAge = cookie ? Math.max(1, Math.ceil((cookie.endsAt - Date.now()) / 1000)) : 0;
  reply.setCookie(fullName(request, name), cookie?.text ?? '', { ...optionsOf(request, name), maxAge });
}

/** Browsers accept the prefix `__Host-` over HTTPS only. Without it, a cookie is for this machine alone. */
function fullName({ protocol, server: { basePath } }: FastifyRequest, name: CookieName): string {
  // The prefix wants the whole host, so that servers under several paths of one host go by their names.
  const ours = `bnc-${name}${basePath.replaceAll('/', '+')}`;
  return protocol === 'https' ? `__Host-${ours}` : ours;
}

function optionsOf({ protocol }: FastifyRequest, name: CookieName): CookieSerializeOptions {
  // The provider sends the browser back from its own site, and a strict cookie would not come with it.
  const sameSite = name === 'state' ? 'lax' : 'strict';
  return { path: '/', httpOnly: true, secure: protocol === 'https', sameSite };
}
