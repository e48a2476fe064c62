import { randomUUID } from 'node:crypto';
import { formatFence, ownedName, parseFence } from '../fence.ts';
import { partitionName } from '../partition.ts';
import type { Entry, GroupSpec, OwnedDelivery, Owner, OwnerListener, Reference, Release, Start } from '../transport.ts';
import { type Answer, RedisConnection, type RedisLines } from './connection.ts';
import { parseEntry, type Row } from './entry.ts';
import { RedisOwnerParts, referenceOf } from './owner-parts.ts';
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
  /** Called when history was cut, with the number of events that the group had not read. */
  readonly onCut: (group: string, lost: number) => void;
  /** Called with the time at which the first of the delayed entries is due, while there are some. */
  readonly onDue: (at: number) => void;
}

/** Most entries of the inbox that one reply brings. */
const pageSize = 100;
const blockMs = 10_000;
const retryMs = 100;
/** Number of beats after which an owner looks at the table even if no message asked it to. */
const lookEvery = 30;
/** How often the use of the group is noted, in milliseconds. */
const useMs = 60_000;

interface Finished {
  readonly fence: string;
  readonly resolve: (own: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One owner in an owned group in Redis: reads the queues of its partitions, sends heartbeats, and watches the other
 * owners.
 */
export class RedisOwner implements Owner {
  readonly #options: RedisOwnerOptions;
  readonly #spec: GroupSpec;
  #reader: RedisConnection | undefined;
  readonly #onLeave: () => void;
  readonly #name: string;
  readonly #base: string;
  readonly #parts: RedisOwnerParts;
  readonly #watch: RedisWatch;
  #me = '';
  /** Id of the newest entry of the inbox that was read. */
  #cursor = '0';
  #isLooking = true;
  #isLeaving = false;
  #isStopped = false;
  #isBeating = false;
  #beats = 0;
  /** Id up to which the inbox was trimmed, and when the group's use was noted. */
  #trimmed = '0';
  #noted = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Checks between two beats whether another owner is dead. */
  #watching: ReturnType<typeof setTimeout> | undefined;
  #finished: Finished[] = [];
  #joining: Promise<void> | undefined;

  private constructor(spec: GroupSpec, options: RedisOwnerOptions, listener: OwnerListener, onLeave: () => void) {
    this.#spec = spec;
    this.#options = options;
    this.#onLeave = onLeave;
    this.#name = ownedName(spec.group, spec.pattern);
    this.#base = `${options.prefix}o:${this.#name}:`;
    this.#watch = new RedisWatch(options.leaseMs);
    const { connection, keys, epoch } = options;
    this.#parts = new RedisOwnerParts({ connection, keys, base: this.#base, epoch, listener });
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
    const marks = wanted.map(({ partition }) => this.#parts.markOf(partition));
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
        this.#parts.forget(partition, owner);
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
    void this.#parts.load();
  }

  async release(partitions: readonly Release[]): Promise<void> {
    const marks: string[] = [];
    const args = partitions.flatMap(({ partition, unfinished }) => {
      const mark = this.#parts.beginRelease(partition);
      if (mark === undefined) {
        return [];
      }
      marks.push(mark);
      return [partitionName(partition), mark, String(unfinished.length), ...unfinished.map(String)];
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
      this.#parts.endRelease(marks);
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
    this.#parts.stop();
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
      this.#parts.forgetAll();
      const { epoch, place } = this.#parts.known;
      const former = `${this.#base}in:${this.#me}`;
      await this.#join(`${epoch}:${place}`);
      this.#parts.restart();
      // The reader still waits under the former name.
      const { connection } = this.#options;
      await connection.command(['XADD', former, '*', 'look', '']);
      await connection.command(['UNLINK', former]);
    })().finally(() => {
      this.#joining = undefined;
    });
    await this.#joining;
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

  /**
   * Reads which partitions it owns and which of them others are to get. The table is the truth: a message only says
   * when to look.
   */
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
    this.#parts.update(marks, this.#isLeaving);
    void this.#parts.load();
    for (let place = 0; place < want.length; place += 2) {
      if (want[place + 1] !== me) {
        this.#parts.revoke(Number(want[place]));
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
        this.#parts.arrive(arrived);
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
    this.#parts.arrive(arrived);
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

  /** Looks before the next beat at an owner that may be dead by then. */
  #watchNext(): void {
    clearTimeout(this.#watching);
    const { dueIn } = this.#watch;
    if (dueIn < beatMs(this.#options.leaseMs) && !this.#isStopped) {
      this.#watching = setTimeout(() => void this.#beat(), Math.max(0, dueIn) + 1);
    }
  }
}
