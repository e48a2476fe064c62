import type { Alternatives, MatchingTopic } from './topic.ts';

/** One stored event, as a handler receives it. */
export interface BusEvent<Topic extends string = string, Payload = unknown> {
  /** `<epoch>-<number>`: the number grows with each stored event; the epoch changes when a new log starts. */
  readonly id: string;
  /** Topic that it was published to. */
  readonly topic: Topic;
  /** The payload. Several handlers may hold the same object, so do not change it. */
  readonly payload: Payload;
  /** Key that it was published with. Events of one topic and key keep their order. */
  readonly key?: string;
  /**
   * In a group with `keys: 'owned'`: proves to `publish` and `commit` that the receiver still owns the key. The fence
   * belongs to this delivery. Once the receiver has lost the key, the fence never holds again, even if the key comes
   * back.
   */
  readonly fence?: string;
  /** 1 for the first delivery to this group, one more for each redelivery; always 1 without a group. */
  readonly attempt: number;
  /** When it was published, in milliseconds since 1970, by the publisher's clock; with `notBefore`, that time. */
  readonly publishedAt: number;
}

/**
 * The events that a pattern matches, as a union over the topics. `$dead-letter` matches the reports of events that a
 * group gave up; wildcards do not match it.
 */
export type EventOf<Events, Pattern extends string> = EventOfOne<Events, Alternatives<Pattern>>;

type EventOfOne<Events, Pattern extends string> = Pattern extends '$dead-letter'
  ? BusEvent<'$dead-letter', DeadLetter>
  : {
      [Topic in MatchingTopic<Events, Pattern>]: BusEvent<Topic, Events[Topic & keyof Events]>;
    }[MatchingTopic<Events, Pattern>];

/** An event that a group gave up, as `listDeadLetters` returns it and as `$dead-letter` delivers it. */
export interface DeadLetter {
  /** Id of the dead letter: pass it to `retryDeadLetter`. */
  readonly id: string;
  /** Id of the event. */
  readonly eventId: string;
  /** Group that gave the event up. */
  readonly group: string;
  /** Pattern of that group's subscription. */
  readonly pattern: string;
  /** Topic that the event was published to. */
  readonly topic: string;
  /** Key that the event was published with. */
  readonly key?: string;
  /** The payload; its raw text if it could not be read. */
  readonly payload: unknown;
  /** Number of deliveries that began, including one that found no attempt left. */
  readonly attempts: number;
  /** Why the event was given up: the message of the last failure, at most 500 characters. */
  readonly reason: string;
  /** When the event was given up, in milliseconds since 1970. */
  readonly at: number;
}

/** What `read` returns. */
export interface ReadResult<Event> {
  /** Events after `after`, oldest first. */
  readonly events: readonly Event[];
  /** Id to pass as `after` to read on; undefined if nothing was ever stored. */
  readonly last: string | undefined;
  /** True when there is more to read now. */
  readonly more: boolean;
  /**
   * `cut` when the events directly after `after` are gone from history (those of any key, also when one key is read);
   * `restarted` when `after` belongs to another log, and `events` begin with the oldest one.
   */
  readonly gap?: 'cut' | 'restarted';
  /** Stored entries that were skipped because they are damaged or a newer release wrote them. */
  readonly unreadable: number;
}

/** Counters of one group, which a name, a pattern and the kind of `keys` identify. */
export interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not read yet. */
  readonly lag: number;
  /** Events that are not acknowledged yet: handed out, waiting behind their key, or waiting to be tried again. */
  readonly pending: number;
  /** Deliveries other than the first of an event, since the group was made. */
  readonly redeliveries: number;
  /** Events that the group gave up, since it was made. */
  readonly deadLettered: number;
  /** Events that were cut from history before the group read them. */
  readonly lost: number;
}

/** Counters of a bus. */
export interface BusStats {
  /** `memory`, `sqlite` or `redis`. */
  readonly transport: string;
  /** Events that are stored and can be read. */
  readonly depth: number;
  /** Events that wait for their `notBefore`. */
  readonly delayed: number;
  /** Publishes of this process that wait for the store. */
  readonly publishing: number;
  /** Dead letters that are kept. */
  readonly deadLetters: number;
  /** Counters of each group, the unused ones included. */
  readonly groups: readonly GroupStats[];
  /** Lasting problems, such as a store that may lose events in a crash; empty when all is well. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}
