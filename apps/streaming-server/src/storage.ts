import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Transport } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';
import { type ClipStore, DiskClips } from './clip-store.ts';
import type { Config } from './config.ts';

/** Where events and clips are kept: in the data folder, or in a Redis that several servers share. */
export interface Storage {
  readonly transport: Transport;
  readonly clips: ClipStore;
  /** Names this server among those that share its bus; stays through restarts. */
  readonly serverId: string;
  close(): void;
}

const keptServerId = (dataDir: string): string => {
  const file = join(dataDir, 'server-id');
  try {
    writeFileSync(file, randomUUID(), { flag: 'wx', mode: 0o600 });
  } catch {
    // It is there already; if it cannot be read, the next line says why.
  }
  return readFileSync(file, 'utf8').trim();
};

/**
 * Opens what the settings name.
 * @throws BusError such as `BUS_LOCKED` when another server uses the data folder, or `BUS_UNAVAILABLE` without a Redis.
 */
export const openStorage = async (
  { dataDir, redisUrl }: Pick<Config, 'dataDir' | 'redisUrl'>,
  onError: (error: unknown) => void,
): Promise<Storage> => {
  const serverId = keptServerId(dataDir);
  const disk = new DiskClips(join(dataDir, 'clips'));
  if (redisUrl === undefined) {
    const transport = await sqlite({ file: join(dataDir, 'events.sqlite') });
    return { transport, clips: disk, serverId, close: () => {} };
  }
  // Loaded only where it is used: the client takes a quarter of a second.
  const [{ redis }, { RedisClips }] = await Promise.all([import('@bnc/event-bus/redis'), import('./redis-clips.ts')]);
  const transport = await redis({ url: redisUrl });
  const clips = await RedisClips.open(redisUrl, { disk, onError });
  return { transport, clips, serverId, close: () => clips.close() };
};
