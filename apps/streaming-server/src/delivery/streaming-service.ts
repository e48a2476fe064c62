import type { HealthMetrics, StreamingSession } from '@bnc/audio-core';
import type { BusEvent, EventBus, Following } from '@bnc/event-bus';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { Access, Place } from '../rooms/access.ts';
import type { AudioRendered, MusicGenerated, ServerEvents } from '../rooms/events.ts';
import { insist } from '../rooms/insist.ts';
import { roomWords } from '../rooms/rooms.ts';
import { hearableMs, recentPhrases, type Tables } from '../rooms/tables.ts';
import { HeardRoom } from './heard-room.ts';
import { HeardRooms } from './heard-rooms.ts';
import { Hub, type HubOptions } from './hub.ts';
import { message } from './message.ts';

/** What `StreamingService` works with. */
export interface StreamingServiceOptions extends Omit<HubOptions, 'nameOf' | 'onConnect'> {
  readonly bus: EventBus<ServerEvents>;
  readonly tables: Tables;
  readonly access: Access;
  /** Called when the tables do not respond, once for each operation that waits for them. */
  onTrouble(error: unknown): void;
}

/** How a request becomes a listener. */
export interface ListenOptions {
  readonly variant: string;
  /** Throws if the request may not listen to the room as it is now. */
  mayListen(room: { readonly isPublic: boolean }): void;
  /** Opens the stream. */
  connect(channel: string, start: 'next' | 'newest'): SSEConnection;
}

/** Brings rooms to the listeners of this server: follows only the rooms that have one here, and sends what they play. */
export class StreamingService {
  readonly #options: StreamingServiceOptions;
  readonly #hub: Hub;
  readonly #rooms = new HeardRooms();
  readonly #following: Following;
  #isClosed = false;

  constructor(options: StreamingServiceOptions) {
    this.#options = options;
    const onConnect = (clientId: string, channel: string): void => this.createClientSession(clientId, channel);
    this.#hub = new Hub({ ...options, onConnect, nameOf: (channel) => this.room(channel)?.name ?? channel });
    this.#following = options.bus.follow(roomWords, (event) => this.#take(event));
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

  /** Follows a room and opens a stream of it, from its newest phrase or from where the listener left off. */
  async listen(asked: string, { variant, mayListen, connect }: ListenOptions): Promise<void> {
    const room = await this.#enter(asked, variant);
    let connection: SSEConnection;
    const { newest } = room;
    const isUnheard = newest !== undefined && newest.startAt === undefined;
    const isOver = newest?.startAt !== undefined && Date.now() - newest.startAt > hearableMs;
    try {
      // It may have turned private while we waited.
      mayListen(room);
      // A phrase that nobody has heard is rendered now and comes when it is ready; what was before it is over. The hub keeps a
      // phrase for an hour after it was restored, not after it started.
      connection = connect(room.channel, isUnheard || isOver ? 'next' : 'newest');
    } catch (error) {
      this.#leave(room, variant);
      throw error;
    }
    void connection.closed.then(() => this.#leave(room, variant));
    const isHearable = isUnheard && Date.now() - newest.phrase.receivedAt <= hearableMs;
    try {
      // The room may have another name since it was asked for.
      if (room.isElsewhere) await this.#recheck(room);
      else if (isHearable) await this.#wake(room, newest.phrase);
    } catch (error) {
      // The stream is open: what comes next still comes.
      this.#options.onError(error);
    }
  }

  /** Looks up every room again: its repositories may be part of another room now. */
  async recheckAll(): Promise<void> {
    for (const room of this.#rooms.heard()) await this.#recheck(room);
  }

  /** Returns the sessions of one room, or of all rooms, on this server; a session's `repoId` is the channel. */
  sessions(channel?: string): Iterable<StreamingSession> {
    return this.#hub.sessions(channel);
  }

  /** Returns the numbers of sessions and of phrases sent. */
  getHealthMetrics(): HealthMetrics {
    return this.#hub.getHealthMetrics();
  }

  /** Stops following, and forgets all rooms. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#following.close({ drainMs: 1000 });
    this.#rooms.clear();
    this.#hub.close();
  }

  async #enter(asked: string, variant: string): Promise<HeardRoom> {
    const place = await this.#options.access.find(asked);
    const room = this.#rooms.get(place.channel) ?? this.#rooms.add(new HeardRoom(place));
    const isNew = this.#move(room, place);
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
    return room;
  }

  /** Lets a listener leave a room; when the last one leaves, the room is not followed any more. */
  #leave(room: HeardRoom, variant: string): void {
    room.leave(variant);
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
    if (newest !== undefined && !kept.some(({ phrase }) => phrase.phraseId === newest)) this.#forget(room);
    for (const one of kept.toReversed()) {
      const { messageId: id, startAt, phrase } = one;
      if (room.restore(one) && isRecalled && id !== undefined && startAt !== undefined) {
        this.#hub.restore(room, { id, startAt, phrase });
      }
    }
    await this.#following.add(room.channel, { from: room.lastEventId ?? 'earliest', note: room.note });
    // The room may have changed before it was followed.
    await this.#recheck(room);
  }

  async #take(event: BusEvent): Promise<void> {
    const room = this.#rooms.get(event.key ?? '');
    if (!room) return;
    room.lastEventId = event.id;
    const { topic, payload } = event as { topic: keyof ServerEvents; payload: unknown };
    if (topic === 'music:generated') await this.#announce(room, payload as MusicGenerated);
    else if (topic === 'audio:rendered') await this.#play(room, event as BusEvent<string, AudioRendered>);
    else if (topic === 'repository:changed') await this.#recheck(room);
    else if (topic === 'render:failed') {
      const { code, message: text } = payload as ServerEvents['render:failed'];
      this.#hub.say(room.channel, 'error', { message: text, code });
    } else if (topic === 'webhook:ping') {
      const { receivedAt } = payload as ServerEvents['webhook:ping'];
      this.#hub.say(room.channel, 'hook', { event: 'ping', receivedAt });
    }
  }

  /** Takes a new phrase, and asks for its sound if its owner knew of no listener. */
  async #announce(room: HeardRoom, phrase: MusicGenerated): Promise<void> {
    // The news that the repository is private may have been lost: those who came before must not receive its phrases.
    if (phrase.isPrivate && room.isPublic) await this.#recheck(room);
    if (!room.takes(phrase)) return;
    room.announce(phrase);
    if (!phrase.isHeard && room.variants.size > 0) await this.#wake(room, phrase);
  }

