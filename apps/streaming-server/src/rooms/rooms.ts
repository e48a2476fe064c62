import { BusError, type BusEvent, type EventBus, type EventOf, type Subscription } from '@bnc/event-bus';
import { changeSettings, type RoomSettings } from '@bnc/music-engine';
import { placeOf } from './event-order.ts';
import type { MusicGenerated, MusicSkipped, ServerEvents } from './events.ts';
import { insist } from './insist.ts';
import { leadOf } from './lead.ts';
import type { MergedRooms } from './merged-rooms.ts';
import { Room } from './room.ts';
import type { RoomDelivery, RoomHouse, RoomTopic, RoomWord } from './room-house.ts';
import { openPiece, openState, type RoomState, readState } from './room-state.ts';
import type { Tables } from './tables.ts';
import { tellWord } from './tell-word.ts';

/** Topics that the owner of a room receives. */
const ownerPattern = 'webhook:github:* room:*';

/** Topics that listeners of a room receive, with its channel as the key. */
export const roomWords = 'music:generated music:bed audio:rendered render:failed webhook:ping repository:changed';

/** Most rooms that this server keeps in memory; the state of quiet rooms is on the bus. */
const maxRooms = 10_000;

/**
 * Most deliveries that all rooms of this server have open; a busy room leaves a quarter of the places to the others.
 */
const maxOpen = 4_096;

/**
 * Most activities that all rooms hold for more of their kind; beyond that, the room that holds most plays all of them.
 */
const maxHeld = 2_000;

/** Deliveries read at a time. */
const pageSize = 500;

/** What a server that follows a room says about its listeners. */
export interface Wanted {
  /** The forms in which listeners want phrases, if they need clips. */
  readonly forms: readonly string[];
  /** Listeners of scores, counted by the lead that they need; absent if nobody takes scores. */
  readonly needs?: readonly number[];
  /** True if a listener wants the bed. */
  readonly bed?: boolean;
  /** Listeners of the room on that server; absent on servers of earlier versions. */
  readonly listeners?: number;
}

/** What a room has decided: a phrase, or that it plays nothing. */
export type DecidedWord =
  | { readonly topic: 'music:generated'; readonly payload: MusicGenerated }
  | { readonly topic: 'music:skipped'; readonly payload: MusicSkipped };

/** What `Rooms` works with. */
export interface RoomsOptions {
  readonly bus: EventBus<ServerEvents>;
  readonly tables: Tables;
  readonly merged: MergedRooms;
  /** Makes the sound of a phrase. */
  render(
    phrase: MusicGenerated,
    place: { readonly key: string; readonly channel: string },
    variants: ReadonlySet<string>,
  ): Promise<void>;
  /** Called with a phrase that listeners take as a score, while it is being stored. */
  onScore?(phrase: Pick<MusicGenerated, 'phraseId' | 'musicalParams'>): void;
  readonly now?: () => number;
  /** Called with what a room has decided, before it is stored, and with the id of its event once it is. */
  onWord?(word: DecidedWord, eventId?: string): void;
  /** Called when this server takes a room: with the state that the owner before has kept, or with nothing. */
  onOpen?(state: 'state' | 'nothing'): void;
  /** Called when this server gives up a room. */
  onClose?(why: 'lost' | 'revoked' | 'idle'): void;
  /** Called when the bus or the tables do not respond, once for each operation that waits for them. */
  onTrouble?(error: unknown): void;
}

