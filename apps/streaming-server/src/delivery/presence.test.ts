import { EventBus } from '@bnc/event-bus';
import { redis } from '@bnc/event-bus/redis';
import { startRedis } from '@bnc/testing/redis';
import { expect, test } from 'vitest';
import type { ServerEvents } from '../rooms/events.ts';
import { roomWords } from '../rooms/rooms.ts';
import { HeardRoom } from './heard-room.ts';
import { HeardRooms } from './heard-rooms.ts';
import { Presence } from './presence.ts';

const channel = 'octo/cat';

/** A server with listeners in one room. */
async function openServer(url: string) {
  const bus = new EventBus<ServerEvents>({ transport: await redis({ url }) });
  const following = bus.follow(roomWords, () => {});
  await following.ready;
  const rooms = new HeardRooms();
  const room = rooms.add(new HeardRoom({ channel, key: '1', name: 'octo/cat', isPublic: true }));
  const told: number[] = [];
  const hub = { tellPresence: (_channel: string, listeners: number) => void told.push(listeners) };
  const onError = (error: unknown): void => expect.unreachable(String(error));
  const presence = new Presence({ bus, rooms, hub, following, onError, tellMs: 40, lookMs: 80 });
  const enter = async (): Promise<void> => {
    room.enter('score');
    room.following ??= following.add(channel, { note: room.note });
    await room.following;
    presence.enter(room);
  };
  const leave = (): void => {
    room.leave('score');
    presence.leave(room);
    if (room.listeners > 0) return;
    delete room.following;
    void following.delete(channel);
  };
  const close = async (): Promise<void> => {
    presence.close();
    await following.close();
    await bus.close();
  };
  return { told, enter, leave, [Symbol.asyncDispose]: close };
}

test('listeners on two servers are counted together, and told when others come or leave', {
  timeout: 30_000,
}, async () => {
  const store = await startRedis();
  try {
    await using one = await openServer(store.url);
    await using two = await openServer(store.url);
    await Promise.all([one.enter(), one.enter(), two.enter()]);
    await expect.poll(() => one.told.at(-1), { timeout: 10_000 }).toBe(3);
    await expect.poll(() => two.told.at(-1), { timeout: 10_000 }).toBe(3);
    one.leave();
    await expect.poll(() => two.told.at(-1), { timeout: 10_000 }).toBe(2);
    const before = two.told.length;
    // One who takes the place of another must be told, although the number is the same.
    two.leave();
    await two.enter();
    await expect.poll(() => two.told.slice(before).at(-1), { timeout: 10_000 }).toBe(2);
    // All leave a server, and as many come again: each is counted.
    await one.enter();
    await expect.poll(() => two.told.at(-1), { timeout: 10_000 }).toBe(3);
    one.leave();
    one.leave();
    await expect.poll(() => two.told.at(-1), { timeout: 10_000 }).toBe(1);
    await Promise.all([one.enter(), one.enter()]);
    await expect.poll(() => two.told.at(-1), { timeout: 10_000 }).toBe(3);
    await expect.poll(() => one.told.at(-1), { timeout: 10_000 }).toBe(3);
  } finally {
    await store.stop();
  }
});
