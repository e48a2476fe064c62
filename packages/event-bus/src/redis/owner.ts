import { randomUUID } from 'node:crypto';
import { formatFence, ownedName, parseFence } from '../fence.ts';
import { partitionName } from '../partition.ts';
import type { Entry, GroupSpec, OwnedDelivery, Owner, OwnerListener, Reference, Release, Start } from '../transport.ts';
import { type Answer, RedisConnection, type RedisLines } from './connection.ts';
import { parseEntry, type Row } from './entry.ts';
import type { ScriptName } from './scripts.ts';
import { beatMs, RedisWatch } from './watch.ts';

/** Where an owned group lives and how it behaves. */
export interface RedisOwnerOptions {
  readonly connection: RedisConnection;
  readonly lines: RedisLines;
  readonly keys: readonly string[];
  /** First part of every key of the bus. */
  readonly prefix: string;
  readonly leaseMs: number;
  readonly groupTtlMs: number;
  readonly maxDeadLetters: number;
  readonly epoch: () => string;
  /** Called when a dead letter was dropped. */
  readonly onDropped: (id: string) => void;
  /** Called when history was cut before the group had read so many of its events. */
  readonly onCut: (group: string, lost: number) => void;
  /** Called with the time at which the first of the delayed entries is due, while there are some. */
  readonly onDue: (at: number) => void;
}

/** Entries of the inbox that one message brings, and references read at a time, at most. */
const pageSize = 100;
const scanSize = 1_000;
const blockMs = 10_000;
const retryMs = 100;
/** Beats after which an owner looks at the table though nothing rang. */
const lookEvery = 30;
/** How often it is noted that the group is used. */
const useMs = 60_000;
interface Part {
  /** Name of the owner and its token. */
  readonly mark: string;
  isRevoked: boolean;
  /** Highest place that was handed on. */
  after: number;
  /** Set while what waits is read from `refs`: what the inbox brings meanwhile. */
  later: Reference[] | undefined;
  /** There was no room: what comes after `after` must be read again. */
  isBehind: boolean;
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
  #reader: RedisConnection | undefined;
  readonly #onLeave: () => void;
  readonly #name: string;
  readonly #base: string;
  readonly #parts = new Map<number, Part>();
  /** Marks of partitions that are being released: the table may still name them. */
  readonly #releasing = new Set<string>();
  readonly #watch: RedisWatch;
  #me = '';
  /** Place up to which this owner knows the log, and of which epoch, for a group that Redis has lost. */
  #known = { epoch: '', place: 0 };
  /** Id of the newest entry of the inbox that was read. */
  #cursor = '0';
  #isLoading = false;
  #isLooking = true;
  #isLeaving = false;
  #isStopped = false;
  #isBeating = false;
  #beats = 0;
  /** Id up to which the inbox was trimmed, and when the group's use was noted. */
  #trimmed = '0';
  #noted = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Looks at another owner between two beats, when it is dead. */
  #watching: ReturnType<typeof setTimeout> | undefined;
  #finished: Finished[] = [];
  #joining: Promise<void> | undefined;

  private constructor(spec: GroupSpec, options: RedisOwnerOptions, listener: OwnerListener, onLeave: () => void) {
    this.#spec = spec;
    this.#options = options;
    this.#listener = listener;
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
    const owner = new RedisOwner(spec, options, listener, onLeave);
    // Sent now, so that the group has what this process publishes next.
    const joining = owner.#join(String(spec.from));
    joining.catch(() => {});
    try {
      owner.#reader = await RedisConnection.open(options.lines);
      await joining;
    } catch (error) {
      owner.#reader?.close();
      void joining.then(() => owner.#script('ownLeave', [])).catch(() => {});
      throw error;
    }
    owner.#timer = setInterval(() => void owner.#beat(), beatMs(options.leaseMs));
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
        : [partitionName(partition), owner, String(seq), stateOf === undefined ? '' : `k${stateOf}`];
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
        // The next beat reports what was cut.
        this.#beats = -1;
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
      // What ends in one turn of the loop is sent in one message.
      if (this.#finished.length === 1) {
        queueMicrotask(() => void this.#finish());
      }
    });
  }

