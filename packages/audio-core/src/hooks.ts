import process from 'node:process';

/** The caller's functions that a manager calls. */
export type SessionHook = 'send' | 'onEnd' | 'lastActivityOf' | 'bufferOf' | 'sizeOf' | 'now' | 'onError';

/** Called with what a hook threw or rejected with, and the name of the hook. */
export type OnHookError = (error: unknown, hook: SessionHook) => unknown;

/**
 * Calls the caller's functions and reports what they throw or reject with, so that no error of theirs ends the manager.
 */
export class Hooks {
  readonly #onError: OnHookError | undefined;
  readonly #warned = new Set<SessionHook>();

  constructor(onError: OnHookError | undefined) {
    this.#onError = onError;
  }

  /** Calls a hook. @returns what it returned; undefined when it threw. */
  run<Result>(hook: SessionHook, call: () => Result): Result | undefined {
    try {
      const result = call();
      if (isThenable(result)) void this.#settle(hook, result);
      return result;
    } catch (error) {
      this.#report(hook, error);
      return undefined;
    }
  }

  /**
   * Calls a hook that may take time.
   * @returns whether it succeeded: at once, or as a promise where the hook returns one.
   */
  attempt(hook: SessionHook, call: () => unknown): boolean | Promise<boolean> {
    try {
      const result = call();
      return isThenable(result) ? this.#settle(hook, result) : true;
    } catch (error) {
      this.#report(hook, error);
      return false;
    }
  }

  /** Calls a hook that returns a number. @returns undefined when it throws, or returns anything but a finite number. */
  number(hook: SessionHook, call: () => number | undefined): number | undefined {
    const value = this.run(hook, call);
    return Number.isFinite(value) ? value : undefined;
  }

  async #settle(hook: SessionHook, result: PromiseLike<unknown>): Promise<boolean> {
    try {
      await result;
      return true;
    } catch (error) {
      this.#report(hook, error);
      return false;
    }
  }

  /** Reports an error to the caller, or as a process warning, once per hook. */
  #report(hook: SessionHook, error: unknown): void {
    const onError = this.#onError;
    if (onError && hook !== 'onError') {
      this.run('onError', () => onError(error, hook));
    } else if (!this.#warned.has(hook)) {
      this.#warned.add(hook);
      const reason = error instanceof Error ? error.message : typeof error;
      const warning = new Error(`${hook} failed: ${reason}`, { cause: error });
      warning.name = 'SessionWarning';
      process.emitWarning(warning);
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
