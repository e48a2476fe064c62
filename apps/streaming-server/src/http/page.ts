import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ConfigError } from '../settings/config.ts';

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
      // Vite names assets after their content; the page itself must be checked each time.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
