import { randomUUID } from 'node:crypto';
import { formatFence, ownedName, parseFence } from './fence.ts';
import { type Answer, RedisConnection } from './redis-connection.ts';
import { parseEntry, placeOf, type Row } from './redis-entry.ts';
import type { scripts } from './redis-scripts.ts';
import { RedisWatch } from './redis-watch.ts';
import type { Entry, GroupSpec, OwnedDelivery, Owner, OwnerListener, Start } from './transport.ts';

/** Where an owned group lives and how it behaves. */
export interface RedisOwnerOptions {
  readonly connection: RedisConnection;
  readonly url: string;
  readonly keys: readonly string[];
  /** First part of every key of the bus. */
  readonly prefix: string;
  readonly leaseMs: number;
  readonly maxDeadLetters: number;
  readonly epoch: () => string;
}

/** References that one message brings from a partition at most. */
const pageSize = 256;
const blockMs = 1_000;
const retryMs = 100;

interface Part {
  /** Name of the owner and its token. */
  readonly mark: string;
  /** Id of the newest reference that was read. */
  cursor: string;
  isRevoked: boolean;
}

interface Finished {
  readonly fence: string;
  readonly resolve: (own: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** One owner in an owned group in Redis: reads its partitions' queues, beats, and watches the others. */
export class RedisOwner implements Owner {
  readonly #options: RedisOwnerOptions;
  readonly #spec: GroupSpec;
  readonly #listener: OwnerListener;
  readonly #reader: RedisConnection;
  readonly #onLeave: () => void;
  readonly #name: string;
  readonly #base: string;
  readonly #parts = new Map<number, Part>();
  readonly #watch: RedisWatch;
  #me = '';
  #control = '0';
  #isLooking = true;
  #isLeaving = false;
  #isStopped = false;
  #isBeating = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #finished: Finished[] = [];
  #joining: Promise<void> | undefined;

  private constructor(
    spec: GroupSpec,
    options: RedisOwnerOptions,
    listener: OwnerListener,
    reader: RedisConnection,
    onLeave: () => void,
  ) {
    this.#spec = spec;
    this.#options = options;
    this.#listener = listener;
    this.#reader = reader;
    this.#onLeave = onLeave;
    this.#name = ownedName(spec.group, spec.pattern);
    this.#base = `${options.prefix}o:${this.#name}:`;
    this.#watch = new RedisWatch(options.leaseMs);
  }

  /** Joins on a connection of its own, which waits for events. */
  static async join(
    spec: GroupSpec,
    options: RedisOwnerOptions,
    listener: OwnerListener,
    onLeave: () => void,
  ): Promise<RedisOwner> {
    const reader = await RedisConnection.open(options.url);
    const owner = new RedisOwner(spec, options, listener, reader, onLeave);
    try {
      await owner.#join(String(spec.from));
    } catch (error) {
      reader.close();
      throw error;
    }
    owner.#timer = setInterval(() => void owner.#beat(), options.leaseMs / 10);
    void owner.#beat();
    void owner.#follow();
    return owner;
  }

  async start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | 'lost' | 'gone')[]> {
    const marks = wanted.map(({ partition }) => this.#parts.get(partition)?.mark);
    const known = wanted.flatMap(({ partition, seq, stateOf }, place) => {
      const owner = marks[place];
      return owner === undefined
        ? []
        : [String(partition), owner, `${seq}-0`, stateOf === undefined ? '' : `k${stateOf}`];
    });
    const answer = known.length === 0 ? [] : await this.#script('ownStart', known);
    const rows = (answer as readonly (number | readonly [number, readonly string[], string | null])[]).values();
    const epoch = this.#options.epoch();
    return wanted.map(({ partition, seq }, place) => {
      const owner = marks[place];
      if (owner === undefined) {
        return 'lost';
      }
      const row = rows.next().value;
      if (row === -1) {
        return 'gone';
      }
      if (typeof row !== 'object') {
        this.#forget(partition, owner);
        return 'lost';
      }
      const [attempt, fields, state] = row;
      const fence = formatFence({ seq, partition, owner, group: this.#name });
      return { event: parseEntry(`${seq}-0`, fields), epoch, attempt, fence, state: state ?? undefined };
    });
  }

  done({ fence }: OwnedDelivery): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#finished.push({ fence, resolve, reject });
      // What ends in one turn of the loop is told in one message.
      if (this.#finished.length === 1) {
        queueMicrotask(() => void this.#finish());
      }
    });
  }

  async dead({ fence }: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean> {
    const { partition, owner, seq } = parseFence(fence);
    const told = notice ? [String(notice.publishedAt), notice.payload as string] : ['0', ''];
    const limit = String(this.#options.maxDeadLetters);
    return (await this.#script('ownDead', [String(partition), owner, `${seq}-0`, reason, limit, ...told])) === 1;
  }

  wake(): void {
    this.#script('ownRing', []).catch(() => {});
  }

  async release(partitions: readonly number[]): Promise<void> {
    const args = partitions.flatMap((partition) => {
      const part = this.#parts.get(partition);
      this.#parts.delete(partition);
      return part ? [String(partition), part.mark] : [];
    });
    if (args.length > 0) {
      await this.#script('ownRelease', args);
    }
  }

  async retire(): Promise<void> {
    this.#isLeaving = true;
    await this.#script('ownRetire', []);
  }

  async leave(): Promise<void> {
    this.stop();
    this.#onLeave();
    await this.#script('ownLeave', []);
  }

  /** Ends the heartbeat and the reading. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#reader.close();
  }

  #script(name: keyof typeof scripts, args: readonly string[]): Promise<Answer> {
    const { connection, keys } = this.#options;
    return connection.script(name, keys, [this.#name, this.#base, this.#me, ...args]);
  }

  #queueOf(partition: number): string {
    return `${this.#base}q:${String(partition).padStart(3, '0')}`;
  }

  async #finish(): Promise<void> {
    const batch = this.#finished.splice(0);
    const args = batch.flatMap(({ fence }) => {
      const { partition, owner, seq } = parseFence(fence);
      return [String(partition), owner, `${seq}-0`];
    });
    try {
      const answer = (await this.#script('ownDone', args)) as readonly number[];
      for (const [place, { resolve }] of batch.entries()) {
        resolve(answer[place] === 1);
      }
    } catch (error) {
      for (const { reject } of batch) {
        reject(error);
      }
    }
  }

  async #join(from: string): Promise<void> {
    this.#me = randomUUID();
    this.#control = '0';
    this.#watch.clear();
    await this.#script('ownJoin', [from, this.#spec.pattern]);
    this.#isLooking = true;
  }

  /** Comes back under a new name after others took over, or after Redis lost the group: then from its beginning. */
  async #rejoin(): Promise<void> {
    this.#joining ??= (async () => {
      for (const [partition, { mark }] of this.#parts) {
        this.#forget(partition, mark);
      }
      await this.#join('0');
    })().finally(() => {
      this.#joining = undefined;
    });
    await this.#joining;
  }

  #forget(partition: number, mark: string): void {
    if (this.#parts.get(partition)?.mark === mark) {
      this.#parts.delete(partition);
      this.#listener.lost(partition);
    }
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (this.#isLooking) {
          this.#isLooking = false;
          await this.#look();
        }
        await this.#read();
      } catch {
        // The connection is down or comes back: commands of the bus itself tell about it.
        this.#isLooking = true;
        if (!this.#isStopped) {
          await new Promise((resolve) => setTimeout(resolve, retryMs));
        }
      }
    }
  }

  /** Learns what it owns and what others shall have. The table is the truth: what rings only says when to look. */
  async #look(): Promise<void> {
    const me = this.#me;
    const [own, want] = (await this.#script('ownLook', [])) as readonly [readonly string[], readonly string[]];
    // Under a new name it looks again.
    if (me !== this.#me || this.#isStopped) {
      return;
    }
    const marks = new Map<number, string>();
    for (let place = 0; place < own.length; place += 2) {
      if (own[place + 1]?.startsWith(`${me}#`)) {
        marks.set(Number(own[place]), own[place + 1] ?? '');
      }
    }
    for (const [partition, { mark }] of this.#parts) {
      if (marks.get(partition) !== mark) {
        this.#forget(partition, mark);
      }
    }
    for (const [partition, mark] of marks) {
      if (!this.#parts.has(partition) && !this.#isLeaving) {
        this.#parts.set(partition, { mark, cursor: '0', isRevoked: false });
        this.#listener.gained(partition);
      }
    }
    for (let place = 0; place < want.length; place += 2) {
      const part = this.#parts.get(Number(want[place]));
      if (part && !part.isRevoked && want[place + 1] !== me) {
        part.isRevoked = true;
        this.#listener.revoked(Number(want[place]));
      }
    }
  }

  /** Waits for references in its partitions, or for a ring. */
  async #read(): Promise<void> {
    const control = `${this.#base}ctl:${this.#me}`;
    const open = [...this.#parts].filter(
      ([partition, { isRevoked }]) => !isRevoked && this.#listener.room(partition) > 0,
    );
    const names = [control, ...open.map(([partition]) => this.#queueOf(partition))];
    const ids = [this.#control, ...open.map(([, { cursor }]) => cursor)];
    const command = ['XREAD', 'COUNT', String(pageSize), 'BLOCK', String(blockMs), 'STREAMS', ...names, ...ids];
    const answer = await this.#reader.command(command, blockMs + 5_000);
    const parts = new Map(open.map(([partition, part]) => [this.#queueOf(partition), { partition, part }]));
    for (const [name, rows] of (answer ?? []) as readonly (readonly [string, readonly Row[]])[]) {
      const last = rows.at(-1)?.[0] ?? '0';
      const found = parts.get(name);
      if (name === control) {
        this.#control = last;
        this.#isLooking = true;
      } else if (found && this.#parts.get(found.partition) === found.part) {
        // A partition that was lost and gained again meanwhile begins at its oldest.
        found.part.cursor = last;
        const references = rows.map(([id, fields]) => ({
          seq: placeOf(id),
          key: fields[0] === 'k' ? fields[1] : undefined,
        }));
        this.#listener.came(found.partition, references);
      }
    }
  }

  async #beat(): Promise<void> {
    if (this.#isBeating || this.#isStopped) {
      return;
    }
    this.#isBeating = true;
    try {
      const answer = (await this.#script('ownBeat', [])) as readonly string[] | null;
      if (!answer && !this.#isLeaving) {
        await this.#rejoin();
        this.#wakeReader();
      }
      for (const [server, beats] of this.#watch.look(answer ?? [], this.#me)) {
        await this.#script('ownAdopt', [server, beats]);
      }
    } catch {
      // The next beat tries again.
    } finally {
      this.#isBeating = false;
    }
  }

  /** The reader still waits on the former names: this has it look now. */
  #wakeReader(): void {
    this.#script('ownRing', []).catch(() => {});
  }
}
