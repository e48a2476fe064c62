import { STATUS_CODES } from 'node:http';
import type { FastifyPluginCallback } from 'fastify';
import { WebhookError } from './errors.ts';
import type { GitHubWebhookReceiver } from './github-webhook-receiver.ts';

/** Settings of {@link githubWebhooks}. */
export interface GitHubWebhooksOptions {
  /** Receives the deliveries, within its limits. */
  readonly receiver: GitHubWebhookReceiver;
  /** Path of the route. Default `/webhooks/github`. */
  readonly path?: string;
}

/** Seconds after which a sender may try again after a 503. */
const retryAfterSeconds = '10';

/**
 * Adds the route that GitHub posts to. The route reads the raw body itself, within the receiver's limits, and changes
 * nothing outside the plugin. It responds with `{ deliveryId, status }`: 202 for a delivery and 200 for a ping. It
 * responds to errors with `{ statusCode, code, error, message }`, and sends `Retry-After: 10` with a 503.
 */
export const githubWebhooks: FastifyPluginCallback<GitHubWebhooksOptions> = (app, { receiver, path }, done) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
  app.setErrorHandler((error, request, reply) => {
    // The rest of the body is not worth reading: close the connection after the response. HTTP/2 ends the stream alone.
    if (!request.raw.complete && request.raw.httpVersionMajor < 2) reply.header('connection', 'close');
    if (!(error instanceof WebhookError)) throw error;
    const { statusCode, code, message } = error;
    if (statusCode === 503) reply.header('retry-after', retryAfterSeconds);
    return reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message });
  });
  app.post(path ?? '/webhooks/github', async (request, reply) => {
    const { deliveryId, status } = await receiver.receive({ headers: request.headers, body: request.raw });
    return reply.code(status === 'ping' ? 200 : 202).send({ deliveryId, status });
  });
  done();
};
