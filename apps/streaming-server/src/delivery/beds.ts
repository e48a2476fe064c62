import type { EpochMs, StreamData } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { type Bed, bedOf, isQuiet, type RoomState, readRoom } from '@bnc/music-engine';
import type { SSEConnection } from '@bnc/sse';
import type { BedSounds } from '../clips/bed-sounds.ts';
import type { MusicBed, ServerEvents } from '../rooms/events.ts';
import { deliveryOf, wantsBed } from './delivery.ts';
import type { HeardRoom } from './heard-room.ts';
import type { HeardRooms } from './heard-rooms.ts';
import type { Hub } from './hub.ts';
import { message } from './message.ts';

/**
 * How often, in ms, a server checks whether time has changed the beds of its rooms: on every server at the same moment.
 */
export const lookMs = 60_000;

/** Time in ms that a new bed has to reach the listeners before its bar line. */
export const reachMs = 2000;

/** What `Beds` works with. */
export interface BedsOptions {
  readonly bus: EventBus<ServerEvents>;
  readonly rooms: HeardRooms;
  readonly sounds: BedSounds;
  readonly hub: Hub;
  onError(error: unknown): void;
}

type BedData = StreamData['bed'];

/**
 * Brings beds to the listeners of this server who want them. The owner of a room says what its music remembers. From
 * that and the time, each server works out the same bed by itself.
 */
export class Beds {
  readonly #options: BedsOptions;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: BedsOptions) {
    this.#options = options;
    this.#wait();
  }

  /** Sends a new listener the bed of a room, or asks the owner for it. */
  async welcome(room: HeardRoom, connection: SSEConnection): Promise<void> {
    if (!wantsBed(connection.variant) || room.key === undefined) return;
    if (!room.bed) {
      await this.#options.bus.publish('room:bed', {}, { key: room.key });
      return;
    }
    const now = Date.now();
    const bed = bedAt(room.bed.room, now);
    await this.#send(room, { bed, startAt: now, to: connection }).catch((error: unknown) => this.#fail(error));
  }

  /** Takes what the owner of a room says about its bed. */
  async take(room: HeardRoom, { room: kept, at }: MusicBed): Promise<void> {
    if (!room.wantsBed) return;
    try {
      // A newer release may remember more than this one can read: its listeners there have the bed.
      const piece = readRoom(kept);
      if (!piece) return;
      room.bed = { ...room.bed, room: piece };
      await this.#look(room, at);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops sending, and the renders of beds that nobody will hear. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#options.sounds.close();
  }

  /** Reports an error, unless closing has caused it. */
  #fail(error: unknown): void {
    if (!this.#isClosed) this.#options.onError(error);
  }

  #wait(): void {
    const now = Date.now();
    const next = (Math.floor(now / lookMs) + 1) * lookMs;
    this.#timer = setTimeout(() => {
      for (const room of this.#options.rooms.heard()) {
        if (room.bed) void this.#look(room, next).catch((error: unknown) => this.#fail(error));
      }
      this.#wait();
    }, next - now).unref();
  }

  /** Sends the bed of a room if it has changed. */
  async #look(room: HeardRoom, at: EpochMs): Promise<void> {
    if (!room.bed) return;
    const bed = bedAt(room.bed.room, at + reachMs);
    if (room.bed.sentId === bed.id) return;
    room.bed = { ...room.bed, sentId: bed.id };
    await this.#send(room, { bed, startAt: bed.startAt });
  }

  async #send(
    room: HeardRoom,
    { bed, startAt, to }: { readonly bed: Bed; readonly startAt: EpochMs; readonly to?: SSEConnection },
  ): Promise<void> {
    const { sounds, hub } = this.#options;
    const variants = (to ? [to.variant] : [...room.variants.keys()]).filter(wantsBed);
    const { id, tempo, state } = bed;
    const wrap = (loops: BedData['loops']): BedData => ({ id, loops, tempo, startAt, state });
    const takesScores = (variant: string): boolean => deliveryOf(variant)?.kind === 'score';
    // Made before it is sent, so that no phrase waits behind it.
    const [scores, clips] = await Promise.all([
      variants.some(takesScores) ? sounds.scores(bed).then(wrap) : undefined,
      variants.some((variant) => !takesScores(variant)) ? sounds.clips(bed, room.channel).then(wrap) : undefined,
    ]);
    // A newer one may have come meanwhile.
    if (!to && room.bed?.sentId !== id) return;
    const data = (variant: string): unknown => {
      const own = takesScores(variant) ? scores : clips;
      return wantsBed(variant) && own ? message('bed', own) : undefined;
    };
    if (to) to.send({ data });
    else hub.sse.broadcast(room.channel, { data, history: false });
  }
}

/** Returns the bed of a room at a moment: one without loops if the bed is off, or in quiet hours. */
export function bedAt(room: RoomState, at: EpochMs): Bed {
  const bed = bedOf(room, at);
  const isSilent = room.settings.bed === false || isQuiet(room.settings, at);
  return isSilent ? { ...bed, id: 'none', loops: [] } : bed;
}
