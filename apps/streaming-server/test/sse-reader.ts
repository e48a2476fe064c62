import type { StreamMessage, StreamMessageOf } from '@bnc/contracts';
import { createParser } from 'eventsource-parser';

/** A client of a stream that knows nothing but HTTP and the SSE format. */
export class SSEReader implements AsyncDisposable {
  readonly messages: StreamMessage[] = [];
  readonly ids: (string | undefined)[] = [];
  readonly ended: Promise<void>;
  #retryMs: number | undefined;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<() => void>();

  private constructor(response: Response, abort: AbortController) {
    this.#abort = abort;
    this.ended = this.#read(response).catch(() => {
      // The test closed it, or the server ended it: `messages` says what came before.
    });
  }

  /** Opens a stream; rejects with the answer's status when the server refuses. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SSEReader> {
    const abort = new AbortController();
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: abort.signal,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const reader = new SSEReader(response, abort);
    await reader.next('connected');
    return reader;
  }

  /** The delay that the server asked for last. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** Messages of one type so far. */
  all<Type extends StreamMessage['type']>(type: Type): StreamMessageOf<Type>[] {
    return this.messages.filter((message): message is StreamMessageOf<Type> => message.type === type);
  }

  /** Waits for the nth (from 0) message of a type. */
  async next<Type extends StreamMessage['type']>(
    type: Type,
    nth = 0,
    timeoutMs = 15_000,
  ): Promise<StreamMessageOf<Type>> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.all(type)[nth];
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        this.#waiting.add(resolve);
        deadline.addEventListener('abort', () =>
          reject(
            new Error(`no ${type} #${nth} in ${timeoutMs} ms; got ${this.messages.map(({ type }) => type).join(', ')}`),
          ),
        );
      });
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #read(response: Response): Promise<void> {
    const parser = createParser({
      onEvent: ({ data, id }) => {
        this.messages.push(JSON.parse(data) as StreamMessage);
        this.ids.push(id);
        for (const wake of this.#waiting) wake();
        this.#waiting.clear();
      },
      onRetry: (retryMs) => {
        this.#retryMs = retryMs;
      },
    });
    if (!response.body) return;
    const decoder = new TextDecoder();
    for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }));
  }
}
