import { EventStreamParser, type EventStreamSink } from './event-stream-parser.ts';
import type { Hooks } from './hooks.ts';
import type { SSERefusal } from './message.ts';
import type { SSEClientSettings } from './options.ts';
import type { SentPlace } from './place.ts';
import { readRefusal } from './refusal.ts';

/** Where an attempt puts what it reads. */
export interface AttemptSink extends EventStreamSink {
  /** Called when the response is a stream. */
  onOpen(): void;
  /** Called for every piece of the stream, before it is parsed. */
  onBytes(): void;
}

/**
 * How an attempt went: `ended` when the server wants no more of them (204), `broken` when the stream broke off or
 * ended, or why there was no stream.
 */
export type Outcome = 'ended' | 'broken' | SSERefusal;

/** Requests the stream and reads it to its end. Does nothing more after `signal` aborts. */
export async function attempt(
  settings: SSEClientSettings,
  { url, header }: SentPlace,
  sink: AttemptSink,
  hooks: Hooks,
  signal: AbortSignal,
): Promise<Outcome> {
  const { fetch, withCredentials } = settings;
  let headers: Headers;
  try {
    headers = await headersOf(settings);
  } catch (error) {
    hooks.report('headers', error);
    return { status: 0, body: '', error };
  }
  if (header !== undefined) headers.set('last-event-id', header);
  let response: Response;
  try {
    response = await fetch(url, {
      headers,
      signal,
      cache: 'no-store',
      credentials: withCredentials ? 'include' : 'same-origin',
    });
    if (response.status === 204) return 'ended';
    if (response.status !== 200 || !isEventStream(response)) return await readRefusal(response);
  } catch (error) {
    return { status: 0, body: '', error };
  }
  if (!signal.aborted) sink.onOpen();
  try {
    const parser = new EventStreamParser(sink, settings.maxEventBytes);
    const reader = response.body?.getReader();
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      if (signal.aborted) break;
      sink.onBytes();
      parser.push(read.value);
    }
  } catch {
    // The next attempt goes on from the last message.
  }
  return 'broken';
}

async function headersOf({ headers }: SSEClientSettings): Promise<Headers> {
  const all = new Headers({ accept: 'text/event-stream' });
  const given = typeof headers === 'function' ? await headers() : headers;
  for (const [name, value] of Object.entries(given ?? {})) all.set(name, value);
  return all;
}

function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream\s*(?:;|$)/i.test(headers.get('content-type') ?? '');
}
