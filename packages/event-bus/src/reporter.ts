import { BusError } from './errors.ts';
import type { BusEvent } from './event.ts';
import { isPromise, type Subscription } from './subscriptions/subscription.ts';

/** The callbacks of a bus for what goes wrong. */
export interface Callbacks {
  readonly onHandlerError:
    | ((error: unknown, event: BusEvent | undefined, subscription: Subscription) => unknown)
    | undefined;
  readonly onWarning: ((error: BusError) => unknown) | undefined;
}

/**
 * Passes what goes wrong to the callbacks of a bus. Without a callback, and for a callback that fails itself, the
 * runtime prints a warning, once for each kind.
 */
export class Reporter {
  readonly #callbacks: Callbacks;
  readonly #shown = new Set<string>();

  constructor(callbacks: Callbacks) {
    this.#callbacks = callbacks;
  }

  report(error: unknown, event: BusEvent | undefined, subscription: Subscription): void {
    const { onHandlerError } = this.#callbacks;
    if (onHandlerError) {
      this.#call('onHandlerError', () => onHandlerError(error, event, subscription));
    } else {
      const kind = error instanceof BusError ? error.code : 'a handler';
      this.#show(kind, 'onHandlerError', `subscription to ${subscription.pattern}`, error);
    }
  }

  warn(error: BusError): void {
    const { onWarning } = this.#callbacks;
    if (onWarning) {
      this.#call('onWarning', () => onWarning(error));
    } else {
      this.#show(error.code, 'onWarning', 'event bus', error);
    }
  }

  #call(name: string, call: () => unknown): void {
    const failed = (error: unknown): void => this.#show(name, name, `${name} itself failed`, error);
    try {
      const answer = call();
      if (isPromise(answer)) {
        answer.then(undefined, failed);
      }
    } catch (error) {
      failed(error);
    }
  }

  #show(kind: string, callback: string, where: string, error: unknown): void {
    if (this.#shown.has(kind)) {
      return;
    }
    this.#shown.add(kind);
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const detail = error instanceof Error && !(error instanceof BusError) ? error.stack : undefined;
    emitWarning(`${where}: ${what} (shown once; pass ${callback} to EventBus to see all)`, detail);
  }
}

function emitWarning(message: string, detail: string | undefined): void {
  const { process } = globalThis as {
    process?: { emitWarning?: (message: string, options: { type: string; detail?: string }) => void };
  };
  if (typeof process?.emitWarning === 'function') {
    process.emitWarning(message, { type: 'BusWarning', ...(detail !== undefined && { detail }) });
  } else {
    // biome-ignore lint/suspicious/noConsole: where a runtime has no other place for warnings, nobody would see them.
    globalThis.console?.warn(detail === undefined ? message : `${message}\n${detail}`);
  }
}
