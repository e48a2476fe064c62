import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EventBus } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';
import { expect, test } from 'vitest';
import type { ServerEvents } from '../src/rooms/events.ts';
import { MergedRooms } from '../src/rooms/merged-rooms.ts';
import { Rooms } from '../src/rooms/rooms.ts';
import { SqliteTables } from '../src/rooms/sqlite-tables.ts';
import { deliveryOf } from './room-stage.ts';

/** Rooms that are heard of once. */
const rooms = process.env.BNC_SOAK === 'full' ? 500_000 : 40_000;
const inFlight = 500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMiB(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

test(`${rooms} rooms that are heard once are told, and leave no more than the newest in memory`, {
  timeout: 1_800_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-many-'));
  const transport = await sqlite({ file: join(folder, 'events.sqlite'), durability: 'normal', maxBytes: 2 ** 32 });
  const failures: unknown[] = [];
  const bus = new EventBus<ServerEvents>({ transport, onHandlerError: (error) => failures.push(error) });
  const tables = new SqliteTables(join(folder, 'rooms.sqlite'), { keepMs: 86_400_000 });
  const owner = new Rooms({ bus, tables, merged: new MergedRooms(), render: async () => {} });
  await owner.ready;
  let next = 0;
  const heaps: number[] = [];
  const deliver = async (): Promise<void> => {
    while (next < rooms) {
      const room = ++next;
      if (room === 15_000 || room === rooms) heaps.push(heapMiB());
      const delivery = deliveryOf({ repositoryId: room, repoId: `owner/r${room}` });
      await tables.learn(delivery);
      await bus.publish('webhook:github:push', delivery, { key: String(room), dedupeId: delivery.deliveryId });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, deliver));
  const pending = async (): Promise<number> => {
    const [group] = (await bus.stats()).groups;
    return (group?.lag ?? 0) + (group?.pending ?? 0);
  };
  await expect.poll(pending, { timeout: 600_000, interval: 200 }).toBe(0);
  expect(owner.size).toBeLessThanOrEqual(10_000 + 256);
  // Between 15,000 rooms and all of them nothing grows but what is under way.
  const [early = 0] = heaps;
  const grown = heapMiB() - early;
  expect(grown).toBeLessThan(40);
  expect(failures).toEqual([]);
  expect(await tables.phrases('1', { limit: 2 })).toHaveLength(1);
  expect(await tables.phrases(String(rooms), { limit: 2 })).toHaveLength(1);
  await owner.close({ drainMs: 5000 });
  await bus.close();
  tables.close();
  rmSync(folder, { recursive: true });
});
