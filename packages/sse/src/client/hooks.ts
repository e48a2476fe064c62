/**
 * Calls the caller's functions and reports what they throw or reject with, so that no error of theirs ends the client.
 */
export class Hooks {
  readonly #onError: ((error: unknown) => unknown) | undefined;
  readonly #warned = new Set<string>();

  constructor(onError: ((error: unknown) => unknown) | undefined) {
    this.#onError = onError;
  }

  /** Calls a function of the caller. @returns what it returned; undefined when it threw or there is none. */
  run<Given extends readonly unknown[], Result>(
    name: string,
    hook: ((...given: Given) => Result) | undefined,
    ...given: Given
  ): Result | undefined {
    try {
      const result = hook?.(...given);
      if (result instanceof Promise) result.catch((error: unknown) => this.report(name, error));
      return result;
    } catch (error) {
      this.report(name, error);
      return undefined;
    }
  }

  /** Reports an error to the caller, or once per kind to the process or the page. */
  report(kind: string, error: unknown): void {
    if (this.#onError && kind !== 'onError') {
      this.run('onError', this.#onError, error);
    } else if (!this.#warned.has(kind)) {
      this.#warned.add(kind);
      warn(kind, error);
    }
  }
}

function warn(kind: string, error: unknown): void {
  const { process, reportError } = globalThis as {
    process?: { emitWarning?: (warning: Error) => void };
    reportError?: (error: unknown) => void;
  };
  // First, since the reportError of some runtimes ends the process.
  if (typeof process?.emitWarning === 'function') {
    const warning = new Error(`${kind}: ${error instanceof Error ? error.message : typeof error}`, { cause: error });
    warning.name = 'SSEClientWarning';
    process.emitWarning(warning);
  } else reportError?.(error);
}
