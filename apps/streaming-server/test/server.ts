import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signWebhook } from '@bnc/github-webhooks';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../src/app.ts';
import { type Config, readConfig } from '../src/settings/config.ts';

export const secret = 'a-secret-for-tests-only';

/** The token of the operator, for `adminTokens`. */
export const operatorToken = 'operator-token-of-32-bytes-or-more';

/** Headers of a request of the operator. */
export const operator: { readonly authorization: string } = { authorization: `Bearer ${operatorToken}` };

/** A delivery's answer: status and body. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** How a test wants to send a delivery. */
export interface SendOptions {
  readonly deliveryId?: string;
  readonly signature?: string;
  readonly headers?: Record<string, string>;
}

/** Sends a signed delivery as GitHub does. */
export async function deliver(
  origin: string,
  event: string,
  payload: unknown,
  options: SendOptions = {},
): Promise<Answer> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const response = await fetch(`${origin}/webhooks/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/test',
      'x-github-event': event,
      'x-github-delivery': options.deliveryId ?? randomUUID(),
      'x-hub-signature-256': options.signature ?? signWebhook(secret, body),
      ...options.headers,
    },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** A real server on a free port, with a data folder of its own. */
export class TestServer implements AsyncDisposable {
  readonly app: FastifyInstance;
  readonly origin: string;
  readonly #folder: string | undefined;

  private constructor(app: FastifyInstance, origin: string, folder: string | undefined) {
    this.app = app;
    this.origin = origin;
    this.#folder = folder;
  }

  static async start(settings: Partial<Config> = {}): Promise<TestServer> {
    const folder = settings.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'bnc-server-')) : undefined;
    const config: Config = {
      ...readConfig({}),
      port: 0,
      demo: false,
      webhookSecrets: [secret],
      ...(folder !== undefined && { dataDir: folder }),
      ...settings,
    };
    const app = await buildApp(config);
    const origin = await app.listen({ port: config.port, host: config.host });
    return new TestServer(app, origin, folder);
  }

  /** Sends a signed delivery. */
  deliver(event: string, payload: unknown, options: SendOptions = {}): Promise<Answer> {
    return deliver(this.origin, event, payload, options);
  }

  async close(): Promise<void> {
    await this.app.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
