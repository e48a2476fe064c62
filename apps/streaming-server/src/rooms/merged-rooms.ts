import type { EventBus } from '@bnc/event-bus';
import { isRepoId } from '@bnc/github-webhooks';
import type { ServerEvents } from './events.ts';
import { lower } from './names.ts';
import type { MergedRoom, Tables } from './tables.ts';

/**
 * The name of a merged room: without a slash, unlike a repository's name, and not a number, which is a repository's
 * key.
 */
const roomPattern = /^(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,37}[a-z0-9])?$/;
/** What a room may merge: `owner/repo`, or all repositories of an owner as `owner/*`. */
const repositoryPattern = /^[a-z0-9](?:[a-z0-9-]{0,38})\/(?:\*|[a-z0-9._-]{1,100})$/;

/** Most names that one room merges. */
export const maxMerged = 200;

/**
 * Reads the name of a merged room and its repositories, in lower case.
 * @throws {RangeError} when the name, a repository or their number is not allowed
 */
export function readMergedRoom(name: string, repositories: readonly string[]): MergedRoom {
  const room = { name: lower(name.trim()), repositories: repositories.map((one) => lower(one.trim())) };
  if (!roomPattern.test(room.name)) {
    throw new RangeError(
      `must name a room with at most 39 letters, digits and hyphens, not with digits only, got '${name}'`,
    );
  }
  const wrong = room.repositories.find((one) => !repositoryPattern.test(one));
  if (wrong !== undefined) throw new RangeError(`must merge names such as owner/repo or owner/*, not '${wrong}'`);
  if (room.repositories.length > maxMerged) {
    throw new RangeError(`must merge at most ${maxMerged} names in a room, got ${room.repositories.length}`);
  }
  return room;
}

/**
 * Reads `team:owner/*,other/repo; second:third/*`.
 * @throws {RangeError} when the text has another form, or a room is not allowed
 */
export function readMergedRooms(text: string): readonly MergedRoom[] {
  return text
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [name = '', list, ...more] = part.split(':');
      if (list === undefined || list.trim() === '' || more.length > 0) {
        throw new RangeError(
          `must be rooms such as team:owner/*,other/repo with semicolons between them, not '${part.trim()}'`,
        );
      }
      return readMergedRoom(name, list.split(','));
    });
}

/** Knows which room a repository is heard in: a merged one, or its own. */
export class MergedRooms {
  /** The rooms of the settings, which never change. */
  readonly #fixed: readonly MergedRoom[];
  #byName = new Map<string, MergedRoom>();
  /** Rooms by what they merge. */
  #byRepository = new Map<string, string>();

  constructor(fixed: readonly MergedRoom[] = []) {
    this.#fixed = fixed;
    this.#set([]);
  }

  /** Loads the rooms that an operator has set. Where the settings merge the same repository, the settings win. */
  async load(tables: Pick<Tables, 'mergedRooms'>): Promise<void> {
    this.#set(await tables.mergedRooms());
  }

  /**
   * Follows changes that operators make on other servers: calls `load`, which reads the rooms again, then `onChange`.
   */
  async follow(
    bus: EventBus<ServerEvents>,
    { load, onChange }: { load(): Promise<void>; onChange(): Promise<void> },
  ): Promise<{ close(): Promise<void> }> {
    const changes = bus.follow('rooms:changed', async () => {
      await load();
      await onChange();
    });
    await changes.add('rooms');
    // The rooms may have changed before they were followed.
    await load();
    return changes;
  }

  /** Returns all merged rooms. */
  list(): readonly MergedRoom[] {
    return [...this.#byName.values()];
  }

  /** Tells whether a text can name a room: a repository, or one of these rooms. */
  isRoomName(name: string): boolean {
    return isRepoId(name) || this.get(name) !== undefined;
  }

  get(name: string): MergedRoom | undefined {
    return this.#byName.get(lower(name));
  }

  /** Tells whether the settings name a room. */
  isFixed(name: string): boolean {
    return this.#fixed.some((room) => room.name === name);
  }

  /** Returns the merged room of a repository. */
  of(repoId: string): string | undefined {
    const name = lower(repoId);
    return this.#byRepository.get(name) ?? this.#byRepository.get(`${name.split('/')[0]}/*`);
  }

  /** Returns the key of the room in which a repository is heard. It stays when the repository is renamed. */
  keyOf({ repoId, repositoryId }: { readonly repoId: string; readonly repositoryId: number }): string {
    return this.of(repoId) ?? String(repositoryId);
  }

  /** Returns the channel of that room, which its listeners follow. */
  channelOf(repoId: string): string {
    return this.of(repoId) ?? lower(repoId);
  }

  #set(rooms: readonly MergedRoom[]): void {
    this.#byName = new Map([...rooms, ...this.#fixed].map((room) => [room.name, room]));
    this.#byRepository = new Map(
      [...this.#byName.values()].flatMap(({ name, repositories }) => repositories.map((one) => [one, name] as const)),
    );
  }
}