  async #play(room: HeardRoom, { id, payload }: BusEvent<string, AudioRendered>): Promise<void> {
    const { phraseId, startAt } = payload;
    const { key } = room;
    const phrase =
      room.announced(phraseId) ??
      (key === undefined ? undefined : (await this.#insist(() => this.#options.tables.phrase(key, phraseId)))?.phrase);
    if (!phrase || !room.takes(phrase)) return;
    room.play(phrase, startAt);
    this.#hub.play(room, { id, startAt, phrase });
  }

  /** Looks up what a room is now: it may be private, or have another name. */
  async #recheck(room: HeardRoom): Promise<void> {
    const { access, tables } = this.#options;
    const { name: from, isPublic: wasPublic } = room;
    room.isElsewhere = !access.isRoomName(from);
    if (room.isElsewhere) return this.#hub.disconnect(room.channel, 'gone');
    const place = await this.#insist(() => access.find(from));
    if (place.channel === room.channel) {
      this.#move(room, place);
      if (wasPublic && !place.isPublic) this.#hub.disconnect(room.channel, 'private');
      const { key, newest } = room;
      if (!newest || key === undefined) return;
      const kept = await this.#insist(() => tables.phrase(key, newest.phrase.phraseId));
      if (!kept && room.newest === newest) this.#forget(room);
      return;
    }
    room.isElsewhere = true;
    // A listener who comes back under the old name is led to the new one, where access allows.
    if (place.isPublic) {
      for (const connection of this.sse.connections(room.channel)) {
        connection.send({ data: message('moved', { from, to: place.name }) });
      }
    }
    this.#hub.disconnect(room.channel, 'moved');
  }

  /** Runs work that needs the tables, again and again until they respond: a room that must close is silent until then. */
  #insist<T>(work: () => Promise<T>): Promise<T> {
    return insist(work, () => this.#isClosed, this.#options.onTrouble);
  }

  /** Brings a room up to what is known of it now; returns true when it starts again with nothing. */
  #move(room: HeardRoom, place: Place): boolean {
    const isNew = room.isAt(place);
    if (isNew) this.#hub.forget(room.channel);
    return isNew;
  }

  #forget(room: HeardRoom): void {
    room.forget();
    this.#hub.forget(room.channel);
  }

  /** Lets a room's owner know that its newest phrase, which nobody has heard, has a listener now. */
  async #wake({ key }: HeardRoom, { phraseId }: MusicGenerated): Promise<void> {
    if (key === undefined) return;
    await this.#options.bus.publish('room:heard', { phraseId }, { key, dedupeId: `heard:${phraseId}` });
  }
}
