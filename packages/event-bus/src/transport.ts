import type { BusError } from './errors.ts';
import type { GroupStats } from './event.ts';

/** Version of the envelope that this release writes. It does not read higher versions. */
export const envelopeVersion = 1;

/** An event on its way into the log. */
export interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself if the transport keeps references. */
  readonly payload: unknown;
  /** The entry is a duplicate if any of these ids was stored within the window. */
  readonly dedupeIds: readonly string[];
  /** When it was published, in milliseconds since 1970, by the publisher's clock. */
  readonly publishedAt: number;
  /** The entry is stored only while this fence holds. */
  readonly fence?: string | undefined;
  /**
   * When the entry gets its place in the log, in milliseconds since 1970; undefined for at once. Until then, it is
   * stored as durably as any other entry, but nobody reads it. `publishedAt` is the same time.
   */
  readonly dueAt?: number | undefined;
}

/** An event in the log. */
export interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Version of the envelope; NaN for a damaged entry. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}

/** Where an entry was stored. */
export interface Appended {
  /** Place in the log; 0 while the entry waits for its time. */
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}

/** A piece of the log. */
export interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; `last` + 1 when none is. */
  readonly first: number;
  /** Highest place so far. */
  readonly last: number;
  /** Place up to which the page reaches: read on after it. */
  readonly upTo: number;
  /** From `readKey`, if known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}

/** An event handed to one consumer of a group. */
export interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}

/** The name and the pattern of a group, and where it starts if it does not exist yet. */
export interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` means the end of the log. */
  readonly from: number | 'new';
}

/** One consumer of a group. It keeps a delivery until `done`, `dead` or `leave`, or until its lease ends. */
export interface Consumer {
  /**
   * Hands out up to `count` events that may start now, of one topic and key at most one at a time. `first` says which
   * kind comes first, retries that are due or others: half of the events, and at least one, are of that kind if there
   * are enough.
   */
  take(count: number, first: 'retries' | 'others'): Promise<readonly Delivery[]>;
  /**
   * Puts a delivery back, to be handed out again to any consumer of the group, not before `ms` have passed. Until then,
   * its key waits and nothing of it is in memory. `isUncounted` takes its attempt back. Returns false when the consumer
   * has lost the delivery.
   */
  later(delivery: Delivery, ms: number, isUncounted: boolean): Promise<boolean>;
  /** Acknowledges a delivery. Returns false when the consumer has lost it. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters and stores `notice` with the letter's `id` in its payload: both, or neither.
   * Returns false when the consumer has lost the delivery.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /**
   * Leaves the group and gives back the deliveries that are not done. Those in `unfinished` do not count as attempts.
   */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}

/** Number of partitions of an owned group, which never changes. Each key belongs to one partition. */
export const partitionCount = 256;

/** An event of an owned group that waits to start. */
export interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}

/** Callbacks of an owner. Partitions are numbers from 0 to 255. */
export interface OwnerListener {
  /** The owner has the partition from now on. Its waiting events come next, oldest first. */
  gained(partition: number): void;
  /** Brings events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner is to get the partition: call `release` when the work in it has ended. */
  revoked(partition: number): void;
  /** Another owner has the partition already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition fit. */
  room(partition: number): number;
}

/** A reference to start, and the key whose state is wanted with it. */
export interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}

/** An event handed to the owner of its key. */
export interface OwnedDelivery extends Delivery {
  /** Holds as long as this owner has the partition without a break. */
  readonly fence: string;
  /** The state of the key, if it was asked for and exists: JSON text, or the value itself. */
  readonly state: unknown;
}

/** A partition that its owner gives away. */
export interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt, because the handler had not ended. */
  readonly unfinished: readonly number[];
}

/** One owner in an owned group. */
export interface Owner {
  /**
   * Starts events, and counts an attempt of each. Returns `lost` for an event whose partition the owner has lost,
   * `gone` for one that was cut from history.
   */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | 'lost' | 'gone')[]>;
  /** Acknowledges a delivery. Returns false when the owner has lost the partition, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead` does. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if it had not been delivered. Returns false as `done` does. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Reads again in partitions that had no room. */
  wake(): void;
  /** Hands partitions over to their next owners. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and offers its own to the others. */
  retire(): Promise<void>;
  /** Leaves the group. The partitions that it still has go to others at once. */
  leave(): Promise<void>;
}

