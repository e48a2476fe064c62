import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ConfigError } from '../settings/config.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The path under which browsers reach the server, such as `/music`; empty at the root of a host. */
    basePath: string;
  }
}

/** Folders of the page's scripts and styles, which no route names. */
const pageFolders = ['assets'];

/** Makes a function that removes the base path from the URL of a request, if a proxy has left it there. */
export function withoutBasePath(basePath: string): (request: { readonly url?: string | undefined }) => string {
  return ({ url = '/' }) => (url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url);
}

/**
 * Lets the server live under a path. Redirects the path without a trailing slash to the one with it, since everything
 * in the page is relative to that.
 * @throws {ConfigError} `CONFIG_INVALID`, when the server is made ready, for a path that begins like one of its routes:
 * the server could not tell whether a proxy has removed it.
 */
export function serveUnder(app: FastifyInstance, basePath: string): void {
  app.decorate('basePath', basePath);
  if (basePath === '') return;
  const taken = new Set(pageFolders);
  app.addHook('onRoute', ({ url }: RouteOptions) => {
    if (url !== basePath) taken.add(url.split('/')[1] ?? '');
  });
  app.addHook('onReady', async () => {
    if (!taken.has(basePath.split('/')[1] ?? '')) return;
    throw new ConfigError(
      'CONFIG_INVALID',
      `PUBLIC_URL cannot have the path ${basePath}: the server has routes that begin so. Take another one.`,
    );
  });
  app.get(basePath, { schema: { hide: true } }, (request: FastifyRequest, reply: FastifyReply) =>
    reply.redirect(`${basePath}/${/\?.*$/.exec(request.url)?.[0] ?? ''}`),
  );
}
