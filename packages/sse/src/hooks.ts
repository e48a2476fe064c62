import { isThenable } from './check.ts';
import { encodeEvent } from './encode.ts';
import type { SSEControlMessage } from './message.ts';

/**
 * Calls the hooks of the caller. What they throw, or their promises reject with, is reported once and goes no further.
 */
export class Hooks<Subject> {
  readonly #onError: ((error: unknown, subject: Subject) => unknown) | undefined;
  readonly #onFailure: () => void;
  #hasWarned = false;

  /** @param onFailure Counts an error. */
  constructor(onError: ((error: unknown, subject: Subject) => unknown) | undefined, onFailure: () => void) {
    this.#onError = onError;
    this.#onFailure = onFailure;
  }

  /** Calls a hook that builds nothing. */
  tell(subject: Subject, hook: () => unknown): void {
    try {
      const told = hook();
      if (isThenable(told)) void told.then(undefined, (error: unknown) => this.fail(error, subject));
    } catch (error) {
      this.fail(error, subject);
    }
  }

  /** Calls a hook that builds a message, and encodes it. @returns undefined when the hook builds none, or fails. */
  build(subject: Subject, hook: () => SSEControlMessage | undefined, retry?: number): Buffer | undefined {
    try {
      return buildControl(hook, retry);
    } catch (error) {
      this.fail(error, subject);
      return undefined;
    }
  }

  /** Counts and reports an error. */
  fail(error: unknown, subject: Subject): void {
    this.#onFailure();
    if (!this.#onError) {
      this.#warn('A hook or message function of an SSEManager without onError failed', error);
      return;
    }
    const onError = this.#onError;
    const warn = (its: unknown): void => this.#warn('onError of an SSEManager failed', its);
    try {
      const told = onError(error, subject);
      if (!isThenable(told)) return;
      // oxlint-disable-next-line promise/no-promise-in-callback -- `error` is a value here
      void told.then(undefined, warn);
    } catch (its) {
      warn(its);
    }
  }

  #warn(what: string, error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(`${what}; further errors are only counted. ${describe(error)}`, 'SSEWarning');
  }
}

/**
 * Encodes what a hook builds, and throws what it throws.
 * @throws {TypeError} when the hook is async, or its message cannot be sent.
 */
export function buildControl(hook: () => SSEControlMessage | undefined, retry?: number): Buffer | undefined {
  const built: unknown = hook();
  if (isThenable(built)) {
    // What it may reject is not a second error.
    void built.then(undefined, () => {});
    throw new TypeError('A hook that builds a message must not be async: the message is needed at once.');
  }
  return built === undefined ? undefined : encodeControl(built as SSEControlMessage, retry);
}

/** Encodes a message of a hook. */
export function encodeControl({ data, event }: SSEControlMessage, retry?: number): Buffer {
  return encodeEvent({ data, event, retry });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
