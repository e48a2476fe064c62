import { setTimeout } from 'node:timers/promises';
import type { MultiClientAudioManager } from '@bnc/audio-core';
import type { AudioRendered, BusEvents, MusicGenerated } from '@bnc/contracts';
import type { BusEvent, EventBus, Following } from '@bnc/event-bus';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { Clip } from '../clips/clip.ts';
import type { ClipMaker } from '../clips/clip-maker.ts';
import type { Access, Place } from '../rooms/access.ts';
import { insist } from '../rooms/insist.ts';
import { catchUpMs } from '../rooms/room.ts';
import { roomWords, type Wanted } from '../rooms/rooms.ts';
import { recentPhrases, type Tables } from '../rooms/tables.ts';
import { formOf, isVariant } from './form.ts';
import { HeardRoom, HeardRooms } from './heard-room.ts';
import { message, phraseMessage } from './message.ts';
import { replayLimits, SentPhrase } from './recent-phrases.ts';

/** Longest time that a listener who comes back waits for what they missed to be made; what is not made by then is told as a gap. */
const prepareMs = 5000;

/** How often sessions learn when their client last took what was sent. */
const touchMs = 15_000;

/** What `StreamingService` works with. */
export interface StreamingServiceOptions {
  readonly bus: EventBus<BusEvents>;
  readonly tables: Tables;
  readonly access: Access;
  readonly clips: ClipMaker;
  readonly audio: MultiClientAudioManager<Clip>;
  readonly sse: SSEManager;
  /** Gets every phrase that could not be rendered. */
  onError(error: unknown, phrase: MusicGenerated): void;
  /** Called when the tables do not answer, once for each thing that waits for them. */
  onTrouble(error: unknown): void;
}

/**
 * Brings rooms to those who listen on this server: it follows the rooms that have a listener here, and no others, and
 * sends what they tell. Renders for the rooms that this server owns.
 */
export class StreamingService {
  readonly #options: StreamingServiceOptions;
  readonly #rooms = new HeardRooms();
  readonly #following: Following;
  readonly #disposed = new AbortController();
  readonly #touching: NodeJS.Timeout;

