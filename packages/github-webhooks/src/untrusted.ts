/** A JSON leaf as it arrived: of any type that the sender chose. */
export type Scalar = string | number | boolean | null | undefined;

type KeysOf<T> = T extends T ? keyof T : never;
type At<T, K extends PropertyKey> = T extends T ? (K extends keyof T ? T[K] : never) : never;

declare const element: unique symbol;

/** A JSON array as it arrived, which may be something else: {@link items} opens it. */
export interface Listed<E> {
  readonly [element]?: E;
}

/**
 * A payload whose documented shape is `T`, unchecked: every property may be absent, and every leaf of another type. It
 * is safe to read along optional chains. Read leaves with {@link text}, {@link count}, {@link whole}, {@link time} and
 * {@link items}, which check them.
 */
export type Untrusted<T> = [Extract<T, object>] extends [never]
  ? Scalar
  : Extract<T, object> extends readonly (infer E)[]
    ? Listed<Untrusted<E>>
    : { readonly [K in KeysOf<Extract<T, object>>]?: Untrusted<At<Extract<T, object>, K>> };

/** Returns whether a value is an object or an array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Returns a text as it is, and an empty text for any other value. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Returns a whole number ≥ 0 as it is, and 0 for any other value. */
export function count(value: unknown): number {
  return whole(value) ?? 0;
}

/** Returns a whole number ≥ 0 as it is, and undefined for any other value. */
export function whole(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Returns the members of an array, and none for any other value. */
export function items<E>(value: Listed<E> | undefined): readonly (E | undefined)[] {
  return Array.isArray(value) ? (value as readonly (E | undefined)[]) : [];
}

/** Characters that move, hide or break text: control and format characters, except the joiner of emoji. */
const unprintablePattern = /(?!\u200D)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;

/** Returns a text as one printable line of at most `max` characters, cut with an ellipsis. */
export function plain(value: unknown, max: number): string {
  // Cut a title of megabytes before the expression runs; four times the length leaves room for what it removes.
  const line = text(value)
    .slice(0, max * 4)
    .toWellFormed()
    .replace(unprintablePattern, ' ')
    .trim();
  if (line.length <= max) return line;
  return `${line
    .slice(0, max - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()}…`;
}

/** Returns the first line of a text, for commit messages. */
export function firstLine(value: unknown): string {
  return (
    text(value)
      .trimStart()
      .split(/[\r\n]/, 1)[0] ?? ''
  );
}

/** Returns a time in epoch milliseconds from ISO 8601 text or from epoch seconds, as GitHub writes both. */
export function time(value: unknown): number | undefined {
  const at = typeof value === 'number' ? value * 1000 : Date.parse(text(value).slice(0, 40));
  return Number.isSafeInteger(at) && at > 0 ? at : undefined;
}
