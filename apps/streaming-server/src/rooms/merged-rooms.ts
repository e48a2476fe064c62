import type { EventBus } from '@bnc/event-bus';
import { isRepoId } from '@bnc/github-webhooks';
import type { ServerEvents } from './events.ts';
import { lower } from './names.ts';
import type { MergedRoom, Tables } from './tables.ts';

/** What may be the name of a merged room: a word, so that no repository can have it, and no number, which is one's key. */
const roomPattern = /^(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,37}[a-z0-9])?$/;
/** What may be a repository of one: `owner/repo`, or all of an owner. */
const repositoryPattern = /^[a-z0-9](?:[a-z0-9-]{0,38})\/(?:\*|[a-z0-9._-]{1,100})$/;

/** Repositories of one room, at most. */
const maxRepositories = 200;

/**
 * Reads the name of a merged room and its repositories, in lower case.
 * @throws {RangeError} saying what is wrong
 */
export function readMergedRoom(name: string, repositories: readonly string[]): MergedRoom {
  const room = { name: lower(name.trim()), repositories: repositories.map((one) => lower(one.trim())) };
  if (!roomPattern.test(room.name)) {
    throw new RangeError(
      `a room's name is a word of up to 39 letters, digits and hyphens and not a number, not '${name}'`,
    );
  }
  const wrong = room.repositories.find((one) => !repositoryPattern.test(one));
  if (wrong !== undefined) throw new RangeError(`a room merges names such as owner/repo or owner/*, not '${wrong}'`);
  if (room.repositories.length > maxRepositories) {
    throw new RangeError(`a room merges at most ${maxRepositories} names, got ${room.repositories.length}`);
  }
  return room;
}

/**
 * Reads `team:owner/*,other/repo; second:third/*`.
 * @throws {RangeError} saying what is wrong
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
  /** Those of the settings, which nobody changes. */
  readonly #fixed: readonly MergedRoom[];
  #byName = new Map<string, MergedRoom>();
  /** Rooms by what they merge. */
  #byRepository = new Map<string, string>();

  constructor(fixed: readonly MergedRoom[] = []) {
    this.#fixed = fixed;
    this.#set([]);
  }

  /** Takes what an operator has set; where both merge a name, the settings win. */
  async load(tables: Pick<Tables, 'mergedRooms'>): Promise<void> {
    this.#set(await tables.mergedRooms());
  }

  /** Follows what operators set on other servers; `load` reads it again, and `onChange` is called after that. */
  async follow(
    bus: EventBus<ServerEvents>,
    { load, onChange }: { load(): Promise<void>; onChange(): Promise<void> },
  ): Promise<{ close(): Promise<void> }> {
    const changes = bus.follow('rooms:changed', async () => {
      await load();
      await onChange();
    });
    await changes.add('rooms');
    // They may have changed before they were followed.
    await load();
    return changes;
  }

  /** All of them. */
  list(): readonly MergedRoom[] {
    return [...this.#byName.values()];
  }

  /** Tells whether something may be asked for as a room: a repository, or one of these. */
  isRoomName(name: string): boolean {
    return isRepoId(name) || this.get(name) !== undefined;
  }

  get(name: string): MergedRoom | undefined {
    return this.#byName.get(lower(name));
  }

  /** True when the settings name it. */
  isFixed(name: string): boolean {
    return this.#fixed.some((room) => room.name === name);
  }

  /** The merged room of a repository. */
  of(repoId: string): string | undefined {
    const name = lower(repoId);
    return this.#byRepository.get(name) ?? this.#byRepository.get(`${name.split('/')[0]}/*`);
  }

  /** Names the room in which a repository is heard, for its owner: it stays when the repository is renamed. */
  keyOf({ repoId, repositoryId }: { readonly repoId: string; readonly repositoryId: number }): string {
    return this.of(repoId) ?? String(repositoryId);
  }

  /** Names it for those who listen. */
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
