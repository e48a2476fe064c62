import type { RoomState } from '@bnc/music-engine';
import { isHearable, type Place } from '../rooms/access.ts';
import { isAfter } from '../rooms/event-order.ts';
import type { MusicGenerated } from '../rooms/events.ts';
import { countNeeds, leadOf } from '../rooms/lead.ts';
import { NewestMap } from '../rooms/newest-map.ts';
import type { Wanted } from '../rooms/rooms.ts';
import type { KeptPhrase } from '../rooms/tables.ts';
import { deliveryOf, encodingsOf, formOf, wantsBed } from './delivery.ts';

/** Most phrases that have been announced and do not sound yet. */
const maxAnnounced = 8;

/** Time in ms that the owner of a room has to make the clips of a phrase whose start is known. */
const ownerMs = 10_000;

/** A room that has listeners on this server. */
export class HeardRoom {
  readonly channel: string;
  /** The room's key for its owner; undefined until it is known. */
  key: string | undefined;
  name: string;
  isPublic: boolean;
  needs: Place['needs'];
  merges: Place['merges'];
  /** True once its name leads to another room: a listener who comes now is led there. */
  isElsewhere = false;
  /** Listeners by variant, including those who are about to connect. */
  readonly variants = new Map<string, number>();
  /** Set while the room is followed; settles when nothing can be missed any more. */
  following?: Promise<void>;
  /** Id of the newest event that has arrived here. */
  lastEventId: string | undefined;
  /** The newest phrase, and when it starts, if that is known. */
  newest: { readonly phrase: MusicGenerated; readonly startAt?: number } | undefined;
  /** What the owner last said about the bed, and the id of the bed that was sent last. */
  bed: { readonly room: RoomState; readonly sentId?: string } | undefined;
  /** Phrases that have been announced and do not sound yet, or have no clips yet. */
  readonly #announced = new NewestMap<string, MusicGenerated>(maxAnnounced);
  /** Clips that the owner of the room is having made, by phrase. */
  readonly #clips = new NewestMap<string, PromiseWithResolvers<void>>(maxAnnounced);
  /** The leads in ms that listeners of scores have asked for, by client id. */
  readonly #needsMs = new Map<string, number>();

  constructor(place: Place) {
    this.channel = place.channel;
    this.key = place.key;
    this.name = place.name;
    this.isPublic = place.isPublic;
    this.needs = place.needs;
    this.merges = place.merges;
  }

  /** Counts a listener; returns true for the first of a variant. */
  enter(variant: string): boolean {
    const count = this.variants.get(variant) ?? 0;
    this.variants.set(variant, count + 1);
    return count === 0;
  }

