/** @throws {TypeError} when options are not an object. */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${name} must be an object: ${value === null ? 'null' : typeof value}`);
  }
}

/** @throws {TypeError} when an option is neither a function nor undefined. */
export function checkFunctions(options: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`${name} must be a function: ${typeof value}`);
    }
  }
}

/**
 * @returns the value of an option.
 * @throws {TypeError} when it is not a number.
 * @throws {RangeError} when it is out of its range.
 */
export function checkNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number: ${String(value)}`);
  if (!(value >= least && value <= most)) throw new RangeError(`${name} must be from ${least} to ${most}: ${value}`);
  return value;
}

/**
 * @returns the value of an option that counts something, from 1; `Infinity` stands for no limit.
 * @throws {TypeError} when it is not a number.
 * @throws {RangeError} when it is below 1, or not whole.
 */
export function checkCount(name: string, value: unknown): number {
  const count = checkNumber(name, value, 1, Number.POSITIVE_INFINITY);
  if (count % 1 > 0) throw new RangeError(`${name} must be a whole number: ${count}`);
  return count;
}

/** @throws {TypeError} when an argument is not text, or is empty. */
export function checkText(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new TypeError(`${name} must be text that is not empty: ${typeof value}`);
}

/** Longest time in ms that a timer takes. */
export const longestTimerMs: number = 2 ** 31 - 1;
