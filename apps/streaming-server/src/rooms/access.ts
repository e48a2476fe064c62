import type { MusicGenerated } from './events.ts';
import type { MergedRooms } from './merged-rooms.ts';
import { lower } from './names.ts';
import type { Tables } from './tables.ts';

/** A room, as a request for its name finds it. */
export interface Place {
  /** The room for its listeners: the hub's channel. */
  readonly channel: string;
  /** The room for its owner: the key of its events. Undefined for a repository that no delivery has named yet. */
  readonly key: string | undefined;
  /** Its name for listeners: the repository's name as it is now and as GitHub spells it. */
  readonly name: string;
  /** True when a request without any token may listen. */
  readonly isPublic: boolean;
  /** Numbers of the repositories that a token must list if the room is not public. Undefined: no token opens it. */
  readonly needs?: readonly number[] | undefined;
  /** Tells of a merged room whether a repository is heard in it. */
  readonly merges?: ((repoId: string) => boolean) | undefined;
}

/** What decides who may hear a room. */
export type Door = Pick<Place, 'isPublic' | 'needs'>;

/**
 * Tells whether a listener who may hear a room as it is now may hear a phrase that it played. What a merged room played
 * for a private repository stays closed once that repository is no longer in it.
 */
export function isHearable(phrase: MusicGenerated, { isPublic, merges }: Pick<Place, 'isPublic' | 'merges'>): boolean {
  if (!phrase.isPrivate || phrase.room === undefined) return true;
  if (isPublic || !merges) return false;
  // A phrase names its repositories line by line; one without such lines speaks for one repository.
  const names = phrase.tells?.map(({ repoId }) => repoId ?? phrase.repoId) ?? [phrase.repoId];
  return names.every(merges);
}

/** A room that a clip was made for. */
export interface ClipRoom {
  /** Its channel. */
  readonly repoId: string;
  /** The number of the repository; 0 for a merged room. A repository that takes over a name inherits nothing. */
  readonly repositoryId: number;
}

/** Stands for every room: for clips that anybody may have who knows their name, which nobody can guess. */
export const anyRoom: ClipRoom = { repoId: '*', repositoryId: 0 };

/**
 * Knows who may listen to which room, and what the room is called. Strangers may not listen to a private repository;
 * for an unknown one, the operator's choice decides. What is known is kept in the tables, so that it lasts.
 */
export class Access {
  readonly #tables: Tables;
  readonly #merged: MergedRooms;
  readonly #isOpen: boolean;
  readonly #alwaysPublic: ReadonlySet<string>;

  constructor({
    tables,
    merged,
    defaultAccess,
    alwaysPublic = [],
  }: {
    tables: Tables;
    merged: MergedRooms;
    defaultAccess: 'public' | 'deny';
    alwaysPublic?: readonly string[];
  }) {
    this.#tables = tables;
    this.#merged = merged;
    this.#isOpen = defaultAccess === 'public';
    this.#alwaysPublic = new Set(alwaysPublic.map(lower));
  }

  /** Tells whether a text can name a room. */
  isRoomName(asked: string): boolean {
    return this.#merged.isRoomName(asked);
  }

  /** Finds the room of a name: a repository's current or former name, or that of a merged room. */
  async find(asked: string): Promise<Place> {
    const name = lower(asked);
    if (this.#merged.get(name)) return this.#ofMerged(name);
    const known = await this.#tables.named(name);
    const repoId = known?.repoId ?? asked;
    const merged = this.#merged.of(repoId);
    if (merged !== undefined) return this.#ofMerged(merged);
    const channel = lower(repoId);
    const isRemoved = known?.isRemoved === true;
    const isPublic = this.#alwaysPublic.has(channel) || (known ? !known.isPrivate && !isRemoved : this.#isOpen);
    const needs = known && !isRemoved ? [known.repositoryId] : undefined;
    return { channel, key: known && String(known.repositoryId), name: repoId, isPublic, needs };
  }

  /** Tells whether a delivery or a ping has named a repository of this room. */
  async isKnown({ key, name, merges }: Place): Promise<boolean> {
    if (!merges) return key !== undefined;
    return this.#tables.isAnyKnown(this.#merged.get(name)?.repositories ?? []);
  }

  /** Finds the room that a clip was made for, if it is still the same room: those who may hear it may have the clip. */
  async findOfClip({ repoId, repositoryId }: ClipRoom): Promise<Place | undefined> {
    if (repoId === anyRoom.repoId) return { channel: repoId, key: undefined, name: repoId, isPublic: true };
    // The clips of a merged room that was deleted belong to nobody.
    if (!this.isRoomName(repoId)) return undefined;
    const place = await this.find(repoId);
    const { key } = place;
    const isSame = repositoryId === 0 || key === undefined || key === String(repositoryId);
    return isSame || this.#alwaysPublic.has(repoId) ? place : undefined;
  }

  async #ofMerged(name: string): Promise<Place> {
    const repositories = this.#merged.get(name)?.repositories ?? [];
    const needs = await this.#tables.privateNumbers(repositories);
    // Where unknown repositories are closed, a delivery must have said that one of these is public.
    const isPublic = needs.length === 0 && (this.#isOpen || (await this.#tables.isAnyKnown(repositories)));
    const merges = (repoId: string): boolean => this.#merged.of(repoId) === name;
    return { channel: name, key: name, name, isPublic, needs: needs.length > 0 ? needs : undefined, merges };
  }
}