/** The rooms that this server owns. The bus gives each room to one server, with its state and all its events. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #now: () => number;
  readonly #rooms = new Map<string, Room>();
  readonly #subscription: Subscription;
  /** Activities that all rooms hold. */
  #held = 0;
  #isClosed = false;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#subscription = options.bus.subscribe(ownerPattern, (event) => this.#take(event), {
      group: 'rooms',
      keys: 'owned',
      concurrency: maxOpen,
      maxKeys: maxRooms,
      onOwn: (key, state) => this.#open(key, state),
      onLose: (key, why) => this.#close(key, why),
    });
  }

  /** Settles when deliveries are being taken. */
  get ready(): Promise<void> {
    return this.#subscription.ready;
  }

  /** Rooms in memory. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Hands every room over: deliveries without a phrase go to the next owner. */
  async close(options: { readonly drainMs: number }): Promise<void> {
    this.#isClosed = true;
    await this.#subscription.close(options);
    for (const room of this.#rooms.values()) room.end();
    this.#rooms.clear();
  }

  async #take(event: EventOf<ServerEvents, typeof ownerPattern>): Promise<void> {
    const room = this.#rooms.get(event.key ?? '');
    if (!room) throw new BusError('BUS_RETURNED', `room ${event.key} is not on this server`);
    if (event.topic === 'room:heard') return room.listen(event);
    if (event.topic === 'room:forgotten') return this.#forget(event);
    if (event.topic === 'room:test') return room.test(event);
    if (event.topic === 'room:bed' || event.topic === 'room:settings') return room.tellBed(event);
    // A newer release may say more; what is not a delivery has been handled.
    if (event.topic.startsWith('webhook:')) return room.take(event);
  }

  async #open(key: string, kept: unknown): Promise<void> {
    const { merged } = this.#options;
    const settings = await this.#settingsOf(key);
    const former = this.#read(key, kept, settings);
    const state = former ?? openState(openPiece(key, settings));
    const room = new Room(
      key,
      merged.get(key)?.name,
      { ...state, piece: changeSettings(state.piece, settings) },
      this.#houseOf(key),
    );
    this.#rooms.get(key)?.end();
    this.#rooms.set(key, room);
    this.#options.onOpen?.(former ? 'state' : 'nothing');
    const heard = state.repositories.map(({ heardUpTo }) => heardUpTo);
    try {
      await room.recall(this.#past(key, heard.toSorted((a, b) => placeOf(a) - placeOf(b))[0]));
      if (former) await this.#insist(() => this.#catchUp(key));
      // The key was lost and came back meanwhile: the room that was opened since goes on.
      if (this.#rooms.get(key) !== room) throw new BusError('BUS_RETURNED', `room ${key} was opened again meanwhile`);
    } catch (error) {
      room.end();
      if (this.#rooms.get(key) === room) this.#rooms.delete(key);
      throw error;
    }
  }

  /** Reads the state of the owner before. A state of a newer release stays as it is: its events go to such a server. */
  #read(key: string, kept: unknown, settings: RoomSettings): RoomState | undefined {
    try {
      return readState(kept, () => openPiece(key, settings));
    } catch (cause) {
      throw new BusError('BUS_RETURNED', `room ${key} waits for a server of its release`, { cause });
    }
  }

  #settingsOf(key: string): Promise<RoomSettings> {
    return this.#insist(() => this.#options.tables.settings(key));
  }

  async #close(key: string, why: 'lost' | 'revoked' | 'idle'): Promise<void> {
    const room = this.#rooms.get(key);
    this.#rooms.delete(key);
    if (room) this.#options.onClose?.(why);
    if (why !== 'lost') await room?.save();
    room?.end();
  }

  /** Starts a room again with nothing. What it kept while it was being forgotten goes too. */
  async #forget({ key = '', fence }: Pick<BusEvent, 'key' | 'fence'>): Promise<void> {
    this.#rooms.get(key)?.end();
    const state = openState(openPiece(key, await this.#settingsOf(key)));
    this.#rooms.set(key, new Room(key, this.#options.merged.get(key)?.name, state, this.#houseOf(key)));
    const proof = fence === undefined ? {} : { fence };
    await this.#insist(() => this.#options.bus.commit({ state: { key, value: undefined }, ...proof }));
  }

  /** Reads deliveries of a room that its state does not include yet. */
  async *#past(key: string, after: string | undefined): AsyncGenerator<RoomDelivery> {
    const { bus } = this.#options;
    let from = after;
    for (let more = true; more; ) {
      const start = from === undefined ? {} : { after: from };
      const page = await this.#insist(() => bus.read({ key, pattern: 'webhook:github:*', limit: pageSize, ...start }));
      yield* page.events as readonly RoomDelivery[];
      from = page.last;
      more = page.more;
    }
  }

  /** Keeps phrases that a former owner published and could not keep. */
  async #catchUp(key: string): Promise<void> {
    const { bus, tables } = this.#options;
    const [newest] = await tables.phrases(key, { limit: 1 });
    const channel = await this.#channelOf(key, newest?.phrase.repoId);
    if (channel === undefined) return;
    const after = newest?.messageId ?? newest?.eventId;
    const { events } = await bus.read({
      key: channel,
      pattern: 'music:generated audio:rendered',
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    for (const event of events) {
      if (event.topic === 'audio:rendered') {
        const { phraseId, startAt, repositoryId } = event.payload;
        if (this.#isOf(key, repositoryId)) await tables.start(key, phraseId, { messageId: event.id, startAt });
      } else if (this.#isOf(key, event.payload.repositoryId)) {
        await tables.keep(key, { eventId: event.id, phrase: event.payload });
      }
    }
  }

  /** Tells whether a phrase belongs to this room: a repository that takes a used name inherits nothing. */
  #isOf(key: string, repositoryId: number): boolean {
    return this.#options.merged.get(key) !== undefined || key === String(repositoryId);
  }

  async #channelOf(key: string, repoId: string | undefined): Promise<string | undefined> {
    const { merged, tables } = this.#options;
    if (merged.get(key)) return key;
    const known = await tables.repository(Number(key));
    const name = known?.repoId ?? repoId;
    return name === undefined ? undefined : merged.channelOf(name);
  }

  #houseOf(key: string): RoomHouse {
    const { bus, tables, merged, render, onScore = () => {}, onWord = () => {} } = this.#options;
    // The name may have changed since the newest delivery was heard.
    let channel: string | undefined;
    const placeOfPhrase = (repoId: string): string => channel ?? merged.channelOf(repoId);
    const findPlace = async ({ repoId }: { readonly repoId?: string }): Promise<string> => {
      channel = await this.#insist(() => this.#channelOf(key, repoId));
      return placeOfPhrase(repoId ?? '');
    };
    return {
      now: this.#now,
      held: (change) => {
        this.#held += change;
        if (this.#held > maxHeld) queueMicrotask(() => this.#relieve());
      },
      tell: async (word) => {
        const decided = decidedIn(word);
        if (decided) onWord(decided);
        const channel = await findPlace(word);
        const eventId = await tellWord({ bus, key, channel, word, insist: (work) => this.#insist(work) });
        if (decided) onWord(decided, eventId);
        return eventId;
      },
      save: async (of, state) => {
        await bus.commit({ state: { key, value: state }, ...(of.fence !== undefined && { fence: of.fence }) });
      },
      prepare: (phrase) => onScore(phrase),
      audience: async (phrase) => {
        const place = await findPlace(phrase);
        const followers = (await this.#insist(() => bus.followers(roomWords, place))) as readonly (
          | Wanted
          | undefined
        )[];
        if (followers.length === 0) return undefined;
        return {
          variants: new Set(followers.flatMap((follower) => follower?.forms ?? [])),
          wantsBed: followers.some((follower) => follower?.bed === true),
          leadMs: leadOf(followers.flatMap((follower) => (follower?.needs ? [follower.needs] : []))),
        };
      },
      render: (phrase, variants) => render(phrase, { key, channel: placeOfPhrase(phrase.repoId) }, variants),
      keep: (kept) => this.#insist(() => tables.keep(key, kept)),
      start: (phraseId, sound) => this.#insist(() => tables.start(key, phraseId, sound)),
      settings: () => this.#settingsOf(key),
      newest: async () => (await this.#insist(() => tables.phrases(key, { limit: 1 })))[0],
    };
  }

  /** Runs work that needs the store, again and again until the store responds. */
  #insist<T>(work: () => Promise<T>): Promise<T> {
    const { onTrouble = () => {} } = this.#options;
    return insist(work, () => this.#isClosed, onTrouble);
  }

  /** Has the room that holds most play it, if all rooms hold too much: a flood in one must not silence the others. */
  #relieve(): void {
    if (this.#held <= maxHeld) return;
    let most: Room | undefined;
    for (const room of this.#rooms.values()) if (room.held > (most?.held ?? 0)) most = room;
    most?.release();
  }
}

/** Returns a word if it says what a room has decided. */
function decidedIn({ topic, payload }: Pick<RoomWord<RoomTopic>, 'topic' | 'payload'>): DecidedWord | undefined {
  const isDecided = topic === 'music:generated' || topic === 'music:skipped';
  return isDecided ? ({ topic, payload } as DecidedWord) : undefined;
}
