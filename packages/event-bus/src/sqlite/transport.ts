import type { Worker } from 'node:worker_threads';
import { BusError } from '../errors.ts';
import { ownedName, parseFence } from '../fence.ts';
import { KeyPages } from '../key-pages.ts';
import { fenced, LocalOwners, settled } from '../local-owners.ts';
import type { Checked } from '../sqlite-check.ts';
import type {
  Appended,
  Commit,
  Consumer,
  Delivery,
  Entry,
  GroupSpec,
  Listener,
  Owner,
  OwnerListener,
  Page,
  Stored,
  StoredDeadLetter,
  Transport,
  TransportStats,
} from '../transport.ts';
import type { Buried } from './dead-letters.ts';
import { found, ownedStore } from './owned-store.ts';
import type { Request } from './requests.ts';
import type { FileThread } from './thread.ts';

interface OwnedGroup {
  readonly id: number;
  readonly owners: LocalOwners;
}

/** Time from opening a large file to its check, in milliseconds. */
const checkAfterMs = 1_000;

/** A store in a SQLite file. */
export interface SqliteTransport extends Transport {
  /**
   * Copies the file to another path while it is in use. Resolves when the copy is complete and has its name. The copy
   * is a bus file like any other, and a new log: its epoch differs, so ids of the original do not belong to it.
   * @throws {BusError} `BUS_REFUSED` when something has that path, or when it cannot be written; `BUS_STORAGE_FULL`,
   * `BUS_UNAVAILABLE` or `BUS_CLOSED`: there is no copy.
   * @throws {TypeError} when `file` is not a path.
   */
  backup(file: string): Promise<void>;
}

