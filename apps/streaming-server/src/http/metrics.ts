import type { FastifyInstance } from 'fastify';
import { Visitor } from '../access/visitor.ts';
import type { Metrics } from '../watch/metrics.ts';
import { HttpError, tooManyGuesses } from './errors.ts';
import { routeSchema } from './schemas.ts';

/** `GET /metrics`, for Prometheus: for the operator, and for those who have one of `METRICS_TOKENS`. */
export function metricsRoute(app: FastifyInstance, { metrics }: { metrics: Metrics }): void {
  let reading: Promise<string> | undefined;
  const schema = routeSchema({
    summary: 'Returns numbers for Prometheus',
    tag: 'Server',
    description: 'For the operator, and for those with one of `METRICS_TOKENS`.',
    responses: { 200: { type: 'string' } },
    errors: { 401: ['METRICS_ONLY'], 429: ['TOO_MANY_GUESSES'] },
  });
  app.get('/metrics', { schema }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const { visitor } = request;
    if (visitor === Visitor.guesser) throw tooManyGuesses();
    if (!visitor.mayWatch) {
      reply.header('www-authenticate', 'Bearer');
      throw new HttpError(401, 'METRICS_ONLY', 'This needs one of METRICS_TOKENS or ADMIN_TOKENS as a bearer token.');
    }
    // Those who read at the same time share one reading.
    reading ??= metrics.text().finally(() => {
      reading = undefined;
    });
    const text = await reading;
    return reply.type(metrics.contentType).send(text);
  });
}
