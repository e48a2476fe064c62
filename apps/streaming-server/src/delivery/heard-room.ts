import type { MusicGenerated } from '@bnc/contracts';
import { isForStrangers, type Place } from '../rooms/access.ts';
import { isAfter } from '../rooms/event-order.ts';
import type { KeptPhrase } from '../rooms/tables.ts';
import { RecentPhrases, SentPhrase } from './recent-phrases.ts';

/** Rooms that nobody listens to any more and that are remembered for those who come back. */
const maxLeft = 1000;

/** Phrases that have been told and do not sound yet. */
const maxTold = 8;

/** A room that somebody listens to on this server. */
export class HeardRoom {
  readonly channel: string;
  /** Names it for its owner, once it is known. */
  key: string | undefined;
  name: string;
  isPublic: boolean;
  /** True once its name leads to another room: those who come now have to be led there. */
  isElsewhere = false;
  /** Connections, and those who are about to connect. */
  guests = 0;
  /** Set while it is followed; settles when nothing is missed any more. */
  following?: Promise<void>;
  /** Forms that are wanted here. */
  readonly variants = new Set<string>();
  /** Id of the newest event that is known here. */
  lastEventId: string | undefined;
  /** The newest phrase, and when it starts where it has been rendered. */
  newest: { readonly phrase: MusicGenerated; readonly startAt?: number } | undefined;
  /** Phrases that have been told and do not sound yet. */
  readonly phrases = new Map<string, MusicGenerated>();
  recent = new RecentPhrases();
  /** Settles when the phrases that have come so far have been sent. */
  playing: Promise<void> = Promise.resolve();

  constructor(place: Place) {
    this.channel = place.channel;
    this.key = place.key;
    this.name = place.name;
    this.isPublic = place.isPublic;
  }

  /**
   * Takes what is known of it now. Returns true when it begins again with nothing: its name leads to another repository,
   * nothing is known of it any more, or strangers may come who were not to hear what was told before.
   */
  isAt({ key, name, isPublic }: Place): boolean {
    const isAnew = (this.key !== undefined && this.key !== key) || (isPublic && !this.isPublic);
    this.key = key;
    this.name = name;
    this.isPublic = isPublic;
    this.isElsewhere = false;
    if (isAnew) this.forget();
    return isAnew;
  }

  /** Forgets what it has told. */
  forget(): void {
    this.lastEventId = undefined;
    this.newest = undefined;
    this.phrases.clear();
    this.recent = new RecentPhrases();
  }

  /** Tells whether a phrase is of this room, and for those who may listen: a name that is used again inherits nothing. */
  takes(phrase: MusicGenerated): boolean {
    const key = phrase.room ?? String(phrase.repositoryId);
    this.key ??= key;
    return this.key === key && !this.#isHidden(phrase);
  }

  /** Takes a phrase that the tables keep; returns it where it sounded and was not known. */
  restore({ eventId, messageId, startAt, phrase }: KeptPhrase): SentPhrase | undefined {
    const id = messageId ?? eventId;
    if (this.lastEventId !== undefined && !isAfter(id, this.lastEventId)) return undefined;
    this.lastEventId = id;
    if (this.#isHidden(phrase)) return undefined;
    this.newest = { phrase, ...(startAt !== undefined && { startAt }) };
    if (messageId === undefined || startAt === undefined) {
      this.told(phrase);
      return undefined;
    }
    const sent = new SentPhrase(messageId, phrase, startAt, startAt);
    this.recent.add(sent);
    return sent;
  }

  /** Remembers a phrase whose sound is to come. */
  told(phrase: MusicGenerated): void {
    this.phrases.set(phrase.phraseId, phrase);
    const [oldest] = this.phrases.keys();
    if (this.phrases.size > maxTold && oldest !== undefined) this.phrases.delete(oldest);
  }

  /** Takes a phrase that sounds. */
  played(sent: SentPhrase): void {
    const { phrase, startAt } = sent;
    this.phrases.delete(phrase.phraseId);
    this.recent.add(sent);
    // A newer one may be on its way.
    if (!this.newest || this.newest.phrase.receivedAt <= phrase.receivedAt) this.newest = { phrase, startAt };
  }

  #isHidden(phrase: MusicGenerated): boolean {
    return this.isPublic && !isForStrangers(phrase);
  }
}

/** The rooms of this server, by channel. */
export class HeardRooms {
  readonly #rooms = new Map<string, HeardRoom>();

  get(channel: string): HeardRoom | undefined {
    return this.#rooms.get(channel);
  }

  /** Adds a room, or puts it last when its last guest has left; the one that nobody has listened to for longest gives way. */
  add(room: HeardRoom): HeardRoom {
    this.#rooms.delete(room.channel);
    this.#rooms.set(room.channel, room);
    for (const [channel, { guests }] of this.#rooms) {
      if (this.#rooms.size <= maxLeft) break;
      if (guests === 0 && channel !== room.channel) this.#rooms.delete(channel);
    }
    return room;
  }

  [Symbol.iterator](): Iterator<HeardRoom> {
    return [...this.#rooms.values()].values();
  }

  clear(): void {
    this.#rooms.clear();
  }
}
