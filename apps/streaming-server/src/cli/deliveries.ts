import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { signWebhook } from '@bnc/github-webhooks';
import type { SourceDelivery } from '@bnc/github-webhooks/sources';
import { CliError, reasonOf } from './cli-error.ts';
import { type Asked, ask, serverUrl } from './operator.ts';

/** Waits between attempts to send a delivery while the server is away, in ms: a restart takes less. */
const waitsMs = [500, 1000, 2000, 4000, 8000, 15_000] as const;

/** Sends deliveries to a server, signed as GitHub does. */
export class Deliveries {
  /** Where the server is. */
  readonly server: string;
  readonly #secret: string;
  readonly #signal: AbortSignal;

  /**
   * @param to - URL of the server; by default it runs on this machine
   * @param dataDir - the server's data folder, where its secret is if the environment has none
   * @throws {CliError} `CLI_SECRET` when no secret is found; `CLI_USAGE` for a wrong URL.
   */
  constructor({
    to,
    dataDir,
    signal,
  }: { readonly to?: string; readonly dataDir?: string; readonly signal: AbortSignal }) {
    this.server = serverUrl(to);
    this.#secret = secretOf(dataDir);
    this.#signal = signal;
  }

  /**
   * Makes sure that the server is there, and accepts deliveries with this secret.
   * @throws {CliError} as {@link ask} and {@link send}.
   */
  async check(): Promise<void> {
    const { status, body } = await this.#post({
      event: 'ping',
      deliveryId: `check-${process.pid}`,
      payload: { zen: '' },
    });
    if (status !== 200) throw this.#refused(status, body);
  }

  /**
   * Sends one delivery; tries again for half a minute while the server is away or busy.
   * @returns false for a delivery that the server has received before, or ignores
   * @throws {CliError} `CLI_SECRET` when the server has another secret, `CLI_SERVER` when it refuses, and as
   * {@link ask}.
   */
  async send(delivery: Omit<SourceDelivery, 'occurredAt'>): Promise<boolean> {
    for (const waitMs of [...waitsMs, undefined]) {
      try {
        const { status, body } = await this.#post(delivery);
        if (status < 300) return body.status === 'accepted';
        if (waitMs === undefined || status !== 503) throw this.#refused(status, body);
      } catch (error) {
        if (waitMs === undefined || !(error instanceof CliError && error.code === 'CLI_UNREACHABLE')) throw error;
      }
      await wait(waitMs, undefined, { signal: this.#signal });
    }
    return false;
  }

  #post({ event, deliveryId, payload }: Omit<SourceDelivery, 'occurredAt'>): ReturnType<typeof ask> {
    const body = JSON.stringify(payload);
    const request: Asked = {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': deliveryId,
        'x-hub-signature-256': signWebhook(this.#secret, body),
      },
      signal: this.#signal,
    };
    return ask(this.server, '/webhooks/github', request);
  }

  #refused(status: number, { code, message }: Readonly<Record<string, unknown>>): CliError {
    if (code === 'WEBHOOK_SIGNATURE_INVALID') {
      return new CliError(
        'CLI_SECRET',
        `The server at ${this.server} has another webhook secret: set GITHUB_WEBHOOK_SECRETS to the same value as on the server, or name its data folder with --data-dir.`,
      );
    }
    const reason = typeof message === 'string' ? message : `It responded ${status}.`;
    return new CliError('CLI_SERVER', `The server at ${this.server} refused the delivery. ${reason}`);
  }
}

function secretOf(dataDir = process.env.DATA_DIR || './data'): string {
  const [given = ''] = (process.env.GITHUB_WEBHOOK_SECRETS ?? '').split(',');
  if (given.trim() !== '') return given.trim();
  const file = join(resolve(dataDir), 'webhook-secret');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CliError(
      'CLI_SECRET',
      `No webhook secret to sign with: ${file} cannot be read (${reasonOf(cause)}). Set GITHUB_WEBHOOK_SECRETS to the same value as on the server, or name its data folder with --data-dir.`,
      { cause },
    );
  }
}
