import type { Worker } from 'node:worker_threads';
import { BusError } from '../errors.ts';
import { ownedName, parseFence } from '../fence.ts';
import { KeyPages } from '../key-pages.ts';
import { fenced, LocalOwners, settled, type Unfenced } from '../local-owners.ts';
import type { Checked } from '../sqlite-check.ts';
import type { Reply, Request } from '../sqlite-worker.ts';
import {
  type Appended,
  type Commit,
  type Consumer,
  type Delivery,
  type Entry,
  envelopeVersion,
  type GroupSpec,
  type Listener,
  type Owner,
  type OwnerListener,
  type Page,
  type Reference,
  type Start,
  type Stored,
  type StoredDeadLetter,
  type Transport,
  type TransportStats,
} from '../transport.ts';
import type { Buried } from './dead-letters.ts';
import { pathOf } from './options.ts';

interface Waiting {
  readonly request: Request;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: BusError) => void;
}

interface OwnedGroup {
  readonly id: number;
  readonly owners: LocalOwners;
}

/** Time from opening a large file to its check. */
const checkAfterMs = 1_000;

/** A store in a SQLite file. */
export interface SqliteTransport extends Transport {
  /**
   * Copies the file to another path while it is used. Resolves when the copy is complete and under its name. The copy is
   * a bus file like any other, and a new log: an id of the original has another epoch there.
   * @throws {BusError} `BUS_REFUSED` when something has that path, or when it cannot be written; `BUS_STORAGE_FULL`,
   * `BUS_UNAVAILABLE` or `BUS_CLOSED`: there is no copy.
   * @throws {TypeError} when `file` is not a path.
   */
  backup(file: string): Promise<void>;
}

/** A bus's end of the thread that reads and writes the file. */
export class FileTransport implements SqliteTransport {
  readonly name = 'sqlite';
  readonly payloads = 'json';
  readonly #worker: Worker;
  readonly #epoch: string;
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
  #batch: Waiting[] = [];
  /** Requests that were sent and have no result yet. Results come in the order of the requests. */
  #sent: Waiting[] = [];
  #broken: BusError | undefined;
  /** True once the last request was sent. */
  #closing = false;
  readonly #wakes = new Map<number, () => void>();
  readonly #backups = new Map<number, (error: BusError | undefined) => void>();
  #backupCount = 0;
  /** What the thread reported before the bus was connected. */
  #warnings: BusError[] = [];
  #consumers = 0;