  /** What the owner of the room reads about its listeners here. */
  get note(): Wanted {
    const forms = new Set<string>();
    let scores = 0;
    for (const [variant, listeners] of this.variants) {
      const delivery = deliveryOf(variant);
      if (delivery?.kind === 'score') scores += listeners;
      if (!delivery || encodingsOf(delivery).length > 0) forms.add(formOf(variant));
    }
    const note = { forms: [...forms], ...(this.wantsBed && { bed: true }), listeners: this.listeners };
    if (scores === 0) return note;
    return { ...note, needs: countNeeds(this.#needsMs.values(), Math.max(0, scores - this.#needsMs.size)) };
  }

  /** Listeners here, including those who are about to connect. */
  get listeners(): number {
    return [...this.variants.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Whether a listener wants what sounds under the phrases. */
  get wantsBed(): boolean {
    return [...this.variants.keys()].some(wantsBed);
  }

  /** Whether a listener has said how long before its start it needs a phrase. */
  hasNeed(clientId: string): boolean {
    return this.#needsMs.has(clientId);
  }

  /**
   * Takes how long before its start, in ms, a listener of scores needs a phrase; undefined once it has left. Returns
   * true when that changes what the listeners here need.
   */
  need(clientId: string, ms: number | undefined): boolean {
    const before = leadOf([this.note.needs ?? []]);
    if (ms === undefined) this.#needsMs.delete(clientId);
    else this.#needsMs.set(clientId, ms);
    return leadOf([this.note.needs ?? []]) !== before;
  }

  /** Counts a listener who has left. */
  leave(variant: string): void {
    const count = this.variants.get(variant) ?? 0;
    if (count > 1) this.variants.set(variant, count - 1);
    else this.variants.delete(variant);
    // Its owner says nothing more of it.
    if (!this.wantsBed) this.bed = undefined;
  }

  /**
   * Takes what is known about the room now. Returns true when the room starts again with nothing: its name leads to
   * another repository, nothing is known about it any more, or it is now open to more listeners, who must not hear what
   * it played before.
   */
  isAt({ key, name, isPublic, needs, merges }: Place): boolean {
    const isWider =
      (isPublic && !this.isPublic) || this.needs?.some((number) => needs?.includes(number) !== true) === true;
    const isNew = (this.key !== undefined && this.key !== key) || isWider;
    this.key = key;
    this.name = name;
    this.isPublic = isPublic;
    this.needs = needs;
    this.merges = merges;
    this.isElsewhere = false;
    if (isNew) this.forget();
    return isNew;
  }

  /** Forgets what it has played. */
  forget(): void {
    this.bed = undefined;
    this.lastEventId = undefined;
    this.newest = undefined;
    this.#announced.clear();
    for (const { resolve } of this.#clips.values()) resolve();
    this.#clips.clear();
  }

  /** Tells whether a phrase belongs to this room and its listeners may hear it: a reused name inherits nothing. */
  takes(phrase: MusicGenerated): boolean {
    const key = phrase.room ?? String(phrase.repositoryId);
    this.key ??= key;
    return this.key === key && isHearable(phrase, this);
  }

  /** Takes a phrase from the tables; returns true if it is new here and has sounded. */
  restore({ eventId, messageId, startAt, phrase }: KeptPhrase): boolean {
    const id = messageId ?? eventId;
    if (this.lastEventId !== undefined && !isAfter(id, this.lastEventId)) return false;
    this.lastEventId = id;
    if (!this.takes(phrase)) return false;
    if (messageId === undefined || startAt === undefined) {
      this.announce(phrase);
      return false;
    }
    this.newest = { phrase, startAt };
    return true;
  }

  /** Takes a phrase whose sound follows. */
  announce(phrase: MusicGenerated): void {
    this.newest = { phrase };
    this.#announced.set(phrase.phraseId, phrase);
    if (!phrase.hasClips) return;
    const making = Promise.withResolvers<void>();
    this.#clips.set(phrase.phraseId, making);
    making.promise.catch(() => {});
    // Where the owner does not answer, each server makes what its own listeners need.
    setTimeout(making.resolve, ownerMs).unref();
  }

  /**
   * Settles when the clips of a phrase have been made; at once if none are being made. Rejects when they have failed.
   */
  async clipsOf(phraseId: string): Promise<void> {
    await this.#clips.get(phraseId)?.promise;
  }

  /** Notes that the clips of a phrase have been made. */
  endClips(phraseId: string): void {
    this.#clips.get(phraseId)?.resolve();
    this.#clips.delete(phraseId);
    this.#announced.delete(phraseId);
  }

  /** Notes that the clips of a phrase could not be made. */
  failClips(phraseId: string, error: Error): void {
    this.#clips.get(phraseId)?.reject(error);
    this.#clips.delete(phraseId);
  }

  /** Returns a phrase that has been announced here. */
  announced(phraseId: string): MusicGenerated | undefined {
    return this.#announced.get(phraseId);
  }

  /** Takes the start of a phrase. */
  play(phrase: MusicGenerated, startAt: number): void {
    if (!this.#clips.has(phrase.phraseId)) this.#announced.delete(phrase.phraseId);
    // A newer one may have been announced meanwhile.
    if (!this.newest || this.newest.phrase.receivedAt <= phrase.receivedAt) this.newest = { phrase, startAt };
  }
}
