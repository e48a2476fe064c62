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

/** @throws {TypeError} when an argument is not text, or is empty. */
export function checkText(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new TypeError(`${name} must be text that is not empty: ${typeof value}`);
}

/** Longest time in ms that a timer takes. */
export const longestTimerMs: number = 2 ** 31 - 1;
