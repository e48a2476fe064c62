import { setTimeout as wait } from 'node:timers/promises';
import type { HealthMetrics, StreamingSession } from '@bnc/audio-core';
import type { EventBus, Following } from '@bnc/event-bus';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import { isSameText } from '../access/same-text.ts';
import type { BedSounds } from '../clips/bed-sounds.ts';
import { HttpError, roomNotFound } from '../http/errors.ts';
import type { Access, Door } from '../rooms/access.ts';
import type { ServerEvents } from '../rooms/events.ts';
import { roomWords } from '../rooms/rooms.ts';
import { hearableMs, recentPhrases, type Tables } from '../rooms/tables.ts';
import { Beds } from './beds.ts';
import { deliveryOf } from './delivery.ts';
import { HeardRoom } from './heard-room.ts';
import { HeardRooms } from './heard-rooms.ts';
import { Hub, type HubOptions, type ListenerState } from './hub.ts';
import { Presence } from './presence.ts';
import { RoomNews, type RoomNewsOptions } from './room-news.ts';

/** What `StreamingService` works with. */
export interface StreamingServiceOptions extends Omit<HubOptions, 'nameOf' | 'isPublic' | 'onConnect'> {
  readonly beds: BedSounds;
  readonly bus: EventBus<ServerEvents>;
  readonly tables: Tables;
  readonly access: Access;
  /** Time in ms that listeners have to reach another server when this one stops; 0 if there is no other. */
  readonly comeBackMs: number;
  onSend: RoomNewsOptions['onSend'];
  /** Called when the tables do not respond, once for each operation that waits for them. */
  onTrouble(error: unknown): void;
}

/** How a request becomes a listener. */
export interface ListenOptions {
  readonly variant: string;
  /** Tells whether the request may listen to a room as it is now. It is asked again whenever the room changes. */
  mayHear(room: Door): boolean;
  /** Opens the stream. */
  connect(rooms: OpenRooms): SSEConnection;
}

/** The rooms of a stream that is being opened. */
export interface OpenRooms {
  readonly channels: readonly string[];
  /** Where the stream starts in each of them. */
  start(channel: string): 'next' | 'newest';
  /** The rooms as they were asked for, and those that the request may not have. */
  readonly state: Required<ListenerState>;
}

/** A room that a listener has entered. */
interface Entered {
  readonly asked: string;
  readonly room: HeardRoom;
}

/**
 * Brings rooms to the listeners of this server: follows only rooms that have listeners here, and sends what they play.
 */
export class StreamingService {
  readonly #options: StreamingServiceOptions;
  readonly #hub: Hub;
  readonly #rooms = new HeardRooms();
  readonly #news: RoomNews;
  readonly #beds: Beds;
  readonly #following: Following;
  readonly #presence: Presence;
  /** When listeners were sent away, by the clock of the process. */
  #sentAwayAt: number | undefined;

