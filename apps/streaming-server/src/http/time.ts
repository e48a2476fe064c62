import type { FastifyInstance } from 'fastify';

/** The server's clock, for pages that want to play in time with the others. */
export function timeRoute(app: FastifyInstance): void {
  app.get('/time', (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { now: Date.now() };
  });
}
