import type { OwnerListener, Reference } from '../transport.ts';
import type { RedisConnection } from './connection.ts';

/** Parts that the partitions of an owner need. */
export interface RedisOwnerPartsOptions {
  readonly connection: RedisConnection;
  readonly keys: readonly string[];
  /** First part of the keys of the group. */
  readonly base: string;
  readonly epoch: () => string;
  readonly listener: OwnerListener;
}

interface Part {
  /** Name of the owner and its token. */
  readonly mark: string;
  isRevoked: boolean;
  /** Highest place that was passed on. */
  after: number;
  /** Set while the waiting references are read from `refs`: the references that the inbox brings in the meantime. */
  later: Reference[] | undefined;
  /** There was no room: the references after `after` must be read again. */
  isBehind: boolean;
}

/** A place in the log of an epoch. */
interface Place {
  readonly epoch: string;
  readonly place: number;
}

/** References read at a time. */
const scanSize = 1_000;
const retryMs = 100;
const nowhere: Place = { epoch: '', place: 0 };

/** The partitions that one owner has, and how far it has passed on the references of each. */
export class RedisOwnerParts {
  readonly #options: RedisOwnerPartsOptions;
  readonly #listener: OwnerListener;
  readonly #parts = new Map<number, Part>();
  /** Marks of partitions that are being released, which the table may still name. */
  readonly #releasing = new Set<string>();
  #known = nowhere;
  #isLoading = false;
  #isStopped = false;

  constructor(options: RedisOwnerPartsOptions) {
    this.#options = options;
    this.#listener = options.listener;
  }

  /** Place up to which this owner knows the log, for a group that Redis has lost. */
  get known(): Place {
    return this.#known;
  }

  markOf(partition: number): string | undefined {
    return this.#parts.get(partition)?.mark;
  }

  /** Takes over what the table says that this owner has: partition → mark. */
  update(marks: ReadonlyMap<number, string>, isLeaving: boolean): void {
    for (const [partition, { mark }] of this.#parts) {
      if (marks.get(partition) !== mark) {
        this.forget(partition, mark);
      }
    }
    for (const [partition, mark] of marks) {
      if (!this.#parts.has(partition) && !this.#releasing.has(mark) && !isLeaving) {
        this.#parts.set(partition, { mark, isRevoked: false, after: 0, later: [], isBehind: true });
        this.#listener.gained(partition);
      }
    }
  }

  /** Reports, once, that another owner wants a partition. */
  revoke(partition: number): void {
    const part = this.#parts.get(partition);
    if (part && !part.isRevoked) {
      part.isRevoked = true;
      this.#listener.revoked(partition);
    }
  }

  /** Reports that a partition is lost, unless it has come back under another mark. */
  forget(partition: number, mark: string): void {
    if (this.#parts.get(partition)?.mark === mark) {
      this.#parts.delete(partition);
      this.#listener.lost(partition);
    }
  }

  forgetAll(): void {
    for (const [partition, { mark }] of this.#parts) {
      this.forget(partition, mark);
    }
  }

  /** Begins again, once the group has been joined again from the place that was known. */
  restart(): void {
    this.#known = nowhere;
  }

  /** Takes a partition away for its release. Returns its mark, if this owner has it. */
  beginRelease(partition: number): string | undefined {
    const mark = this.markOf(partition);
    this.#parts.delete(partition);
    if (mark !== undefined) {
      this.#releasing.add(mark);
    }
    return mark;
  }

  endRelease(marks: readonly string[]): void {
    for (const mark of marks) {
      this.#releasing.delete(mark);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Takes the references that the inbox has brought. */
  arrive(arrived: ReadonlyMap<number, readonly Reference[]>): void {
    for (const [partition, references] of arrived) {
      const part = this.#parts.get(partition);
      if (part?.later) {
        part.later.push(...references);
      } else if (part && !part.isBehind) {
        this.#handOn(partition, part, references);
      }
    }
  }

  /** Passes on the references that there is room for; the rest is read again when there is room. */
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
   * Reads the waiting references of partitions that are new, or had no room. Everything up to the end of the log at the
   * start of the read is in `refs` and stays there; everything later comes through the inbox.
   */
  async load(): Promise<void> {
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
        const command = ['HSCAN', `${this.#options.base}refs`, cursor, 'COUNT', String(scanSize)];
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
}

/** Reads a reference in the form that `refs` and inboxes have. */
export function referenceOf(place: string, value: string): readonly [partition: number, reference: Reference] {
  const key = value[3] === 'k' ? value.slice(4) : undefined;
  return [Number(value.slice(0, 3)), { seq: Number(place), key }];
}