  constructor(options: StreamingServiceOptions) {
    this.#options = options;
    const onConnect = (clientId: string, channel: string): void => this.createClientSession(clientId, channel);
    this.#hub = new Hub({
      ...options,
      onConnect,
      nameOf: (channel) => this.room(channel)?.name ?? channel,
      isPublic: (channel) => this.room(channel)?.isPublic === true,
    });
    this.#beds = new Beds({ ...options, sounds: options.beds, rooms: this.#rooms, hub: this.#hub });
    this.#news = new RoomNews({ ...options, rooms: this.#rooms, hub: this.#hub, beds: this.#beds });
    this.#following = options.bus.follow(roomWords, (event) => this.#news.take(event));
    const { bus, onError } = options;
    this.#presence = new Presence({ bus, rooms: this.#rooms, hub: this.#hub, following: this.#following, onError });
  }

  /** Settles when rooms can be followed. */
  get ready(): Promise<void> {
    return this.#following.ready;
  }

  /** All streams. */
  get sse(): SSEManager {
    return this.#hub.sse;
  }

  /** Makes the session of a client that listens to a repository. */
  createClientSession(clientId: string, repoId: string): void {
    this.#hub.createSession(clientId, repoId);
  }

  /** Returns the room of a channel that has, or had, a listener here. */
  room(channel: string): HeardRoom | undefined {
    return this.#rooms.get(channel);
  }

  /**
   * Follows rooms and opens one stream of them, each from its newest phrase or from where the listener left off.
   * @throws {HttpError} when the request may have none of them.
   */
  async listen(asked: readonly string[], options: ListenOptions): Promise<void> {
    const { variant, mayHear, connect } = options;
    const { entered, refused } = await this.#enterAll(asked, options);
    let connection: SSEConnection;
    try {
      // One may have turned private while we waited for the others.
      for (const { room } of entered) if (!mayHear(room)) throw roomNotFound();
      connection = connect({
        channels: entered.map(({ room }) => room.channel),
        start: (channel) => startOf(this.room(channel)),
        state: { rooms: entered.map(({ asked: name, room }) => ({ asked: name, channel: room.channel })), refused },
      });
    } catch (error) {
      for (const { room } of entered) this.#leave(room, variant);
      throw error;
    }
    this.#hub.admit(connection, mayHear);
    void connection.closed.then(() => {
      for (const { room } of entered) this.#leave(room, variant);
    });
    for (const room of new Set(entered.map((one) => one.room))) await this.#welcome(room, connection);
  }

  /** Looks up every room again: its repositories may be part of another room now. */
  async recheckAll(): Promise<void> {
    for (const room of this.#rooms.heard()) await this.#news.recheck(room);
  }

  /**
   * Takes how long before its start, in ms, a listener of scores needs a phrase: a room starts phrases so that nine out
   * of ten listeners have them in time. Returns false when this server has no such listener with this key.
   */
  async need(clientId: string, resumeKey: string, ms: number): Promise<boolean> {
    const connection = this.sse.connection(clientId);
    if (!connection || !isSameText(connection.resumeKey, resumeKey)) return false;
    if (deliveryOf(connection.variant)?.kind !== 'score') return false;
    for (const channel of connection.channels) {
      const room = this.room(channel);
      if (!room) continue;
      const isFirst = !room.hasNeed(clientId);
      await this.#setNeed(room, clientId, ms);
      if (isFirst) void connection.closed.then(() => this.#setNeed(room, clientId, undefined));
    }
    return true;
  }

  /** Returns the sessions of one room, or of all rooms, on this server; a session's `repoId` is its first channel. */
  sessions(channel?: string): Iterable<StreamingSession> {
    return this.#hub.sessions(channel);
  }

  /** Returns the numbers of sessions and of phrases sent. */
  getHealthMetrics(): HealthMetrics {
    return this.#hub.getHealthMetrics();
  }

  /**
   * Takes the news that listeners are about to leave for another server. Their rooms stay followed here until they have
   * arrived there, so that what happens meanwhile gets its phrases, and they hear them all.
   */
  sendAway(): void {
    this.#sentAwayAt ??= performance.now();
  }

  /** Stops following, once listeners that were sent away have had time to reach another server; forgets all rooms. */
  async close(): Promise<void> {
    this.#news.close();
    this.#beds.close();
    this.#presence.close();
    if (this.#sentAwayAt !== undefined && this.#following.size > 0) {
      await wait(Math.max(0, this.#sentAwayAt + this.#options.comeBackMs - performance.now()));
    }
    await this.#following.close({ drainMs: 1000 });
    this.#rooms.clear();
    this.#hub.close();
  }

  /** Enters every room that the request may have; throws the first refusal if it may have none. */
  async #enterAll(
    asked: readonly string[],
    { variant, mayHear }: ListenOptions,
  ): Promise<{ readonly entered: readonly Entered[]; readonly refused: Required<ListenerState>['refused'] }> {
    const entered: Entered[] = [];
    const refused: { readonly asked: string; readonly code: string; readonly message: string }[] = [];
    let reason: unknown;
    for (const name of asked) {
      try {
        // Checked before the room is followed: nothing is read or rendered for a listener who may not come in.
        if (!mayHear(await this.#options.access.find(name))) throw roomNotFound();
        entered.push({ asked: name, room: await this.#enter(name, variant) });
      } catch (error) {
        reason ??= error;
        if (!(error instanceof HttpError)) break;
        refused.push({ asked: name, code: error.code, message: error.message });
      }
    }
    const isWhole = entered.length > 0 && entered.length + refused.length === asked.length;
    if (isWhole) return { entered, refused };
    for (const { room } of entered) this.#leave(room, variant);
    throw reason;
  }

  /** Brings a new listener up to what the room plays. */
  async #welcome(room: HeardRoom, connection: SSEConnection): Promise<void> {
    const { newest } = room;
    const isUnheard = newest !== undefined && newest.startAt === undefined;
    if (newest && startOf(room) === 'newest') this.#hub.complete(room, newest.phrase, connection);
    const isHearable = isUnheard && Date.now() - newest.phrase.receivedAt <= hearableMs;
    try {
      // The room may have another name since it was asked for.
      if (room.isElsewhere) await this.#news.recheck(room);
      else if (isHearable) await this.#news.wake(room, newest.phrase);
      await this.#beds.welcome(room, connection);
    } catch (error) {
      // The stream is open: what comes next still comes.
      this.#options.onError(error);
    }
  }

  async #enter(asked: string, variant: string): Promise<HeardRoom> {
    const place = await this.#options.access.find(asked);
    const room = this.#rooms.get(place.channel) ?? this.#rooms.add(new HeardRoom(place));
    const isNew = this.#news.move(room, place);
    if (isNew) delete room.following;
    const isFirst = room.enter(variant);
    try {
      if (room.following && isFirst) await this.#following.add(room.channel, { note: room.note });
      // What was played before is not sent to those who listen already: for them, and for who comes now, it goes on.
      room.following ??= this.#follow(room, { isRecalled: !isNew || this.sse.count(room.channel) === 0 });
      await room.following;
    } catch (error) {
      delete room.following;
      this.#leave(room, variant);
      throw error;
    }
    this.#presence.enter(room);
    return room;
  }

  /** Lets a listener leave a room; when the last one leaves, the room is not followed any more. */
  #leave(room: HeardRoom, variant: string): void {
    if (this.#sentAwayAt !== undefined) return;
    room.leave(variant);
    this.#presence.leave(room);
    if (room.variants.size > 0) return;
    delete room.following;
    this.#rooms.add(room);
    void this.#following.delete(room.channel).catch(() => {});
  }

  /** Recalls what a room played last, and takes what it plays from then on, without a gap in between. */
  async #follow(room: HeardRoom, { isRecalled }: { readonly isRecalled: boolean }): Promise<void> {
    const { tables } = this.#options;
    const kept = room.key === undefined ? [] : await tables.phrases(room.key, { limit: recentPhrases });
    // The room may have been forgotten while it had no listener here.
    const newest = room.newest?.phrase.phraseId;
    if (newest !== undefined && !kept.some(({ phrase }) => phrase.phraseId === newest)) this.#news.forget(room);
    for (const one of kept.toReversed()) {
      const { messageId: id, startAt, phrase } = one;
      if (room.restore(one) && isRecalled && id !== undefined && startAt !== undefined) {
        this.#hub.restore(room, { id, startAt, phrase });
      }
    }
    await this.#following.add(room.channel, { from: room.lastEventId ?? 'earliest', note: room.note });
    // The room may have changed before it was followed.
    await this.#news.recheck(room);
  }

  async #setNeed(room: HeardRoom, clientId: string, ms: number | undefined): Promise<void> {
    if (this.#sentAwayAt !== undefined) return;
    const isOther = room.need(clientId, ms);
    if (!isOther || !room.following || this.#rooms.get(room.channel) !== room) return;
    try {
      await this.#following.add(room.channel, { note: room.note });
    } catch (error) {
      // The next vote is noted with it.
      this.#options.onError(error);
    }
  }
}

/**
 * Returns where a listener starts. A phrase that nobody has heard is rendered now and comes when it is ready; what was
 * before it is over. The hub keeps a phrase for an hour after it was restored, not after it started.
 */
function startOf(room: HeardRoom | undefined): 'next' | 'newest' {
  const { newest } = room ?? {};
  if (newest?.startAt === undefined) return newest ? 'next' : 'newest';
  return Date.now() - newest.startAt > hearableMs ? 'next' : 'newest';
}
