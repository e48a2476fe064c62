import { join } from 'node:path';
import type { Transport } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';
import { type ClipStore, DiskClips } from './clips/clip-store.ts';
import { SqliteTables } from './rooms/sqlite-tables.ts';
import type { Tables } from './rooms/tables.ts';
import { type Config, ConfigError } from './settings/config.ts';

/** Where events, clips and tables are kept: in the data folder, or in a Redis that several servers share. */
export interface Storage {
  readonly transport: Transport;
  readonly clips: ClipStore;
  readonly tables: Tables;
  close(): void;
}

const dayMs = 86_400_000;

/**
 * Opens what the settings name.
 * @throws {BusError} such as `BUS_LOCKED` when another server uses the data folder, or `BUS_UNAVAILABLE` without a Redis.
 * @throws {ConfigError} `CONFIG_DATA_DIR` when the tables cannot be opened.
 */
export async function openStorage(
  { dataDir, redisUrl, historyDays }: Pick<Config, 'dataDir' | 'redisUrl' | 'historyDays'>,
  onError: (error: unknown) => void,
): Promise<Storage> {
  const disk = new DiskClips(join(dataDir, 'clips'));
  const keepMs = historyDays * dayMs;
  if (redisUrl === undefined) {
    const transport = await sqlite({ file: join(dataDir, 'events.sqlite') });
    try {
      const tables = openTables(dataDir, keepMs);
      return { transport, clips: disk, tables, close: () => tables.close() };
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
