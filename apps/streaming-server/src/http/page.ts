import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ConfigError } from '../settings/config.ts';

/** Where the built page is: next to the built server, or in a checkout where it is built. */
const folders = ['page', '../../../web-client/dist'].map((folder) => join(import.meta.dirname, folder));

/** Serves the built page. @throws {ConfigError} `CONFIG_INVALID` when it has not been built. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const root = pageFolder();
  if (root === undefined) {
    throw new ConfigError('CONFIG_INVALID', "The page has not been built: run 'npm start' once, or 'pnpm build'.");
  }
  await app.register(fastifyStatic, {
    root,
    preCompressed: true,
    setHeaders: (reply, path) => {
      // Vite names assets after their content; the page itself must be checked each time.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

/** Returns the name that the build has given the page, which changes when the page does. */
export function pageBuild(): string | undefined {
  const folder = pageFolder();
  if (folder === undefined) return undefined;
  return /<meta name="build" content="([\w-]+)"/.exec(readFileSync(join(folder, 'index.html'), 'utf8'))?.[1];
}

function pageFolder(): string | undefined {
  return folders.find((folder) => existsSync(join(folder, 'index.html')));
}
