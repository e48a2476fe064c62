import type { HeardRoom } from './heard-room.ts';

/**
 * Rooms without listeners are remembered for listeners who come back, while there are at most this many rooms in all.
 */
const maxLeft = 1000;

/** The rooms of this server, by channel. */
export class HeardRooms {
  readonly #rooms = new Map<string, HeardRoom>();

  get(channel: string): HeardRoom | undefined {
    return this.#rooms.get(channel);
  }

  /** Adds a room, or puts it last when its last listener has left; beyond the limit, the one left first is dropped. */
  add(room: HeardRoom): HeardRoom {
    this.#rooms.delete(room.channel);
    this.#rooms.set(room.channel, room);
    for (const [channel, { variants }] of this.#rooms) {
      if (this.#rooms.size <= maxLeft) break;
      if (variants.size === 0 && channel !== room.channel) this.#rooms.delete(channel);
    }
    return room;
  }

  /** Returns the rooms that have listeners. */
  heard(): readonly HeardRoom[] {
    return [...this.#rooms.values()].filter(({ variants }) => variants.size > 0);
  }

  clear(): void {
    this.#rooms.clear();
  }
}
