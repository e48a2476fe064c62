import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ConfigError } from '../settings/config.ts';

/** What the page may load: everything from this server, nothing from elsewhere. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self'; script-src 'self'; worker-src 'self' blob:; connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/** Serves the built page. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const index = createRequire(import.meta.url).resolve('@bnc/web-client/index.html');
  if (!existsSync(index)) {
    throw new ConfigError('CONFIG_INVALID', "The page has not been built: run 'npm start' once, or 'pnpm build'.");
  }
  await app.register(fastifyStatic, {
    root: dirname(index),
    preCompressed: true,
    setHeaders: (reply, path) => {
      reply.header('x-content-type-options', 'nosniff');
      // Vite names assets after their content; the page itself must be checked each time.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      if (/\.html(?:\.br|\.gz)?$/.test(path)) reply.header('content-security-policy', contentSecurityPolicy);
    },
  });
}
