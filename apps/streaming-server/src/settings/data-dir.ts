import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

/**
 * Makes the data folder and proves that it can be written.
 * @throws {ConfigError} `CONFIG_DATA_DIR` naming the path.
 */
export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    const proof = join(dataDir, `.writable-${process.pid}`);
    writeFileSync(proof, '', { flush: true });
    rmSync(proof);
  } catch (error) {
    throw new ConfigError(
      'CONFIG_DATA_DIR',
      `DATA_DIR: cannot write to ${dataDir} (${reasonOf(error)}). Give this user permission to write there, or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

/** The secrets that GitHub may sign deliveries with, and where they came from. */
export interface WebhookSecrets {
  readonly secrets: readonly string[];
  /** `made`: in this start, so that it is shown once; `kept`: read from `file`; `given`: by the operator. */
  readonly origin: 'made' | 'kept' | 'given';
  readonly file: string;
}

/**
 * Returns the operator's secrets. Without any, makes one and keeps it in the data folder, readable by this user only.
 * @throws {ConfigError} `CONFIG_SECRET` when the kept secret cannot be read, or is too weak to trust.
 */
export function webhookSecrets(dataDir: string, given: readonly string[]): WebhookSecrets {
  const file = join(dataDir, 'webhook-secret');
  if (given.length > 0) return { secrets: given, origin: 'given', file };
  try {
    const made = randomBytes(32).toString('hex');
    writeFileSync(file, `${made}\n`, { flag: 'wx', mode: 0o600, flush: true });
    return { secrets: [made], origin: 'made', file };
  } catch (error) {
    if (reasonOf(error) !== 'EEXIST') {
      throw new ConfigError(
        'CONFIG_SECRET',
        `Cannot keep a webhook secret in ${file} (${reasonOf(error)}). Give this user permission to write there, or set GITHUB_WEBHOOK_SECRETS.`,
        { cause: error },
      );
    }
  }
  const kept = readFileSync(file, 'utf8').trim();
  if (Buffer.byteLength(kept) < 16) {
    throw new ConfigError(
      'CONFIG_SECRET',
      `The webhook secret in ${file} is too short to be safe: delete the file to have a new one made, or set GITHUB_WEBHOOK_SECRETS.`,
    );
  }
  return { secrets: [kept], origin: 'kept', file };
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
