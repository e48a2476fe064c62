import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transport } from '@bnc/event-bus';
import { type SqliteTransport, sqlite } from '@bnc/event-bus/sqlite';
import { type ClipStore, DiskClips } from './clips/clip-store.ts';
import { SqliteTables } from './rooms/sqlite-tables.ts';
import type { Tables } from './rooms/tables.ts';
import { type Config, ConfigError } from './settings/config.ts';

/** Where events, clips and tables are kept: in the data folder, or in a Redis that several servers share. */
export interface Storage {
  readonly transport: Transport;
  readonly clips: ClipStore;
  readonly tables: Tables;
  /** Copies the data folder while it is in use, and returns the path of the copy; absent with Redis. */
  readonly backUp?: () => Promise<string>;
  close(): void;
}

const dayMs = 86_400_000;

/** Flags for the thread of the log: Node 22 warns about its own SQLite, and an operator can do nothing about it. */
const threadFlags = [...process.execArgv, '--disable-warning=ExperimentalWarning'];

/**
 * Opens the storage that the settings name.
 * @throws {BusError} such as `BUS_LOCKED` when another server uses the data folder, or `BUS_UNAVAILABLE` without a
 * Redis.
 * @throws {ConfigError} `CONFIG_DATA_DIR` when the tables cannot be opened.
 */
export async function openStorage(
  { dataDir, redisUrl, historyDays }: Pick<Config, 'dataDir' | 'redisUrl' | 'historyDays'>,
  onError: (error: unknown) => void,
): Promise<Storage> {
  const disk = new DiskClips(join(dataDir, 'clips'));
  const keepMs = historyDays * dayMs;
  if (redisUrl === undefined) {
    const transport = await sqlite({ file: join(dataDir, 'events.sqlite'), execArgv: threadFlags });
    try {
      const tables = openTables(dataDir, keepMs);
      const backUp = (): Promise<string> => copyFolder(dataDir, { transport, tables });
      return { transport, clips: disk, tables, backUp, close: () => tables.close() };
    } catch (error) {
      await transport.close();
      throw error;
    }
  }
  // Loaded only when used: loading the client takes a quarter of a second.
  const [{ redis }, { RedisClips }, { RedisTables }] = await Promise.all([
    import('@bnc/event-bus/redis'),
    import('./clips/redis-clips.ts'),
    import('./rooms/redis-tables.ts'),
  ]);
  const transport = await redis({ url: redisUrl });
  const [clips, tables] = await Promise.all([
    RedisClips.open(redisUrl, { disk, onError }),
    RedisTables.open(redisUrl, { keepMs, onError }),
  ]);
  const close = (): void => {
    clips.close();
    tables.close();
  };
  return { transport, clips, tables, close };
}

/**
 * Copies the tables, then the log, so that the log knows everything that the tables do, then the secret. The copy gets
 * its name when it is complete. Clips are left out: they are made again.
 */
async function copyFolder(
  dataDir: string,
  { transport, tables }: { readonly transport: SqliteTransport; readonly tables: SqliteTables },
): Promise<string> {
  const name = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const folder = join(dataDir, 'backups', name);
  const partial = `${folder}.partial`;
  try {
    await mkdir(partial, { recursive: true, mode: 0o700 });
    await tables.copyTo(join(partial, 'rooms.sqlite'));
    await transport.backup(join(partial, 'events.sqlite'));
    const secret = join(dataDir, 'webhook-secret');
    if (existsSync(secret)) await copyFile(secret, join(partial, 'webhook-secret'));
    await rename(partial, folder);
    return folder;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

function openTables(dataDir: string, keepMs: number): SqliteTables {
  const file = join(dataDir, 'rooms.sqlite');
  try {
    return new SqliteTables(file, { keepMs });
  } catch (cause) {
    throw new ConfigError(
      'CONFIG_DATA_DIR',
      `DATA_DIR: cannot open ${file} (${cause instanceof Error ? cause.message : String(cause)}). The file says which repositories are private: restore a copy, or move the file away to have a new one made from the log.`,
      { cause },
    );
  }
}
