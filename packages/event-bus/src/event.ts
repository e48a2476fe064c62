import type { Alternatives, MatchingTopic } from './topic.ts';

/** One stored event, as a handler gets it. */
export interface BusEvent<Topic extends string = string, Payload = unknown> {
  /** `<epoch>-<number>`: the number grows by one per stored event, the epoch changes when the log starts anew. */
  readonly id: string;
  /** Where it was published. */
  readonly topic: Topic;
  /** What was published. Several handlers may hold the same object: treat it as read-only. */
  readonly payload: Payload;
  /** The key it was published with: events of one topic and key keep their order. */
  readonly key?: string;
  /**
   * In a group with `keys: 'owned'`: proves to `publish` and `commit` that its receiver still owns the key. It belongs
   * to this delivery: after the key was lost it never holds again, even when the key comes back.
   */
  readonly fence?: string;
  /** 1 for the first delivery to this group, one more for each redelivery; always 1 without a group. */
  readonly attempt: number;
  /** When it was published, in milliseconds since 1970 by the publisher's clock. */
  readonly publishedAt: number;
}

/**
 * The events that a pattern may bring, as a union over the topics that its alternatives match. `$dead-letter` brings every event that a
 * group gave up; no wildcard does.
 */
export type EventOf<Events, Pattern extends string> = EventOfOne<Events, Alternatives<Pattern>>;

type EventOfOne<Events, Pattern extends string> = Pattern extends '$dead-letter'
  ? BusEvent<'$dead-letter', DeadLetter>
  : {
      [Topic in MatchingTopic<Events, Pattern>]: BusEvent<Topic, Events[Topic & keyof Events]>;
    }[MatchingTopic<Events, Pattern>];

/** An event that a group gave up, as it is listed and as `$dead-letter` brings it. */
export interface DeadLetter {
  /** Names it in `retryDeadLetter`. */
  readonly id: string;
  /** Id of the event. */
  readonly eventId: string;
  /** Group that gave it up. */
  readonly group: string;
  /** Pattern of that group's subscription. */
  readonly pattern: string;
  /** Where it was published. */
  readonly topic: string;
  /** The key it was published with. */
  readonly key?: string;
  /** What was published; the raw text where it could not be read. */
  readonly payload: unknown;
  /** Deliveries begun; one that found none left counts too. */
  readonly attempts: number;
  /** Why it was given up: the last failure's message, at most 500 characters. */
  readonly reason: string;
  /** When it was given up, in milliseconds since 1970. */
  readonly at: number;
}

/** What `read` answers. */
export interface ReadResult<Event> {
  /** Events after the one asked for, oldest first. */
  readonly events: readonly Event[];
  /** Pass it as `after` to read on; undefined while nothing was ever stored. */
  readonly last: string | undefined;
  /** True when there is more to read now. */
  readonly more: boolean;
  /** `cut` when events between `after` and the first one here are gone; `restarted` when `after` is of another epoch. */
  readonly gap?: 'cut' | 'restarted';
  /** Stored entries that were passed over because they are damaged or of a newer version. */
  readonly unreadable: number;
}

/** Numbers of one group. */
export interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not looked at yet. */
  readonly lag: number;
  /** Events handed out or held back behind their key, not yet acknowledged. */
  readonly pending: number;
  /** Deliveries beyond an event's first, since the group was made. */
  readonly redeliveries: number;
  /** Events given up, since the group was made. */
  readonly deadLettered: number;
  /** Events cut from history before the group came to look at them. */
  readonly lost: number;
}

/** Numbers of a bus. */
export interface BusStats {
  /** `memory`, `sqlite` or `redis`. */
  readonly transport: string;
  /** Events stored and readable. */
  readonly depth: number;
  /** Publishes not yet settled in this process. */
  readonly publishing: number;
  /** Dead letters that wait for a decision. */
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  /** Standing trouble, such as a store that does not survive a power cut; empty when all is well. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}
