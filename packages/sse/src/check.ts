/** The longest delay in ms that a timer of the runtime takes: 24.8 days. */
export const longestTimerMs: number = 2 ** 31 - 1;

/**
 * Most bytes (UTF-8) of an id. Joined for 16 channels and escaped for a URL, such ids fit into the 16 KiB that Node
 * accepts for the head of a request.
 */
export const maxIdBytes = 256;

/** @throws {TypeError} when `value` is neither a function nor undefined. */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`${name} must be a function: ${shown(value)}`);
  }
}

/** @throws {TypeError} when `value` is not text. */
export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`${name} must be text: ${shown(value)}`);
}

/** @throws {TypeError} when `value` is not an object. */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be an object: ${shown(value)}`);
}

/** @throws {TypeError} when `value` is not one of `choices`. */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) {
    // A function that chooses may be async: what its promise rejects with must not end the process.
    if (isThenable(value)) void value.then(undefined, () => {});
    throw new TypeError(`${name} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}: ${shown(value)}`);
  }
}

/** @throws {TypeError} when `value` is not where a stream can start. */
export function checkStart(value: unknown): void {
  checkChoice('start', value, ['next', 'newest']);
}

/**
 * Checks a count, a size or a time in ms; `Infinity` stands for no limit.
 * @throws {TypeError} when `value` is not a number.
 * @throws {RangeError} when it is not whole, or below `least`.
 */
export function checkWhole(name: string, value: unknown, least: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number: ${shown(value)}`);
  if ((!Number.isInteger(value) && value !== Number.POSITIVE_INFINITY) || value < least) {
    throw new RangeError(`${name} must be a whole number from ${least}, or Infinity: ${value}`);
  }
}

/** @throws {TypeError} when `value` is not text, or contains CR, LF or NUL. */
export function checkLine(name: string, value: unknown): asserts value is string {
  checkText(name, value);
  // oxlint-disable-next-line no-control-regex -- NUL in an id makes parsers drop the id: HTML, 9.2.6
  if (/[\r\n\0]/.test(value)) {
    throw new TypeError(`${name} must not contain CR, LF or NUL: ${JSON.stringify(value.slice(0, 80))}`);
  }
}

/**
 * Checks an id that a client sends back in a header or in a URL.
 * @throws {TypeError} when a client could not send it back unchanged.
 * @throws {RangeError} when it is empty or too long.
 */
export function checkId(id: unknown): asserts id is string {
  checkText('id', id);
  const text = JSON.stringify(id.slice(0, 80));
  if (/\p{Cc}/u.test(id)) throw new TypeError(`id must not contain control characters: ${text}`);
  if (/^ | $/.test(id)) throw new TypeError(`id must not begin or end with a space, which HTTP takes away: ${text}`);
  if (!id.isWellFormed()) throw new TypeError(`id must not contain half of a surrogate pair: ${text}`);
  const bytes = Buffer.byteLength(id);
  if (bytes === 0 || bytes > maxIdBytes) throw new RangeError(`id must have 1 to ${maxIdBytes} bytes: ${bytes}`);
}

/** Tells whether a value is a promise, of any realm or library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
