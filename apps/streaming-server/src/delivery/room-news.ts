import type { BusEvent, EventBus } from '@bnc/event-bus';
import type { Access, Place } from '../rooms/access.ts';
import type { AudioRendered, MusicBed, MusicGenerated, ServerEvents } from '../rooms/events.ts';
import { insist } from '../rooms/insist.ts';
import type { Tables } from '../rooms/tables.ts';
import type { Beds } from './beds.ts';
import type { HeardRoom } from './heard-room.ts';
import type { HeardRooms } from './heard-rooms.ts';
import type { Hub } from './hub.ts';
import { message } from './message.ts';
import type { OutgoingPhrase } from './outgoing-phrase.ts';

/** What `RoomNews` works with. */
export interface RoomNewsOptions {
  readonly bus: EventBus<ServerEvents>;
  readonly tables: Tables;
  readonly access: Access;
  readonly rooms: HeardRooms;
  readonly hub: Hub;
  readonly beds: Beds;
  /** Called with each phrase that is handed to the streams of this server. */
  onSend(phrase: MusicGenerated, sent: { readonly listeners: number; readonly leadMs: number }): void;
  /** Called when the tables do not respond, once for each operation that waits for them. */
  onTrouble(error: unknown): void;
}

/** Takes what happens in the rooms that have listeners on this server: what they play, and what they are now. */
export class RoomNews {
  readonly #options: RoomNewsOptions;
  readonly #hub: Hub;
  #isClosed = false;

  constructor(options: RoomNewsOptions) {
    this.#options = options;
    this.#hub = options.hub;
  }

  /** Stops waiting for tables that do not respond. */
  close(): void {
    this.#isClosed = true;
  }

  /** Takes an event of a room. */
  async take(event: BusEvent): Promise<void> {
    const room = this.#options.rooms.get(event.key ?? '');
    if (!room) return;
    room.lastEventId = event.id;
    const { topic, payload } = event as { topic: keyof ServerEvents; payload: unknown };
    if (topic === 'music:generated') await this.#announce(room, event as BusEvent<string, MusicGenerated>);
    else if (topic === 'audio:rendered') await this.#play(room, event as BusEvent<string, AudioRendered>);
    else if (topic === 'music:bed') void this.#options.beds.take(room, payload as MusicBed);
    else if (topic === 'repository:changed') await this.recheck(room);
    else if (topic === 'render:failed') {
      const { phraseId, code, message: text } = payload as ServerEvents['render:failed'];
      if (phraseId !== undefined) room.failClips(phraseId, new Error(`${code}: ${text}`));
      this.#hub.say(room.channel, 'error', { message: text, code });
    } else if (topic === 'webhook:ping') {
      const { receivedAt } = payload as ServerEvents['webhook:ping'];
      this.#hub.say(room.channel, 'hook', { event: 'ping', receivedAt });
    }
  }

  /** Takes a new phrase: plays it if its start is known, and asks for its sound if its owner knew of no listener. */
  async #announce(room: HeardRoom, { id, payload: phrase }: BusEvent<string, MusicGenerated>): Promise<void> {
    // The news that the repository is private may have been lost: those who came before must not receive its phrases.
    if (phrase.isPrivate && room.isPublic) await this.recheck(room);
    if (!room.takes(phrase)) return;
    room.announce(phrase);
    const { startAt } = phrase;
    if (startAt !== undefined) this.#start(room, { id, startAt, phrase });
    if (!phrase.isHeard && room.variants.size > 0) await this.wake(room, phrase);
  }

  async #play(room: HeardRoom, { id, payload }: BusEvent<string, AudioRendered>): Promise<void> {
    const { phraseId, startAt } = payload;
    const { key } = room;
    const phrase =
      room.announced(phraseId) ??
      (key === undefined ? undefined : (await this.#insist(() => this.#options.tables.phrase(key, phraseId)))?.phrase);
    if (!phrase || !room.takes(phrase)) return;
    room.endClips(phraseId);
    if (phrase.startAt === undefined) this.#start(room, { id, startAt, phrase });
    this.#hub.addClips(room, phrase);
  }

  /** Plays a phrase; if it interrupts, what sounds yields to it. */
  #start(room: HeardRoom, sent: Omit<OutgoingPhrase, 'messageFor'>): void {
    if (sent.phrase.interrupts) this.#hub.yield(room.channel, sent.startAt);
    room.play(sent.phrase, sent.startAt);
    const { phrase, startAt } = sent;
    this.#hub.play(room, sent);
    this.#options.onSend(phrase, { listeners: this.#hub.sse.count(room.channel), leadMs: startAt - Date.now() });
  }

  /** Looks up what a room is now: it may be private, or have another name. */
  async recheck(room: HeardRoom): Promise<void> {
    const { access, tables } = this.#options;
    const { name: from } = room;
    room.isElsewhere = !access.isRoomName(from);
    if (room.isElsewhere) return this.#hub.disconnect(room.channel, 'gone');
    const place = await this.#insist(() => access.find(from));
    if (place.channel === room.channel) {
      this.move(room, place);
      for (const connection of this.#hub.sorted(room.channel, place).mayNot) connection.close('private');
      const { key, newest } = room;
      if (!newest || key === undefined) return;
      const kept = await this.#insist(() => tables.phrase(key, newest.phrase.phraseId));
      if (!kept && room.newest === newest) this.forget(room);
      return;
    }
    room.isElsewhere = true;
    // A listener who comes back under the old name is led to the new one, where access allows.
    for (const connection of this.#hub.sorted(room.channel, place).may) {
      connection.send({ data: message('moved', { from, to: place.name }) });
    }
    this.#hub.disconnect(room.channel, 'moved');
  }

  /** Repeats work that needs the tables until they respond: a room that must close is silent until then. */
  #insist<T>(work: () => Promise<T>): Promise<T> {
    return insist(work, () => this.#isClosed, this.#options.onTrouble);
  }

  /** Updates a room to what is known about it now; returns true when it starts again with nothing. */
  move(room: HeardRoom, place: Place): boolean {
    const isNew = room.isAt(place);
    if (isNew) this.#hub.forget(room.channel);
    return isNew;
  }

  /** Forgets what a room has played. */
  forget(room: HeardRoom): void {
    room.forget();
    this.#hub.forget(room.channel);
  }

  /** Lets a room's owner know that its newest phrase, which nobody has heard, has a listener now. */
  async wake({ key }: HeardRoom, { phraseId }: MusicGenerated): Promise<void> {
    if (key === undefined) return;
    await this.#options.bus.publish('room:heard', { phraseId }, { key, dedupeId: `heard:${phraseId}` });
  }
}
