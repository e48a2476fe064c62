import type { EventBus, Following } from '@bnc/event-bus';
import type { ServerEvents } from '../rooms/events.ts';
import { roomWords, type Wanted } from '../rooms/rooms.ts';
import type { HeardRoom } from './heard-room.ts';
import type { HeardRooms } from './heard-rooms.ts';
import type { Hub } from './hub.ts';

/** Most rooms that a server checks at one time; the others follow the next time. */
const maxLooks = 250;

/** What `Presence` works with. */
export interface PresenceOptions {
  readonly bus: Pick<EventBus<ServerEvents>, 'followers'>;
  readonly rooms: HeardRooms;
  readonly hub: Pick<Hub, 'tellPresence'>;
  readonly following: Pick<Following, 'add'>;
  /** Time in ms after someone came or left in which the count of a room goes out, at most once. Default 3,000. */
  readonly tellMs?: number;
  /** How often, in ms, a server checks who listens on the other servers. Default 15,000. */
  readonly lookMs?: number;
  onError(error: unknown): void;
}

/** Tells the listeners of each room how many they are, on all servers. */
export class Presence {
  readonly #options: PresenceOptions;
  /** Rooms in which someone came or left, and when their count goes out. */
  readonly #waiting = new Map<HeardRoom, NodeJS.Timeout>();
  /** The count that each room was sent last, and the count of listeners here that the other servers read. */
  readonly #told = new WeakMap<HeardRoom, number>();
  readonly #noted = new WeakMap<HeardRoom, number>();
  readonly #timer: NodeJS.Timeout;
  /** Where the next look at the other servers begins. */
  #next = 0;
  #isLooking = false;
  #isClosed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#lookAround(), options.lookMs ?? 15_000).unref();
  }

  /** Takes a new listener of a room: all of its listeners get the count soon, including the new one. */
  enter(room: HeardRoom): void {
    this.#told.delete(room);
    this.#wait(room);
  }

  /** Takes the news that someone has left a room. */
  leave(room: HeardRoom): void {
    // The note ends with the last listener.
    if (room.listeners === 0) this.#noted.delete(room);
    this.#wait(room);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #wait(room: HeardRoom): void {
    if (this.#isClosed || this.#waiting.has(room)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(room);
      void this.#look(room);
    }, this.#options.tellMs ?? 3000);
    this.#waiting.set(room, timer.unref());
  }

  /** Checks the rooms with listeners here, some at a time: they may have listeners on other servers too. */
  async #lookAround(): Promise<void> {
    // A store that responds slowly is not asked twice at a time.
    if (this.#isLooking) return;
    this.#isLooking = true;
    const rooms = this.#options.rooms.heard();
    if (this.#next >= rooms.length) this.#next = 0;
    const some = rooms.slice(this.#next, this.#next + maxLooks);
    this.#next += maxLooks;
    for (const room of some) if (!this.#waiting.has(room)) await this.#look(room);
    this.#isLooking = false;
  }

  /** Lets the other servers know who is here, and tells the listeners here how many there are in all. */
  async #look(room: HeardRoom): Promise<void> {
    const { bus, following, hub, onError } = this.#options;
    const { channel, listeners } = room;
    if (listeners === 0 || !room.following || this.#isClosed) return;
    try {
      if (this.#noted.get(room) !== listeners) {
        await following.add(channel, { note: room.note });
        this.#noted.set(room, listeners);
      }
      const notes = (await bus.followers(roomWords, channel)) as readonly (Wanted | undefined)[];
      // The last listener may have left meanwhile.
      if (room.listeners === 0) return;
      const count = notes.reduce((sum, note) => sum + (note?.listeners ?? 0), 0);
      if (count === 0 || this.#told.get(room) === count) return;
      this.#told.set(room, count);
      hub.tellPresence(channel, count);
    } catch (error) {
      if (!this.#isClosed) onError(error);
    }
  }
}
