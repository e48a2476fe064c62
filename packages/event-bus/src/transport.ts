import type { BusError } from './errors.ts';
import type { GroupStats } from './event.ts';

/** Version of the envelope that this release writes; higher ones are not read. */
export const envelopeVersion = 1;

/** An event on its way into the log. */
export interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself where the transport keeps references. */
  readonly payload: unknown;
  /** Any of them stored before within the window makes the entry a duplicate. */
  readonly dedupeIds: readonly string[];
  readonly publishedAt: number;
  /** Stored only while this fence holds. */
  readonly fence?: string | undefined;
}

/** An event in the log. */
export interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Envelope version; NaN where the entry is damaged. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}

/** Where an entry went. */
export interface Appended {
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}

/** A piece of the log. */
export interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; one past the last where nothing is. */
  readonly first: number;
  /** Highest place given out. */
  readonly last: number;
  /** Place up to which the page looked: read on after it. */
  readonly upTo: number;
  /** Of `readKey`, where it is known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}

/** An event handed to one consumer of a group. */
export interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}

/** A group's name, pattern, and where it starts when it does not exist yet. */
export interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` is the end of the log. */
  readonly from: number | 'new';
}

/** One consumer's place in a group. A delivery stays its own until `done`, `dead` or `leave`, or until its lease ends. */
export interface Consumer {
  /** Hands out up to `count` events that may start now; of one topic and key at most one at a time. */
  take(count: number): Promise<readonly Delivery[]>;
  /** Counts another attempt and answers its number, or undefined when the delivery is no longer this consumer's. */
  again(delivery: Delivery): Promise<number | undefined>;
  /** Acknowledges; false when the delivery is no longer this consumer's. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters, and stores `notice` with the letter's `id` in its payload, both or neither;
   * false when the delivery is no longer this consumer's.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Gives back what is not done; the deliveries in `unfinished` do not count as attempts. */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}

/** Partitions of an owned group, fixed for its life: a key belongs to one of them. */
export const partitionCount = 256;

/** An event of an owned group that waits to be started. */
export interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}

/** What an owner is called with; partitions are numbers from 0 to 255. */
export interface OwnerListener {
  /** The partition is its own from now on. What waits in it comes next, from the oldest on. */
  gained(partition: number): void;
  /** Events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner shall have the partition: `release` it when its work has ended. */
  revoked(partition: number): void;
  /** The partition is another owner's already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition it takes. */
  room(partition: number): number;
}

/** A reference that may start, and the key whose state is wanted with it. */
export interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}

/** An event handed to the owner of its key. */
export interface OwnedDelivery extends Delivery {
  /** Holds while the partition belongs to this owner without a break. */
  readonly fence: string;
  /** The key's state, when it was asked for and there is one: JSON text, or the value itself. */
  readonly state: unknown;
}

/** A partition that its owner gives away. */
export interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt: their handlers had not ended. */
  readonly unfinished: readonly number[];
}

/** One owner's place in an owned group. */
export interface Owner {
  /** Counts an attempt of each; `lost` where the partition is not its own any more, `gone` where history was cut. */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | 'lost' | 'gone')[]>;
  /** Acknowledges; false when the partition is not its own any more, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead`. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if this delivery had not been. False as with `done`. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Looks again at partitions that had no room. */
  wake(): void;
  /** Hands partitions over to those who shall have them. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and has others wait for those it has. */
  retire(): Promise<void>;
  /** Leaves; what it still has goes to others at once. */
  leave(): Promise<void>;
}

/** What is written in one step, or not at all. */
export interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that are done with it. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** A key's new state: JSON text, or the value itself; undefined ends it. */
  readonly state: { readonly key: string; readonly value: unknown } | undefined;
}

/** A wish for the events of one key whose topics match a pattern. */
export interface Interest {
  /** Tells it from others of this process in the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}

/** What a transport tells its bus. */
export interface Listener {
  /** New entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** New entries that are followed here, in the order of the log; only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Entries that are followed may have been passed over, up to now: read each key from its last place. */
  missed(): void;
  /** The log began anew: places count from 1 again. */
  restarted(epoch: string): void;
  /** Trouble in the background. */
  warning(error: BusError): void;
}

/** Where a log ends. */
export interface LogEnd {
  readonly epoch: string;
  /** Highest place given out. */
  readonly last: number;
}

/** A wish to hear of new entries. */
export interface Listening {
  /** Settles when the wish was heard, with the end of the log then: what is stored after it is announced. */
  readonly from: Promise<LogEnd>;
  /** Ends the wish. */
  end(): void;
}

/** A dead letter as a transport keeps it. */
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

/** Numbers that only the transport knows. */
export interface TransportStats {
  readonly depth: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** Where events are kept. Give one to one bus only. */
export interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` where payloads are stored as text, `reference` where the value itself is kept. */
  readonly payloads: 'json' | 'reference';
  /** Connects the transport with its bus. */
  start(listener: Listener): void;
  /** Asks for new entries; a transport without it announces all that it stores, in the order of its answers. */
  listen?(): Listening;
  /**
   * Announces a key's entries by `followed`; returns the end of the log: what is stored after it is announced. Waits
   * while the store is away. `note` is JSON text, undefined for none; asking again changes it. A transport without
   * `follow` announces all that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interest; never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Notes of all interest in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry; answers at once where nothing has to be waited for. */
  append(entry: Entry): Appended | Promise<Appended>;
  /** Reads up to `limit` entries after a place. */
  read(after: number, limit: number): Promise<Page>;
  /** Reads up to `limit` entries of one key after a place, over all topics. Costs what the key's entries cost. */
  readKey(key: string, after: number, limit: number): Promise<Page>;
  /** Joins a group; `wake` is called when there may be something to take though no event came. */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes and keeps a key's state in one step.
   * @throws {BusError} `BUS_FENCED`, `BUS_SETTLED`: nothing was written.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one of an id, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Ends a dead letter; false when there is none of that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group; false when there is none of that id. */
  retryDeadLetter(id: string): Promise<boolean>;
  /** Erases a key: its events, what refers to them, its dead letters and its states; returns how many events. */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