  constructor(worker: Worker, epoch: string, opened: string) {
    this.#worker = worker;
    this.#epoch = epoch;
    this.#opened = opened;
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (cause) =>
      this.#break(
        new BusError('BUS_UNAVAILABLE', 'the thread that writes the file died: restart the process', { cause }),
      ),
    );
    worker.on('exit', () => this.#break(new BusError('BUS_CLOSED', 'the file is closed')));
  }

  start(listener: Listener): void {
    if (this.#listener) {
      throw new TypeError('the transport belongs to another bus already: make one transport for each bus');
    }
    this.#listener = listener;
    queueMicrotask(() => {
      this.#warn();
      this.#report();
    });
    // From now on, what is due may come.
    this.#ask({ op: 'listen' }).catch(() => {});
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
      this.#damage = this.#closing ? undefined : found;
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
      group = this.#makeOwned(name, id);
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
        this.#found(() => this.#ask<readonly Delivery[] | null>({ op: 'take', group, consumer, count, first })),
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

  async backup(file: string): Promise<void> {
    const path = pathOf(file);
    const backup = ++this.#backupCount;
    const copied = new Promise<void>((resolve, reject) => {
      this.#backups.set(backup, (error) => (error ? reject(error) : resolve()));
    });
    copied.catch(() => {});
    try {
      await this.#ask({ op: 'backup', backup, file: path });
      await copied;
    } finally {
      this.#backups.delete(backup);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#checkTimer);
    if (this.#broken) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    const closed = this.#ask({ op: 'close' });
    this.#closing = true;
    await closed.catch(() => {});
    await ended;
  }

  /** Repeats a search in the log until it finds something or reaches the end. Other requests run in between. */
  async #found<T>(search: () => Promise<T | null>): Promise<T> {
    for (;;) {
      const found = await search();
      if (found !== null) {
        return found;
      }
    }
  }

  #warn(): void {
    if (this.#damage && this.#listener) {
      this.#listener.warning(new BusError(this.#damage.code, this.#damage.message));
    }
  }

  #report(): void {
    if (this.#listener) for (const error of this.#warnings.splice(0)) this.#listener.warning(error);
  }

  #makeOwned(name: string, id: number): OwnedGroup {
    let left: Reference[] | undefined;
    const store = {
      // First come the events that were read but not settled when the file was last open.
      pull: async (count: number) => {
        left ??= [...(await this.#ask<readonly Reference[]>({ op: 'waiting', group: id }))];
        return left.length > 0
          ? left.splice(0, count)
          : this.#found(() => this.#ask<readonly Reference[] | null>({ op: 'pull', group: id, count }));
      },
      start: (wanted: readonly Start[]) =>
        this.#ask<readonly (Unfenced | undefined)[]>({ op: 'start', group: id, wanted }),
      giveBack: (places: readonly number[]) => this.#ask<void>({ op: 'giveBack', group: id, places }),
      done: (seq: number) => this.#ask<boolean>({ op: 'done', group: id, consumer: 0, seq }),
      dead: async (seq: number, reason: string, notice: Entry | undefined) =>
        (await this.#ask<Buried>({ op: 'dead', group: id, consumer: 0, seq, reason, notice })).own,
    };
    // A group that ended and came back has another number, so that old marks never match new ones.
    return { id, owners: new LocalOwners(name, store, `${this.#opened}.${id}`) };
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
    if (this.#broken) return Promise.reject(this.#broken);
    if (this.#closing) return Promise.reject(new BusError('BUS_CLOSED', 'the file is closed'));
    return new Promise<unknown>((resolve, reject) => {
      this.#batch.push({ request, resolve, reject });
      if (this.#batch.length === 1) queueMicrotask(() => this.#send());
    }) as Promise<T>;
  }

  #send(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (this.#broken) {
      for (const { reject } of batch) reject(this.#broken);
      return;
    }
    for (const waiting of batch) this.#sent.push(waiting);
    this.#worker.postMessage(batch.map(({ request }) => request));
  }

  #settle(reply: Reply): void {
    if ('warnings' in reply) {
      this.#warnings.push(...reply.warnings.map(({ code, message }) => new BusError(code, message)));
      this.#report();
      return;
    }
    if ('backup' in reply) {
      const { backup, failure } = reply;
      this.#backups.get(backup)?.(failure && new BusError(failure.code, failure.message));
      return;
    }
    if ('due' in reply) {
      this.#announce(reply.due);
      this.#wake();
      return;
    }
    if ('error' in reply) {
      const error = new BusError(reply.error.code, reply.error.message);
      for (const { reject } of this.#sent.splice(0, reply.count)) reject(error);
      return;
    }
    const asked = this.#sent.splice(0, reply.answers.length);
    const events: Stored[] = [];
    for (const [place, { request, resolve }] of asked.entries()) {
      const answer = reply.answers[place];
      if (request.op === 'commit') {
        resolve(answer);
        for (const [index, { seq, duplicate }] of ((answer ?? []) as readonly Appended[]).entries()) {
          const entry = request.commit.publish[index];
          if (entry && !duplicate && seq > 0) events.push(storedAs(entry, seq));
        }
        continue;
      }
      if (request.op !== 'append') {
        resolve(answer);
        const notice = request.op === 'dead' ? (answer as Buried).notice : undefined;
        if (notice) events.push(notice);
        continue;
      }
      const seq = Math.abs(answer as number);
      // A duplicate of an event that waits for its time is -0.
      const duplicate = (answer as number) < 0 || Object.is(answer, -0);
      resolve({ seq, epoch: this.#epoch, duplicate } satisfies Appended);
      if (!duplicate && seq > 0) events.push(storedAs(request.entry, seq));
    }
    this.#announce(events);
  }

  #announce(events: readonly Stored[]): void {
    if (events.length === 0) return;
    this.#listener?.events(events, this.#epoch);
    for (const { owners } of this.#owned.values()) owners.wake();
  }

  #break(error: BusError): void {
    this.#broken ??= error;
    for (const { reject } of [...this.#sent.splice(0), ...this.#batch.splice(0)]) reject(this.#broken);
    for (const end of this.#backups.values()) end(this.#broken);
  }
}

function storedAs({ topic, key, payload, publishedAt }: Entry, seq: number): Stored {
  return { seq, topic, key, payload, publishedAt, version: envelopeVersion };
}