/** What is written in one step, or not at all. */
export interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that this commit settles. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** New state of a key: JSON text, or the value itself; undefined deletes the state. */
  readonly state: { readonly key: string; readonly value: unknown } | undefined;
}

/** Interest in the events of one key whose topics match a pattern. */
export interface Interest {
  /** Differs from the id of other interests of this process with the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}

/** Callbacks of a bus, for its transport. */
export interface Listener {
  /** Brings new entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** Brings new entries that this process follows, in the order of the log. Only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Followed entries may have been missed up to now: read each key from its last place. */
  missed(): void;
  /** A new log has started: places count from 1 again. */
  restarted(epoch: string): void;
  /** Reports a problem that does not belong to one subscription. */
  warning(error: BusError): void;
}

/** The end of a log. */
export interface LogEnd {
  readonly epoch: string;
  /** Highest place so far. */
  readonly last: number;
}

/** Interest in new entries. */
export interface Listening {
  /**
   * Resolves when the interest is registered, with the end of the log: entries that are stored after it are announced.
   */
  readonly from: Promise<LogEnd>;
  /** Ends the interest. */
  end(): void;
}

/** A dead letter inside a transport. Its fields are those of `DeadLetter`, with the stored event. */
export interface StoredDeadLetter {
  readonly id: string;
  readonly group: string;
  readonly pattern: string;
  readonly event: Stored;
  readonly epoch: string;
  readonly attempts: number;
  readonly reason: string;
  readonly at: number;
}

/** Counters that only the transport knows; their meaning is that of `BusStats`. */
export interface TransportStats {
  readonly depth: number;
  /** Entries that wait for their time. */
  readonly delayed: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** A store of events. Each bus needs a transport of its own. */
export interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` if payloads are stored as text, `reference` if the value itself is kept. */
  readonly payloads: 'json' | 'reference';
  /** Connects the transport to its bus. @throws {TypeError} when it belongs to a bus already. */
  start(listener: Listener): void;
  /**
   * Asks for new entries. A transport without this method announces all entries that it stores, as its appends resolve.
   */
  listen?(): Listening;
  /**
   * Announces the entries of a key by `followed`. Returns the end of the log: entries that are stored after it are
   * announced. Waits while the store cannot be reached. `note` is JSON text, or undefined; another call changes it. A
   * transport without this method announces all entries that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interests. Never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Returns the notes of all interests in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry. Returns a promise only if the store takes time. */
  append(entry: Entry): Appended | Promise<Appended>;
  /**
   * Reads up to `limit` entries after a place. The page ends early once its payloads have `maxBytes`, but has at least
   * one entry if there is one. A transport that keeps references does not count bytes.
   */
  read(after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Reads up to `limit` entries of one key after a place, of all topics, and up to `maxBytes` as `read` does. The cost
   * grows with the number of the key's entries.
   */
  readKey(key: string, after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Joins a group. A new group that starts at the end of the log has everything that this process appends after the
   * call. `wake` is called when there may be something to take even though no event came, such as a retry that is due.
   */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes entries and keeps the state of a key, in one step.
   * @throws {BusError} `BUS_FENCED` or `BUS_SETTLED`: nothing was written.
   * @throws {TypeError} when no fence belongs to the key of the state.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one with the id `after`, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Deletes a dead letter. Returns false when none has that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group. Returns false when none has that id, or its group has ended. */
  retryDeadLetter(id: string): Promise<boolean>;
  /**
   * Erases a key: its events, the entries that wait for their time, what refers to them, its dead letters and its
   * states. Returns the number of events.
   */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