  constructor(options: StreamingServiceOptions) {
    this.#options = options;
    this.#following = options.bus.follow(roomWords, (event) => this.#take(event));
    this.#touching = setInterval(() => {
      for (const { clientId, lastActivity } of options.sse.connections()) {
        options.audio.sessions.touch(clientId, lastActivity);
      }
    }, touchMs).unref();
  }

  /** Settles when rooms can be followed. */
  get ready(): Promise<void> {
    return this.#following.ready;
  }

  /** Notes that a client listens to a repository. */
  createClientSession(clientId: string, repoId: string): void {
    this.#options.audio.createSession(clientId, repoId);
  }

  /** Forgets a client. */
  disposeClientSession(clientId: string): void {
    this.#options.audio.removeSession(clientId);
  }

  /** The room of a channel that somebody listens to here. */
  room(channel: string): HeardRoom | undefined {
    return this.#rooms.get(channel);
  }

  /**
   * Finds a room and follows it, so that what it tells from now on is heard here, and what it told last can be replayed.
   * Call `leave` when nobody came of it.
   */
  async enter(asked: string, variant: string): Promise<HeardRoom> {
    const place = await this.#options.access.find(asked);
    const room = this.#rooms.get(place.channel) ?? this.#rooms.add(new HeardRoom(place));
    if (this.#move(room, place)) delete room.following;
    room.guests++;
    const isWanted = room.variants.has(variant);
    room.variants.add(variant);
    try {
      if (room.following && !isWanted) await this.#following.add(room.channel, { note: this.#noteOf(room) });
      room.following ??= this.#follow(room);
      await room.following;
    } catch (error) {
      delete room.following;
      this.leave(room);
      throw error;
    }
    return room;
  }

  /** Lets a room go on without somebody: the last one ends the following. */
  leave(room: HeardRoom): void {
    room.guests--;
    if (room.guests > 0) return;
    delete room.following;
    this.#rooms.add(room);
    void this.#following.delete(room.channel).catch(() => {});
  }

  /** Takes note that other repositories may share a room now. */
  async recheckAll(): Promise<void> {
    for (const room of this.#rooms) if (room.guests > 0) await this.#recheck(room);
  }

  /** Makes the sound of a phrase. A failure is told to the room and thrown, so that the bus tries again. */
  async render(
    phrase: MusicGenerated,
    { key, channel }: { readonly key: string; readonly channel: string },
    variants: ReadonlySet<string>,
  ): Promise<void> {
    const known = [...variants].filter(isVariant);
    // Where everybody has left meanwhile, it is rendered for the next one who comes.
    if (known.length > 0) await this.#clipOf(phrase, key, channel, new Set(known));
  }

  /**
   * Makes what a listener who comes back has missed, in the form that they want, newest first: the hub can replay nothing
   * that has not been made. Ends after 5 s or 16 MiB.
   */
  async prepare(room: HeardRoom, variant: string, lastEventId: string): Promise<void> {
    const deadline = Date.now() + prepareMs;
    let bytes = 0;
    const missing = (): SentPhrase | undefined => room.recent.after(lastEventId).findLast((sent) => !sent.has(variant));
    for (let sent = missing(); sent && bytes < replayLimits.maxBytes; sent = missing()) {
      const made = this.#make(room, sent, new Set([variant])).then((clip) => clip.byteLength);
      const late = setTimeout(deadline - Date.now(), undefined, { ref: false });
      const size = await Promise.race([made.catch(() => undefined), late]);
      if (size === undefined) return;
      bytes += size;
    }
  }

  /** Lets go of what was made for a listener who has left. */
  release(room: HeardRoom, variant: string): void {
    if (this.#variants(room).has(variant)) return;
    room.recent.drop(variant);
    room.variants.delete(variant);
  }

  /**
   * Brings a listener who has just come up to date with the room's newest phrase, unless it is long over. One who comes
   * back gets it only when the hub replays nothing to them.
   */
  async catchUp(connection: SSEConnection, room: HeardRoom): Promise<void> {
    // It may have another name since they asked for it.
    if (room.isElsewhere) return this.#recheck(room);
    const { newest } = room;
    if (!newest || Date.now() - newest.phrase.receivedAt > catchUpMs) return;
    const { phrase, startAt } = newest;
    if (startAt === undefined) return this.#wake(room, phrase.phraseId);
    if (connection.resumed === 'replayed' || connection.missed > 0) return;
    const clip = await this.#clipOf(phrase, room.key ?? '', room.channel, new Set([connection.variant]));
    const text = clip.text(formOf(connection.variant));
    if (text && room.newest?.phrase.phraseId === phrase.phraseId) {
      connection.send({ data: phraseMessage(phrase, startAt, text) });
    }
  }

  /** Numbers of the seed's health endpoint. */
  getHealthMetrics(): ReturnType<MultiClientAudioManager['getHealthMetrics']> {
    return this.#options.audio.getHealthMetrics();
  }

  /** Stops renders under way, follows nothing more, and forgets everything. */
  async dispose(): Promise<void> {
    this.#disposed.abort();
    clearInterval(this.#touching);
    await this.#following.close({ drainMs: 1000 });
    this.#rooms.clear();
    this.#options.audio.dispose();
  }

  /** Learns what a room told last, and what it tells from then on, without a gap in between. */
  async #follow(room: HeardRoom): Promise<void> {
    const { tables } = this.#options;
    const kept = room.key === undefined ? [] : await tables.phrases(room.key, { limit: recentPhrases });
    // It may have been forgotten while nobody listened here.
    const newest = room.newest?.phrase.phraseId;
    if (newest !== undefined && !kept.some(({ phrase }) => phrase.phraseId === newest)) this.#forget(room);
    for (const one of kept.toReversed()) {
      const sent = room.restore(one);
      if (sent) this.#send(room, sent);
    }
    const note = this.#noteOf(room);
    await this.#following.add(room.channel, { from: room.lastEventId ?? 'earliest', note });
    // It may have changed before it was followed.
    await this.#recheck(room);
  }

  async #take(event: BusEvent): Promise<void> {
    const room = this.#rooms.get(event.key ?? '');
    if (!room) return;
    room.lastEventId = event.id;
    const { topic, payload } = event as { topic: keyof BusEvents; payload: unknown };
    if (topic === 'music:generated') await this.#hear(room, payload as MusicGenerated);
    else if (topic === 'audio:rendered') this.#playNext(room, event as BusEvent<string, AudioRendered>);
    else if (topic === 'repository:changed') await this.#recheck(room);
    else if (topic === 'render:failed') {
      const { code, message: text } = payload as BusEvents['render:failed'];
      this.#options.sse.broadcast(room.channel, { data: message('error', { message: text, code }), history: false });
    } else if (topic === 'webhook:ping') {
      const { receivedAt } = payload as BusEvents['webhook:ping'];
      const data = message('hook', { event: 'ping', receivedAt });
      this.#options.sse.broadcast(room.channel, { data, history: false });
    }
  }

  /** Takes a new phrase: asks for its sound where its owner knew of nobody who listens. */
  async #hear(room: HeardRoom, phrase: MusicGenerated): Promise<void> {
    // Where the news that it is private was lost: nothing of it is sent to those who came before.
    if (phrase.isPrivate && room.isPublic) await this.#recheck(room);
    if (!room.takes(phrase)) return;
    room.newest = { phrase };
    room.told(phrase);
    if (!phrase.isHeard && this.#variants(room).size > 0) await this.#wake(room, phrase.phraseId);
  }

  /** Plays phrases in their order; what else a room tells does not wait for their bytes. */
  #playNext(room: HeardRoom, event: BusEvent<string, AudioRendered>): void {
    room.playing = room.playing
      .then(() => this.#play(room, event))
      .catch(() => {
        // The room has been told as an `error` message.
      });
  }

  /** Sends a rendered phrase to everyone who listens here, and keeps it for those who come back. */
  async #play(room: HeardRoom, { id, payload, publishedAt }: BusEvent<string, AudioRendered>): Promise<void> {
    const { audio, tables } = this.#options;
    const { phraseId, startAt } = payload;
    const told = room.phrases.get(phraseId);
    const kept = told ? undefined : await this.#insist(() => tables.phrase(room.key ?? '', phraseId));
    const phrase = told ?? kept?.phrase;
    if (!phrase || !room.takes(phrase) || room.recent.has(id)) return;
    const sent = new SentPhrase(id, phrase, startAt, publishedAt);
    const { recent } = room;
    let clip: Clip | undefined;
    try {
      // A listener who comes while a form is being made may want another one.
      for (let missing = this.#missing(room, sent); missing.size > 0; missing = this.#missing(room, sent)) {
        clip = await this.#make(room, sent, missing);
      }
    } finally {
      if (clip) audio.broadcastBuffer(room.channel, clip);
      // From here on a listener who comes is sent it; who was there before gets it with all others, or hears that it is missing.
      if (room.recent === recent) {
        room.played(sent);
        this.#send(room, sent);
      }
    }
  }

  /** Takes news of a repository of a room: it may be private now, or have another name. */
  async #recheck(room: HeardRoom): Promise<void> {
    const { access, sse, tables } = this.#options;
    const { name: from, isPublic: wasPublic } = room;
    room.isElsewhere = !access.isRoomName(from);
    if (room.isElsewhere) return this.#close(room, 'gone');
    const place = await this.#insist(() => access.find(from));
    if (place.channel === room.channel) {
      this.#move(room, place);
      if (wasPublic && !place.isPublic) this.#close(room, 'private');
      const { key, newest } = room;
      if (!newest || key === undefined) return;
      const kept = await this.#insist(() => tables.phrase(key, newest.phrase.phraseId));
      if (!kept && room.newest === newest) this.#forget(room);
      return;
    }
    room.isElsewhere = true;
    // A listener who comes back under the old name is led to the new one, where access allows.
    if (place.isPublic) {
      for (const connection of sse.connections(room.channel)) {
        connection.send({ data: message('moved', { from, to: place.name }) });
      }
    }
    this.#close(room, 'moved');
  }

  /** Does something that needs the tables, again and again while they do not answer: nobody hears what is to be closed. */
  #insist<T>(work: () => Promise<T>): Promise<T> {
    return insist(work, () => this.#disposed.signal.aborted, this.#options.onTrouble);
  }

  /** Has a room be what is known of it now; returns true when it begins again with nothing. */
  #move(room: HeardRoom, place: Place): boolean {
    const isAnew = room.isAt(place);
    if (isAnew) this.#options.sse.forget(room.channel);
    return isAnew;
  }

  /** Forgets what a room has told, also what the hub keeps of it. */
  #forget(room: HeardRoom): void {
    room.forget();
    this.#options.sse.forget(room.channel);
  }

  #close(room: HeardRoom, reason: string): void {
    for (const connection of this.#options.sse.connections(room.channel)) connection.close(reason);
  }

  /** Tells a room's owner that its newest phrase, which nobody has heard, has a listener now. */
  async #wake({ key }: HeardRoom, phraseId: string): Promise<void> {
    if (key === undefined) return;
    await this.#options.bus.publish('room:heard', { phraseId }, { key, dedupeId: `heard:${phraseId}` });
  }

  #noteOf(room: HeardRoom): Wanted {
    return { forms: [...room.variants] };
  }

  /** What listeners of a room want. */
  #variants({ channel }: HeardRoom): Set<string> {
    return new Set(this.#options.sse.connections(channel).map(({ variant }) => variant));
  }

  /** What listeners of a room want of a phrase and has not been made. */
  #missing(room: HeardRoom, sent: SentPhrase): Set<string> {
    return new Set([...this.#variants(room)].filter((variant) => !sent.has(variant)));
  }

  /** Makes the texts of a phrase for some variants. */
  async #make(room: HeardRoom, sent: SentPhrase, variants: ReadonlySet<string>): Promise<Clip> {
    const { phrase, startAt } = sent;
    const clip = await this.#clipOf(phrase, room.key ?? '', room.channel, variants);
    for (const variant of variants) {
      const text = clip.text(formOf(variant));
      sent.put(variant, text && phraseMessage(phrase, startAt, text));
    }
    return clip;
  }

  /** Hands a phrase to the hub. */
  #send(room: HeardRoom, sent: SentPhrase): void {
    this.#options.sse.broadcast(room.channel, { id: sent.id, data: (variant) => sent.take(variant) });
  }

  async #clipOf(phrase: MusicGenerated, key: string, channel: string, variants: ReadonlySet<string>): Promise<Clip> {
    const { bus, clips, onError } = this.#options;
    const { musicalParams: params, repoId, deliveryIds } = phrase;
    const repositoryId = phrase.room === undefined ? phrase.repositoryId : 0;
    const forms = [...variants].map(formOf);
    const room = { repoId: channel, repositoryId };
    try {
      return await clips.clip({ params, fairKey: key, room, forms, signal: this.#disposed.signal });
    } catch (error) {
      if (this.#disposed.signal.aborted) throw error;
      onError(error, phrase);
      const code =
        error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'RENDER_FAILED';
      const failed = { repoId, deliveryIds, code, message: 'This phrase could not be rendered.' };
      await bus.publish('render:failed', failed, { key: channel });
      throw error;
    }
  }
}
