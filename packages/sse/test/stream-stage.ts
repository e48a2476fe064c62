import { onTestFinished, vi } from 'vitest';
import { SSEClient, type SSEClientMessage, type SSEClientOptions } from '../src/client.ts';
import { serve } from './support.ts';

/** Opens a client that is closed when the test is over, and keeps what it receives. */
export function follow(url: string, options: Partial<SSEClientOptions> = {}) {
  const messages: SSEClientMessage[] = [];
  const states: unknown[] = [];
  const errors: unknown[] = [];
  const gaps: (number | undefined)[] = [];
  const client = new SSEClient(url, {
    minRetryMs: 5,
    maxRetryMs: 50,
    onMessage: (message) => messages.push(message),
    onState: (...state) => states.push(state.length === 1 ? state[0] : state),
    onGap: (missed) => gaps.push(missed),
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, messages, states, errors, gaps };
}

/** A request that a client made, and the stream that it got. */
export interface StagedRequest {
  readonly url: URL;
  readonly headers: Headers;
  readonly isOver: boolean;
  write(text: string): void;
  end(): void;
}

/**
 * A `fetch` without a network, so that hours pass in virtual time: each request gets the response of its turn, the last one
 * again and again; none is a stream.
 */
export function stageFetch(...responses: readonly (() => Response)[]) {
  const requests: StagedRequest[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const given = responses[Math.min(requests.length, responses.length - 1)]?.();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (started) => {
        controller = started;
      },
    });
    const { signal } = init ?? {};
    signal?.addEventListener('abort', () => controller?.error(signal.reason));
    requests.push({
      url: new URL(url instanceof Request ? url.url : url),
      headers: new Headers(init?.headers),
      get isOver() {
        return signal?.aborted ?? false;
      },
      write: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      end: () => controller?.close(),
    });
    return given ?? new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  };
  return { fetch, requests };
}

/** Replaces the timers, and nothing that brings bytes. */
export function useVirtualTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets virtual time pass, in steps in which everything else happens. */
export async function pass(ms: number, stepMs = ms): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    await vi.advanceTimersByTimeAsync(Math.min(left, stepMs));
    await settle();
  }
}

/** An address at which nobody listens, for requests that are staged. */
export const nowhere = 'http://127.0.0.1:9/';

/** An address of a server on this machine. */
export function local(port: number, path = '/'): string {
  return `http://127.0.0.1:${port}${path}`;
}

/** A server that greets without an id, then sends what the turn says, then breaks off; the last turn stays open. */
export async function startGreeter(...turns: readonly string[]) {
  const requests: { readonly id: string | undefined; readonly url: string | undefined }[] = [];
  const { port } = await serve((req, res) => {
    requests.push({ id: req.headers['last-event-id'] as string | undefined, url: req.url });
    const turn = turns[requests.length - 1] ?? '';
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(`retry: 1\n\ndata: hello\n\n${turn}`, () => {
      if (requests.length < turns.length) res.destroy();
    });
  });
  return { port, requests };
}
