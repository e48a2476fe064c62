import { BusError } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { startTimer, type Timer } from '../timer.ts';
import { type Handler, isPromise } from './subscription.ts';

/** What a handler receives with its event. */
export interface HandlerContext {
  /**
   * Aborts when the call has run for `timeoutMs`, and when the subscription closes and no longer waits for the call.
   */
  readonly signal: AbortSignal;
}

interface Storage {
  run<Result>(call: Call | undefined, work: () => Result): Result;
  getStore(): Call | undefined;
}

/** One call of a handler. */
class Call implements HandlerContext {
  timer: Timer | undefined;
  #controller: AbortController | undefined;
  #reason: unknown;

  /** Made when it is first read, which few handlers do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) {
        this.#controller.abort(this.#reason);
      }
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}

/** Knows which call the current code belongs to. Undefined in runtimes that cannot know, such as browsers. */
const storage = findStorage();

/**
 * After this many calls without a promise, a handler is taken for one that never returns one. Knowing which call the
 * code belongs to costs 0.6 µs per call, and only a handler that waits can wait for itself.
 */
const maxPlainCalls = 100;

/** The running calls of one handler. */
export class Calls {
  readonly #handler: Handler;
  readonly #timeoutMs: number;
  readonly #running = new Set<Call>();
  #plainCalls = 0;
  /** The call that has not returned yet, while its code cannot know which call it belongs to. */
  #plainCall: Call | undefined;
  #wakes: (() => void)[] = [];

  constructor(handler: Handler, timeoutMs: number) {
    this.#handler = handler;
    this.#timeoutMs = timeoutMs;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Returns whether the current code belongs to a call that still runs. */
  get isInside(): boolean {
    return this.#own !== undefined;
  }

  get #own(): Call | undefined {
    const call = storage?.getStore();
    return this.#plainCall ?? (call && this.#running.has(call) ? call : undefined);
  }

  /**
   * Calls the handler. Returns a promise only if the handler does. A call that takes longer than the time-out fails
   * with `BUS_TIMEOUT`, and its later result is ignored.
   */
  run(event: BusEvent): PromiseLike<unknown> | undefined {
    const call = new Call();
    const answer = this.#plainCalls < maxPlainCalls ? this.#runKnown(call, event) : this.#runPlain(call, event);
    if (!isPromise(answer)) {
      this.#plainCalls++;
      return undefined;
    }
    this.#plainCalls = 0;
    this.#running.add(call);
    return this.#watch(call, answer, event);
  }

  /** Calls the handler in such a way that its code knows which call it belongs to. */
  #runKnown(call: Call, event: BusEvent): unknown {
    this.#running.add(call);
    let isWaiting = false;
    try {
      const work = (): unknown => this.#handler(event, call);
      const answer = storage ? storage.run(call, work) : work();
      isWaiting = isPromise(answer);
      return answer;
    } finally {
      if (!isWaiting) {
        this.#end(call);
      }
    }
  }

  /** Calls the handler in such a way that only what it does before it returns is known to belong to the call. */
  #runPlain(call: Call, event: BusEvent): unknown {
    const before = this.#plainCall;
    this.#plainCall = call;
    try {
      return this.#handler(event, call);
    } finally {
      this.#plainCall = before;
    }
  }

  /** Resolves when no call runs, apart from the one that the current code belongs to. */
  othersEnded(): Promise<void> {
    const own = this.#own;
    return this.#until(() => this.#running.size === 0 || (this.#running.size === 1 && !!own && this.#running.has(own)));
  }

  /** Aborts the signals of the running calls: nobody waits for them any more. */
  abandon(): void {
    for (const call of this.#running) {
      call.abort(new BusError('BUS_CLOSED', 'the subscription was closed: it no longer waits for this call'));
    }
  }

  async #watch(call: Call, answer: PromiseLike<unknown>, event: BusEvent): Promise<void> {
    const late =
      this.#timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : new Promise<never>((_, reject) => {
            call.timer = startTimer(this.#timeoutMs, () => {
              const message = `the handler took longer than ${this.#timeoutMs} ms with event ${event.id} of ${event.topic}`;
              const error = new BusError('BUS_TIMEOUT', message);
              call.abort(error);
              reject(error);
            });
          });
    try {
      await (late ? Promise.race([answer, late]) : answer);
    } finally {
      this.#end(call);
    }
  }

  #end(call: Call): void {
    call.timer?.stop();
    this.#running.delete(call);
    if (this.#wakes.length > 0) {
      for (const wake of this.#wakes.splice(0)) {
        wake();
      }
    }
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
    }
  }
}

/** Runs work that belongs to no call, even if a call started it. */
export function outsideCalls<Result>(work: () => Result): Result {
  return storage ? storage.run(undefined, work) : work();
}

function findStorage(): Storage | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => { AsyncLocalStorage?: new () => Storage } | undefined };
  };
  const { AsyncLocalStorage } = process?.getBuiltinModule?.('node:async_hooks') ?? {};
  return AsyncLocalStorage && new AsyncLocalStorage();
}
