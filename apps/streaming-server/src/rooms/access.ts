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
}

/**
 * Tells whether strangers may hear a phrase of a public room. One that a merged room played of a private repository stays
 * closed when that repository is in it no longer.
 */
export function isForStrangers({ isPrivate, room }: Pick<MusicGenerated, 'isPrivate' | 'room'>): boolean {
  return !isPrivate || room === undefined;
}

/** A room that a clip was made for. */
export interface ClipRoom {
  /** Its channel. */
  readonly repoId: string;
  /** The number of the repository; 0 for a merged room. A repository that takes a used name inherits nothing. */
  readonly repositoryId: number;
}

/** Stands for every room: what anybody may have who knows its name, which nobody can guess. */
export const anyRoom: ClipRoom = { repoId: '*', repositoryId: 0 };

/**
 * Knows who may listen to which room, and what the room is called. Strangers may not listen to a private repository; for
 * an unknown one, the operator's choice decides. What is known is kept in the tables, so that it lasts.
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
    const isPublic = this.#alwaysPublic.has(channel) || (known ? !known.isPrivate : this.#isOpen);
    return { channel, key: known && String(known.repositoryId), name: repoId, isPublic };
  }

  /** Tells whether a request without any token may have a clip that was made for a room. */
  async isPublicClip({ repoId, repositoryId }: ClipRoom): Promise<boolean> {
    if (repoId === anyRoom.repoId) return true;
    // The clips of a merged room that was deleted are not public.
    if (!this.isRoomName(repoId)) return false;
    const { isPublic, key } = await this.find(repoId);
    return (
      isPublic &&
      (repositoryId === 0 || key === undefined || key === String(repositoryId) || this.#alwaysPublic.has(repoId))
    );
  }

  async #ofMerged(name: string): Promise<Place> {
    const repositories = this.#merged.get(name)?.repositories ?? [];
    const isPrivate = await this.#tables.isAnyPrivate(repositories);
    // Where unknown repositories are closed, a delivery must have said that one of these is public.
    const isPublic = !isPrivate && (this.#isOpen || (await this.#tables.isAnyKnown(repositories)));
    return { channel: name, key: name, name, isPublic };
  }
}