/** The bus side of the thread that reads and writes the file. */
export class FileTransport implements SqliteTransport {
  readonly name = 'sqlite';
  readonly payloads = 'json';
  readonly #thread: FileThread;
  /** Differs from all earlier openings of the file. */
  readonly #opened: string;
  readonly #owned = new Map<string, OwnedGroup>();
  readonly #pages = new KeyPages({
    first: (key, after, limit, maxBytes) => this.#ask({ op: 'readKey', key, after, limit, maxBytes }),
    at: (places, maxBytes) => this.#ask({ op: 'readPlaces', places, maxBytes }),
  });
  #listener: Listener | undefined;
  #checkTimer: ReturnType<typeof setTimeout> | undefined;
  /** What the check of the file found. */
  #damage: Checked;
  readonly #wakes = new Map<number, () => void>();
  #consumers = 0;

  constructor(thread: FileThread, opened: string) {
    this.#thread = thread;
    this.#opened = opened;
  }

  start(listener: Listener): void {
    if (this.#listener) {
      throw new TypeError('the transport belongs to another bus already: make one transport for each bus');
    }
    this.#listener = listener;
    queueMicrotask(() => {
      this.#warn();
      this.#thread.listen({
        stored: (events) => this.#announce(events),
        due: (events) => {
          this.#announce(events);
          this.#wake();
        },
        warning: (error) => listener.warning(error),
      });
    });
  }

  /** Checks a large file in another thread while it is used. Waits a little, as much else starts with the bus. */
  checkSoon(start: () => Worker): void {
    this.#checkTimer = setTimeout(() => this.#check(start()), checkAfterMs);
    this.#checkTimer.unref();
  }

  #check(thread: Worker): void {
    thread.unref();
    thread.on('message', (found: Checked) => {
      // Closing writes into the file, so ignore what was found after that.
      this.#damage = this.#thread.isClosing ? undefined : found;
      this.#warn();
    });
    // Ignore a check that could not run: the file is used as it is.
    thread.on('error', () => {});
    thread.on('exit', () => void this.#ask({ op: 'checked' }).catch(() => {}));
  }

  append(entry: Entry): Promise<Appended> {
    const { fence } = entry;
    if (fence !== undefined) {
      try {
        this.#ownedBy(fence).owners.check(fence);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.#ask({ op: 'append', entry });
  }

  read(after: number, limit: number, maxBytes: number): Promise<Page> {
    return this.#ask({ op: 'read', after, limit, maxBytes });
  }

  readKey(key: string, after: number, limit: number, maxBytes: number): Promise<Page> {
    return this.#pages.read(key, after, limit, maxBytes);
  }

  async own(spec: GroupSpec, listener: OwnerListener): Promise<Owner> {
    const name = ownedName(spec.group, spec.pattern);
    const consumer = ++this.#consumers;
    const id = await this.#ask<number>({ op: 'join', ...spec, owned: true, consumer });
    // A group that has ended since then comes back with another number.
    let group = this.#owned.get(name);
    if (group?.id !== id) {
      // A group that ended and came back has another number, so that old marks never match new ones.
      group = { id, owners: new LocalOwners(name, ownedStore(this.#thread, id), `${this.#opened}.${id}`) };
      this.#owned.set(name, group);
    }
    const owner = group.owners.join(listener);
    const leave = async (): Promise<void> => {
      await owner.leave();
      await this.#ask({ op: 'leave', consumer, unfinished: [] });
    };
    return { ...owner, leave };
  }

  async commit({ fences, settle, publish, state }: Commit): Promise<readonly Appended[]> {
    const group = this.#ownedBy(fences[0] ?? '');
    group.owners.checkCommit(fences, settle, state?.key);
    const kept = state && { key: state.key, value: state.value as string | undefined };
    const appended = await this.#ask<readonly Appended[] | undefined>({
      op: 'commit',
      commit: { group: group.id, settle: settle.map((fence) => parseFence(fence).seq), publish, state: kept },
    });
    if (!appended) {
      throw settled();
    }
    group.owners.settled(settle);
    return appended;
  }

  async join(spec: GroupSpec, wake: () => void): Promise<Consumer> {
    const consumer = ++this.#consumers;
    const group = await this.#ask<number>({ op: 'join', ...spec, owned: false, consumer });
    this.#wakes.set(consumer, wake);
    return {
      take: (count, first) =>
        found(() => this.#ask<readonly Delivery[] | null>({ op: 'take', group, consumer, count, first })),
      later: ({ event: { seq } }, ms, isUncounted) =>
        this.#ask<boolean>({ op: 'later', group, consumer, seq, ms, isUncounted }),
      done: ({ event: { seq } }) => this.#ask<boolean>({ op: 'done', group, consumer, seq }),
      dead: async ({ event: { seq } }, reason, notice) =>
        (await this.#ask<Buried>({ op: 'dead', group, consumer, seq, reason, notice })).own,
      leave: async (unfinished) => {
        this.#wakes.delete(consumer);
        await this.#ask({ op: 'leave', consumer, unfinished: unfinished.map(({ event: { seq } }) => seq) });
        this.#wake();
      },
    };
  }

  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]> {
    return this.#ask({ op: 'deadLetters', limit, after });
  }

  deadLetter(id: string): Promise<StoredDeadLetter | undefined> {
    return this.#ask({ op: 'deadLetter', id });
  }

  deleteDeadLetter(id: string): Promise<boolean> {
    return this.#ask({ op: 'deleteDeadLetter', id });
  }

  async forget(key: string): Promise<number> {
    const erased = await this.#ask<number>({ op: 'forget', key });
    for (const { owners } of this.#owned.values()) {
      owners.forget(key);
    }
    return erased;
  }

  async retryDeadLetter(id: string): Promise<boolean> {
    const given = await this.#ask<boolean>({ op: 'retryDeadLetter', id });
    if (given) this.#wake();
    return given;
  }

  async stats(): Promise<TransportStats> {
    const stats = await this.#ask<TransportStats>({ op: 'stats' });
    return this.#damage ? { ...stats, warnings: [this.#damage] } : stats;
  }

  backup(file: string): Promise<void> {
    return this.#thread.backup(file);
  }

  close(): Promise<void> {
    clearTimeout(this.#checkTimer);
    return this.#thread.close();
  }

  #warn(): void {
    if (this.#damage && this.#listener) {
      this.#listener.warning(new BusError(this.#damage.code, this.#damage.message));
    }
  }

  #ownedBy(fence: string): OwnedGroup {
    const group = this.#owned.get(parseFence(fence).group);
    if (!group) {
      throw fenced();
    }
    return group;
  }

  #wake(): void {
    for (const { owners } of this.#owned.values()) {
      owners.wake();
    }
    for (const wake of this.#wakes.values()) wake();
  }

  #ask<T>(request: Request): Promise<T> {
    return this.#thread.ask(request);
  }

  #announce(events: readonly Stored[]): void {
    if (events.length === 0) return;
    this.#listener?.events(events, this.#thread.epoch);
    for (const { owners } of this.#owned.values()) owners.wake();
  }
}
