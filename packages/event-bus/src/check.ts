/** Fills in the defaults of options that are missing or undefined. */
export function withDefaults<Options extends object>(options: object, defaults: Options): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

/**
 * Checks a value that counts something.
 * @throws {TypeError} unless it is a number.
 * @throws {RangeError} unless it is a whole number of at least 1.
 */
export function assertCount(name: string, value: unknown): asserts value is number {
  assertNumber(name, value);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number of at least 1, got ${value}`);
  }
}

/**
 * Checks a wait that may be of any length, or have no end.
 * @throws {TypeError} unless it is a number.
 * @throws {RangeError} when it is below `least` or NaN.
 */
export function assertWait(name: string, value: unknown, least: number = 0): asserts value is number {
  assertNumber(name, value);
  if (!(value >= least)) {
    throw new RangeError(`${name} must be at least ${least} milliseconds, got ${value}`);
  }
}

/**
 * Checks a share of a whole.
 * @throws {TypeError} unless it is a number.
 * @throws {RangeError} unless it is from 0 to 1.
 */
export function assertShare(name: string, value: unknown): asserts value is number {
  assertNumber(name, value);
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`${name} must be from 0 to 1, got ${value}`);
  }
}

/** @throws {TypeError} unless the value is of this type. */
export function assertType(name: string, value: unknown, type: 'string' | 'function' | 'boolean'): void {
  if (typeof value !== type) {
    throw new TypeError(`${name} must be a ${type}, got ${nameOf(value)}`);
  }
}

/** @throws {TypeError} unless the value is an object with options. */
export function assertOptions(name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${name} must be an object, got ${nameOf(value)}`);
  }
}

/** @throws {TypeError} unless the value is undefined or an `AbortSignal`. */
export function assertSignal(value: unknown): void {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${nameOf(value)}`);
  }
}

/** Names the type of a value, for messages. */
export function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function assertNumber(name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number, got ${nameOf(value)}`);
  }
}
