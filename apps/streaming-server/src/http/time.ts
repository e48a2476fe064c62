import type { FastifyInstance } from 'fastify';
import { moment, objectOf, routeSchema } from './schemas.ts';

/** The server's clock, for pages that want to play in time with the others. */
export function timeRoute(app: FastifyInstance): void {
  const schema = routeSchema({
    summary: "Read the server's clock",
    tag: 'Listen',
    responses: { 200: objectOf({ now: moment('Now.') }, ['now']) },
  });
  app.get('/time', { schema }, (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { now: Date.now() };
  });
}
