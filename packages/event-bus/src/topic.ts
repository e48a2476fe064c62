/** Splits a topic, a pattern or a template such as `webhook:github:${string}` at the colons. */
type Segments<T extends string> = T extends `${infer Head}:${infer Tail}` ? [Head, ...Segments<Tail>] : [T];

/** True if a pattern's segments may match those of a topic. A last segment of type `string` stands for one or more. */
type Matches<Pattern extends readonly string[], Topic extends readonly string[]> = Pattern extends ['**']
  ? Topic extends []
    ? false
    : true
  : Pattern extends [infer P extends string, ...infer PRest extends string[]]
    ? Topic extends [infer T extends string, ...infer TRest extends string[]]
      ? string extends P
        ? true
        : P extends '*' | T
          ? Matches<PRest, TRest> extends true
            ? true
            : string extends T
              ? TRest extends []
                ? PRest extends []
                  ? false
                  : Matches<PRest, Topic>
                : false
              : false
          : T extends P
            ? Matches<PRest, TRest>
            : false
      : false
    : Topic extends []
      ? true
      : false;

/** Splits a pattern at the spaces. */
export type Alternatives<Pattern extends string> = Pattern extends `${infer First} ${infer Rest}`
  ? First | Alternatives<Rest>
  : Pattern;

/** The topics of `Events`. */
export type TopicOf<Events> = Extract<keyof Events, string>;

/** The topics of `Events` that a pattern, or one of its alternatives, may match. */
export type MatchingTopic<Events, Pattern extends string> = {
  [Topic in TopicOf<Events>]: string extends Pattern
    ? Topic
    : true extends Matches<Segments<Alternatives<Pattern>>, Segments<Topic>>
      ? Topic
      : never;
}[TopicOf<Events>];

const separator = ':';
/** Separates the alternatives of a pattern. Topics do not contain white space. */
const blank = ' ';

/** Topic of the events that report dead letters. */
export const deadLetterTopic = '$dead-letter';

/**
 * Returns whether a topic belongs to the bus. As with `$` topics in MQTT, only the bus publishes there, and a pattern
 * that begins with a wildcard does not match them.
 * @see https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901246
 */
export function isOwnTopic(topic: string): boolean {
  return topic.startsWith('$');
}

/** A segment: any text without colons, asterisks, white space or control characters. */
const segment = /^[^:*\s\p{Cc}]+$/u;

/**
 * Checks a topic.
 * @throws {TypeError} unless it is one or more segments joined by colons.
 */
export function assertTopic(topic: string): void {
  if (typeof topic === 'string' && topic.split(separator).every((part) => segment.test(part))) return;
  throw new TypeError(
    `topic must be segments joined by ':' without '*' or white space, got ${JSON.stringify(topic)?.slice(0, 120)}`,
  );
}

/**
 * Checks a pattern.
 * @throws {TypeError} unless it is a topic in which `*` may stand for a segment and `**` at the end for the rest, or
 * several such patterns joined by one space.
 */
export function assertPattern(pattern: string): void {
  const alternatives = typeof pattern === 'string' ? pattern.split(blank) : [];
  if (alternatives.length > 0 && alternatives.every(isAlternative)) return;
  throw new TypeError(
    `pattern must be segments joined by ':' (each a name or '*', the last one may be '**'), or several such patterns joined by one space, got ${JSON.stringify(pattern)?.slice(0, 120)}`,
  );
}

function isAlternative(alternative: string): boolean {
  const parts = alternative.split(separator);
  const last = parts.length - 1;
  return parts.every((part, place) => part === '*' || (part === '**' && place === last) || segment.test(part));
}

/** Makes a test for one pattern. A call costs one comparison per segment of the topic, for each alternative. */
export function matcher(pattern: string): (topic: string) => boolean {
  assertPattern(pattern);
  const [first, ...others] = pattern.split(blank).map(matcherOf);
  if (!first || others.length === 0) return first ?? (() => false);
  return (topic) => first(topic) || others.some((matches) => matches(topic));
}

function matcherOf(alternative: string): (topic: string) => boolean {
  if (!alternative.includes('*')) return (topic) => topic === alternative;
  const wanted = alternative.split(separator);
  const open = wanted.at(-1) === '**';
  const fixed = open ? wanted.slice(0, -1) : wanted;
  const hidesOwn = alternative.startsWith('*');
  return (topic) => {
    if (hidesOwn && isOwnTopic(topic)) return false;
    const parts = topic.split(separator);
    if (open ? parts.length <= fixed.length : parts.length !== fixed.length) return false;
    return fixed.every((part, place) => part === '*' || part === parts[place]);
  };
}

interface Node<T> {
  readonly next: Map<string, Node<T>>;
  readonly exact: Set<T>;
  readonly rest: Set<T>;
}

function node<T>(): Node<T> {
  return { next: new Map(), exact: new Set(), rest: new Set() };
}

/** Most topics whose matches are remembered; beyond that, all are forgotten. */
const maxRemembered = 10_000;

/**
 * Finds the listeners to a topic. A known topic costs one map lookup, however many patterns there are. A new topic
 * costs a walk down a tree of segments.
 */
export class TopicRouter<T> {
  readonly #root: Node<T> = node();
  readonly #known = new Map<string, readonly T[]>();

  add(pattern: string, value: T): void {
    for (const alternative of pattern.split(blank)) this.#at(alternative).add(value);
    this.#known.clear();
  }

  delete(pattern: string, value: T): void {
    for (const alternative of pattern.split(blank)) this.#remove(this.#root, alternative.split(separator), 0, value);
    this.#known.clear();
  }

  /** @throws {TypeError} when `topic` is malformed. */
  match(topic: string): readonly T[] {
    const known = this.#known.get(topic);
    if (known) return known;
    assertTopic(topic);
    const found = new Set<T>();
    this.#collect(this.#root, topic.split(separator), 0, found);
    if (this.#known.size >= maxRemembered) this.#known.clear();
    const list = [...found];
    this.#known.set(topic, list);
    return list;
  }

  #at(pattern: string): Set<T> {
    let place = this.#root;
    for (const part of pattern.split(separator)) {
      if (part === '**') return place.rest;
      const next = place.next.get(part) ?? node<T>();
      place.next.set(part, next);
      place = next;
    }
    return place.exact;
  }

  #remove(place: Node<T>, parts: readonly string[], depth: number, value: T): void {
    const part = parts[depth];
    if (part === undefined) place.exact.delete(value);
    else if (part === '**') place.rest.delete(value);
    else {
      const next = place.next.get(part);
      if (!next) return;
      this.#remove(next, parts, depth + 1, value);
      if (next.next.size + next.exact.size + next.rest.size === 0) place.next.delete(part);
    }
  }

  #collect(place: Node<T>, parts: readonly string[], depth: number, found: Set<T>): void {
    const part = parts[depth];
    if (part === undefined) {
      for (const value of place.exact) found.add(value);
      return;
    }
    const hidden = depth === 0 && isOwnTopic(part);
    if (!hidden) for (const value of place.rest) found.add(value);
    for (const name of hidden ? [part] : [part, '*']) {
      const next = place.next.get(name);
      if (next) this.#collect(next, parts, depth + 1, found);
    }
  }
}
