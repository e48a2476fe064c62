import Fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { delivery, example, SECRET } from '../test/deliveries.ts';
import { githubWebhooks } from './fastify.ts';
import { GitHubWebhookReceiver, type GitHubWebhookReceiverOptions } from './index.ts';

const apps: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function start(options: Partial<GitHubWebhookReceiverOptions> = {}, path?: string): Promise<string> {
  const app = Fastify();
  apps.push(app);
  app.register(githubWebhooks, {
    receiver: new GitHubWebhookReceiver({ secrets: [SECRET], ...options }),
    ...(path && { path }),
  });
  app.post('/echo', (request) => request.body);
  return app.listen({ port: 0, host: '127.0.0.1' });
}

async function post(url: string, sent: ReturnType<typeof delivery>): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(url, { method: 'POST', headers: sent.headers, body: new Uint8Array(sent.body) });
  return { status: response.status, answer: await response.json() };
}

describe('githubWebhooks', () => {
  it('responds 202 with the status of a delivery', async () => {
    const url = `${await start()}/webhooks/github`;
    const push = delivery('push', example('push'), { deliveryId: 'd1' });
    expect(await post(url, push)).toEqual({ status: 202, answer: { deliveryId: 'd1', status: 'accepted' } });
    expect(await post(url, push)).toEqual({ status: 202, answer: { deliveryId: 'd1', status: 'duplicate' } });
    const unknown = delivery('unheard_of', {}, { deliveryId: 'd2' });
    expect(await post(url, unknown)).toEqual({ status: 202, answer: { deliveryId: 'd2', status: 'ignored' } });
  });

  it('responds 200 to a ping', async () => {
    const url = `${await start()}/webhooks/github`;
    expect(await post(url, delivery('ping', example('ping'), { deliveryId: 'p' }))).toEqual({
      status: 200,
      answer: { deliveryId: 'p', status: 'ping' },
    });
  });

  it('responds to errors with code and message', async () => {
    const url = `${await start()}/webhooks/github`;
    expect(await post(url, delivery('push', {}, { secret: 'not the secret of this one' }))).toMatchObject({
      status: 401,
      answer: { statusCode: 401, code: 'WEBHOOK_SIGNATURE_INVALID', error: 'Unauthorized' },
    });
  });

  it('responds 503 with Retry-After when a delivery cannot be stored', async () => {
    const url = `${await start({ publish: () => Promise.reject(new Error('full')) })}/webhooks/github`;
    const { headers, body } = delivery('push', example('push'));
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(await response.json()).toMatchObject({ code: 'WEBHOOK_STORE_UNAVAILABLE' });
  });

  it('moves to another path and leaves the parsers of other routes alone', async () => {
    const url = await start({}, '/hooks');
    expect(await post(`${url}/hooks`, delivery('push', example('push')))).toMatchObject({ status: 202 });
    expect(await post(`${url}/echo`, delivery('push', { cat: 1 }))).toEqual({ status: 200, answer: { cat: 1 } });
  });
});
