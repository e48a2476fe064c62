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
const wholeTopic = /^[^:*\s\p{Cc}]+(?::[^:*\s\p{Cc}]+)*$/u;

/**
 * Checks a topic.
 * @throws {TypeError} unless it is one or more segments joined by colons.
 */
export function assertTopic(topic: string): void {
  if (typeof topic === 'string' && wholeTopic.test(topic)) return;
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

/** A place in the tree. Fields without a value are left out, as there may be very many places. */
interface Node<T> {
  /** The next segments that patterns name. */
  named?: Map<string, Node<T>> | undefined;
  /** The next segment of patterns that have `*` there. */
  any?: Node<T> | undefined;
  /** Listeners whose pattern ends here. */
  exact?: Set<T> | undefined;
  /** Listeners whose pattern has `**` here. */
  rest?: Set<T> | undefined;
}

/**
 * Finds the listeners of a topic in a tree of segments. The cost grows with the segments of the topic and with the
 * listeners found, not with the number of patterns or topics: a step looks up one segment, and a second branch exists
 * only where a pattern has a `*`.
 */
export class TopicRouter<T> {
  readonly #root: Node<T> = {};
  /** Patterns with alternatives. Only these can find a listener twice. */
  #several = 0;
  /** The last result, as many events in a row have one topic. */
  #last: { readonly topic: string; readonly found: readonly T[] } | undefined;

  add(pattern: string, value: T): void {
    this.#last = undefined;
    const alternatives = pattern.split(blank);
    for (const alternative of alternatives) this.#at(alternative).add(value);
    if (alternatives.length > 1) this.#several++;
  }

  delete(pattern: string, value: T): void {
    this.#last = undefined;
    const alternatives = pattern.split(blank);
    let found = false;
    for (const alternative of alternatives) {
      found = this.#remove(this.#root, alternative.split(separator), 0, value) || found;
    }
    if (found && alternatives.length > 1) this.#several--;
  }

  /** Returns the listeners of a topic, each once. `topic` must be valid; see `assertTopic`. */
  match(topic: string): readonly T[] {
    if (this.#last?.topic === topic) return this.#last.found;
    const all: T[] = [];
    this.#collect(this.#root, topic, 0, isOwnTopic(topic), all);
    const found = this.#several > 0 && all.length > 1 ? [...new Set(all)] : all;
    this.#last = { topic, found };
    return found;
  }

  #at(pattern: string): Set<T> {
    let place = this.#root;
    for (const part of pattern.split(separator)) {
      if (part === '**') {
        place.rest ??= new Set();
        return place.rest;
      }
      if (part === '*') {
        place.any ??= {};
        place = place.any;
      } else {
        place.named ??= new Map<string, Node<T>>();
        const next: Node<T> = place.named.get(part) ?? {};
        place.named.set(part, next);
        place = next;
      }
    }
    place.exact ??= new Set();
    return place.exact;
  }

  #remove(place: Node<T>, parts: readonly string[], depth: number, value: T): boolean {
    const part = parts[depth];
    if (part === undefined || part === '**') {
      const kind = part === undefined ? 'exact' : 'rest';
      const isRemoved = place[kind]?.delete(value) ?? false;
      if (place[kind]?.size === 0) place[kind] = undefined;
      return isRemoved;
    }
    const next = part === '*' ? place.any : place.named?.get(part);
    if (!next) return false;
    const isRemoved = this.#remove(next, parts, depth + 1, value);
    if (!next.named && !next.any && !next.exact && !next.rest) {
      if (part === '*') place.any = undefined;
      else place.named?.delete(part);
      if (place.named?.size === 0) place.named = undefined;
    }
    return isRemoved;
  }

  /** Collects what matches from the segment that begins at `from`. A wildcard does not match a hidden segment. */
  #collect(place: Node<T>, topic: string, from: number, isHidden: boolean, found: T[]): void {
    const { named, any, rest } = place;
    if (rest && !isHidden) for (const value of rest) found.push(value);
    if (!named && !any) return;
    const colon = topic.indexOf(separator, from);
    const next = named?.get(colon === -1 ? topic.slice(from) : topic.slice(from, colon));
    if (next) this.#enter(next, topic, colon, found);
    if (any && !isHidden) this.#enter(any, topic, colon, found);
  }

  #enter(place: Node<T>, topic: string, colon: number, found: T[]): void {
    if (colon !== -1) this.#collect(place, topic, colon + 1, false, found);
    else if (place.exact) for (const value of place.exact) found.push(value);
  }
}