  async dead({ fence }: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean> {
    const { partition, owner, seq } = parseFence(fence);
    const told = notice ? [String(notice.publishedAt), notice.payload as string] : ['0', ''];
    const limit = String(this.#options.maxDeadLetters);
    const args = [partitionName(partition), owner, String(seq), reason, limit, ...told];
    const answer = await this.#script('ownDead', args);
    if (typeof answer === 'string') {
      this.#options.onDropped(answer);
    }
    return answer !== 0;
  }

  async giveBack({ fence }: OwnedDelivery): Promise<boolean> {
    const { partition, owner, seq } = parseFence(fence);
    return (await this.#script('ownReturn', [partitionName(partition), owner, String(seq)])) === 1;
  }

  wake(): void {
    void this.#load();
  }

  async release(partitions: readonly Release[]): Promise<void> {
    const marks: string[] = [];
    const args = partitions.flatMap(({ partition, unfinished }) => {
      const part = this.#parts.get(partition);
      this.#parts.delete(partition);
      if (!part) {
        return [];
      }
      marks.push(part.mark);
      this.#releasing.add(part.mark);
      return [partitionName(partition), part.mark, String(unfinished.length), ...unfinished.map(String)];
    });
    try {
      if (args.length > 0) {
        await this.#script('ownRelease', args);
      }
    } catch (error) {
      // The table may still say that it has them.
      this.#beats = -1;
      throw error;
    } finally {
      for (const mark of marks) {
        this.#releasing.delete(mark);
      }
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
    clearTimeout(this.#watching);
    this.#reader?.close();
  }

  #script(name: ScriptName, args: readonly string[]): Promise<Answer> {
    const { connection, keys } = this.#options;
    return connection.script(name, keys, [this.#name, this.#base, this.#me, ...args]);
  }

  async #finish(): Promise<void> {
    const batch = this.#finished.splice(0);
    const args = batch.flatMap(({ fence }) => {
      const { partition, owner, seq } = parseFence(fence);
      return [partitionName(partition), owner, String(seq)];
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
    this.#cursor = this.#trimmed = '0';
    this.#noted = performance.now();
    this.#watch.clear();
    await this.#script('ownJoin', [from, this.#spec.pattern]);
    this.#isLooking = true;
  }

  /** Comes back under a new name after others took over, or after Redis lost the group. */
  async #rejoin(): Promise<void> {
    this.#joining ??= (async () => {
      for (const [partition, { mark }] of this.#parts) {
        this.#forget(partition, mark);
      }
      const former = `${this.#base}in:${this.#me}`;
      await this.#join(`${this.#known.epoch}:${this.#known.place}`);
      this.#known = { epoch: '', place: 0 };
      // The reader still waits under the former name.
      const { connection } = this.#options;
      await connection.command(['XADD', former, '*', 'look', '']);
      await connection.command(['UNLINK', former]);
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

  /** Reads what it owns and what others are to get. The table is the truth: a message only says when to look. */
  async #look(): Promise<void> {
    const me = this.#me;
    const answer = await this.#script('ownLook', []);
    const [own, want, isRegistered, due, cut] = answer as readonly [
      readonly string[],
      readonly string[],
      number,
      string | null,
      number | null,
    ];
    if (cut !== null) {
      this.#options.onCut(this.#spec.group, cut);
    }
    // Under a new name it looks again.
    if (me !== this.#me || this.#isStopped) {
      return;
    }
    if (due !== null) {
      this.#options.onDue(Number(due));
    }
    if (isRegistered === 0) {
      // Redis has lost the group: nothing has been kept for it since.
      await this.#rejoin();
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
      if (!this.#parts.has(partition) && !this.#releasing.has(mark) && !this.#isLeaving) {
        this.#parts.set(partition, { mark, isRevoked: false, after: 0, later: [], isBehind: true });
        this.#listener.gained(partition);
      }
    }
    void this.#load();
    for (let place = 0; place < want.length; place += 2) {
      const part = this.#parts.get(Number(want[place]));
      if (part && !part.isRevoked && want[place + 1] !== me) {
        part.isRevoked = true;
        this.#listener.revoked(Number(want[place]));
      }
    }
  }

  /** Waits for what the inbox brings. */
  async #read(): Promise<void> {
    const me = this.#me;
    const inbox = `${this.#base}in:${me}`;
    const command = ['XREAD', 'COUNT', String(pageSize), 'BLOCK', String(blockMs), 'STREAMS', inbox, this.#cursor];
    const answer = await this.#reader?.command(command, blockMs);
    const rows = (answer as readonly (readonly [string, readonly Row[]])[] | null)?.[0]?.[1] ?? [];
    if (me !== this.#me) {
      return;
    }
    let arrived = new Map<number, Reference[]>();
    for (const [id, fields] of rows) {
      this.#cursor = id;
      if (fields[0] === 'look') {
        this.#arrive(arrived);
        arrived = new Map();
        // References of what was gained come after the word of it.
        await this.#look();
        continue;
      }
      for (let place = 0; place < fields.length; place += 2) {
        const [partition, reference] = referenceOf(fields[place] ?? '', fields[place + 1] ?? '');
        const some = arrived.get(partition);
        if (some) {
          some.push(reference);
        } else {
          arrived.set(partition, [reference]);
        }
      }
    }
    this.#arrive(arrived);
  }

  #arrive(arrived: ReadonlyMap<number, readonly Reference[]>): void {
    for (const [partition, references] of arrived) {
      const part = this.#parts.get(partition);
      if (part?.later) {
        part.later.push(...references);
      } else if (part && !part.isBehind) {
        this.#handOn(partition, part, references);
      }
    }
  }

  /** Hands on what there is room for; the rest is read again when there is. */
  #handOn(partition: number, part: Part, references: readonly Reference[]): void {
    const fresh = references.filter(({ seq }) => seq > part.after);
    if (fresh.length === 0 || part.isBehind) {
      return;
    }
    const some = fresh.slice(0, this.#listener.room(partition));
    part.isBehind = some.length < fresh.length;
    part.after = some.at(-1)?.seq ?? part.after;
    const epoch = this.#options.epoch();
    // A place of another epoch says nothing about this one.
    const before = this.#known.epoch === epoch ? this.#known.place : 0;
    this.#known = { epoch, place: Math.max(before, part.after) };
    this.#listener.came(partition, some);
  }

  /**
   * Reads what waits in partitions that are new, or had no room. Everything up to the end of the log at the beginning is
   * in `refs` then, and stays there; everything later comes by the inbox.
   */
  async #load(): Promise<void> {
    if (this.#isLoading) {
      return;
    }
    this.#isLoading = true;
    try {
      for (;;) {
        const wanted = new Map(
          [...this.#parts].filter(([partition, { isBehind }]) => isBehind && this.#listener.room(partition) > 0),
        );
        if (wanted.size === 0 || this.#isStopped) {
          return;
        }
        for (const part of wanted.values()) {
          part.later = [];
          part.isBehind = false;
        }
        await this.#loadParts(wanted);
      }
    } finally {
      this.#isLoading = false;
    }
  }

  async #loadParts(wanted: ReadonlyMap<number, Part>): Promise<void> {
    const { connection, keys } = this.#options;
    const found = new Map<number, Reference[]>([...wanted.keys()].map((partition) => [partition, []]));
    try {
      const last = Number(await connection.command(['HGET', keys[1] ?? '', 'n']));
      let cursor = '0';
      do {
        const command = ['HSCAN', `${this.#base}refs`, cursor, 'COUNT', String(scanSize)];
        const [next, rows] = (await connection.command(command)) as readonly [string, readonly string[]];
        for (let place = 0; place < rows.length; place += 2) {
          const [partition, reference] = referenceOf(rows[place] ?? '', rows[place + 1] ?? '');
          if (reference.seq <= last) {
            found.get(partition)?.push(reference);
          }
        }
        cursor = next;
      } while (cursor !== '0');
      for (const [partition, part] of wanted) {
        const later = (part.later ?? []).filter(({ seq }) => seq > last);
        part.later = undefined;
        if (this.#parts.get(partition) === part) {
          // A scan may bring one twice.
          const once = new Map(found.get(partition)?.map((reference) => [reference.seq, reference]));
          const waiting = [...once.values()].toSorted((a, b) => a.seq - b.seq);
          this.#handOn(partition, part, waiting);
          this.#handOn(partition, part, later);
        }
      }
    } catch {
      for (const part of wanted.values()) {
        part.later = undefined;
        part.isBehind = true;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  async #beat(): Promise<void> {
    if (this.#isBeating || this.#isStopped) {
      return;
    }
    this.#isBeating = true;
    try {
      const me = this.#me;
      const cursor = this.#cursor === this.#trimmed ? '' : this.#cursor;
      const now = performance.now();
      const isNoting = now - this.#noted >= Math.min(useMs, this.#options.groupTtlMs / 4);
      const answer = (await this.#script('ownBeat', [cursor, isNoting ? '1' : ''])) as readonly string[] | null;
      if (me === this.#me && cursor !== '') {
        this.#trimmed = cursor;
      }
      if (isNoting) {
        this.#noted = now;
      }
      if (!answer && !this.#isLeaving) {
        await this.#rejoin();
        await this.#look();
      } else if (++this.#beats % lookEvery === 0) {
        // A release whose answer was lost leaves a partition that nobody reads.
        await this.#look();
      }
      for (const [server, beats] of this.#watch.look(answer ?? [], this.#me)) {
        await this.#script('ownAdopt', [server, beats]);
      }
      this.#watchNext();
    } catch {
      // The next beat tries again.
    } finally {
      this.#isBeating = false;
    }
  }

  /** Looks in time at one that may be dead before the next beat. */
  #watchNext(): void {
    clearTimeout(this.#watching);
    const { dueIn } = this.#watch;
    if (dueIn < beatMs(this.#options.leaseMs) && !this.#isStopped) {
      this.#watching = setTimeout(() => void this.#beat(), Math.max(0, dueIn) + 1);
    }
  }
}

/** Reads a reference as `refs` and inboxes have it. */
function referenceOf(place: string, value: string): readonly [partition: number, reference: Reference] {
  const key = value[3] === 'k' ? value.slice(4) : undefined;
  return [Number(value.slice(0, 3)), { seq: Number(place), key }];
}
