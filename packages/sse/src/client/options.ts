import { longestDelayMs } from './delay.ts';
import type { SSEClientEnd, SSEClientMessage, SSEClientState, SSERefusal } from './message.ts';

/** Headers of a request by name. */
export type SSEClientHeaders = Readonly<Record<string, string>>;

/** Options of {@link SSEClient}. An option that is `undefined` has its default. */
export interface SSEClientOptions {
  /** Called with every message once, in order. */
  readonly onMessage: (message: SSEClientMessage) => unknown;
  /** Names of events to receive in addition to unnamed ones. Default: none. */
  readonly events?: readonly string[] | undefined;
  /**
   * Headers to send, such as `Authorization`, or a function that makes them for each request. Another origin must allow
   * them with `Access-Control-Allow-Headers`. Default: `Accept` alone.
   */
  readonly headers?: SSEClientHeaders | (() => SSEClientHeaders | Promise<SSEClientHeaders>) | undefined;
  /**
   * Where to resume: the id of the last message that the caller has, without CR, LF and NUL. Default: the server
   * chooses.
   */
  readonly lastEventId?: string | undefined;
  /**
   * How the last id is sent. `header`: as `Last-Event-ID`, in UTF-8. `query`: as `?lastEventId=`. Default: in the
   * header; in the query for another origin, where the header needs permission, and for ids that are not plain ASCII.
   */
  readonly resumeBy?: 'header' | 'query' | undefined;
  /** Called for every change of the state, with the reason when the client is `closed`. */
  readonly onState?: ((state: SSEClientState, end?: SSEClientEnd) => unknown) | undefined;
  /** Called when a request brings no stream, before the next try. Not called for 204, which ends the client. */
  readonly onRefused?: ((refusal: SSERefusal) => unknown) | undefined;
  /**
   * Whether to try again after a refusal; if not, the client is closed with `refused`. Default: no response, 200
   * without a stream, 408, 425, 429 and 5xx are tried again.
   */
  readonly retryOn?: ((refusal: SSERefusal) => boolean) | undefined;
  /**
   * Returns how many messages are gone for good, from a message that says so, such as the hub's `connected` and
   * `reset`. Default: messages report no gaps.
   */
  readonly gapOf?: ((message: SSEClientMessage) => number | undefined) | undefined;
  /** Called with the size of each gap, before the message that follows it; undefined when the size is not known. */
  readonly onGap?: ((missed: number | undefined) => unknown) | undefined;
  /**
   * Called with what a hook throws or rejects with, and with `SSEClientError`s. Default: a process warning, or
   * `reportError` in a page, once per kind.
   */
  readonly onError?: ((error: unknown) => unknown) | undefined;
  /**
   * Silence in ms after which the connection counts as dead and is opened again; every byte counts, comments too. 0 and
   * `Infinity`: never. Default 75,000.
   */
  readonly watchdogMs?: number | undefined;
  /**
   * Shortest delay in ms before the next try, from 1 to a year; the upper end doubles with every try. After a stream
   * that brought a message, a `retry:` of the server applies instead, even if it is shorter. Default 1,000.
   */
  readonly minRetryMs?: number | undefined;
  /**
   * Longest delay in ms before the next try, from `minRetryMs` to a year, unless the server asks for a longer one.
   * Default 30,000, or `minRetryMs` if that is longer.
   */
  readonly maxRetryMs?: number | undefined;
  /** Longest event in bytes, 1 to 2^28: a longer one is left out and reported. Default 16 MiB. */
  readonly maxEventBytes?: number | undefined;
  /**
   * Name under which the tabs of an origin share one connection to the same URL, where the browser has Web Locks and
   * `BroadcastChannel`. Default: every client has a connection of its own.
   */
  readonly share?: string | undefined;
  /**
   * Returns a name for messages to keep for tabs that join a shared connection later: such a tab receives the newest
   * message of each name at once. Called with messages of every event name. Default: none is kept.
   */
  readonly keep?: ((message: SSEClientMessage) => string | undefined) | undefined;
  /** Whether to send cookies to another origin. Default false. */
  readonly withCredentials?: boolean | undefined;
  /** Closes the client, with the reason `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Has no effect.
   * @deprecated The client reads the stream by `fetch`. Leave it out; one that is given is reported, as `onError` says.
   */
  readonly EventSource?: unknown;
  /** The function to request with, for a proxy or an agent of the caller's choice. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** The checked options, with their defaults. */
export interface SSEClientSettings extends SSEClientOptions {
  readonly url: URL;
  readonly events: readonly string[];
  readonly lastEventId: string;
  readonly watchdogMs: number;
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
  readonly maxEventBytes: number;
  readonly withCredentials: boolean;
  readonly fetch: typeof globalThis.fetch;
}

const functions = [
  'onMessage',
  'onState',
  'onRefused',
  'retryOn',
  'gapOf',
  'onGap',
  'onError',
  'keep',
  'fetch',
] as const;

/**
 * Checks what a client is made with.
 * @throws {TypeError} when an argument has the wrong type, or there is no `fetch`.
 * @throws {RangeError} when a number is out of its range.
 */
export function checkOptions(url: string | URL, options: SSEClientOptions): SSEClientSettings {
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of functions) {
    if (given[name] !== undefined) need(typeof given[name] === 'function', name, 'a function', given[name]);
  }
  need(given.onMessage !== undefined, 'onMessage', 'a function', given.onMessage);
  const { events = [], headers, lastEventId = '', resumeBy, share, withCredentials = false, signal } = options;
  const fetch = options.fetch ?? globalThis.fetch;
  if (typeof fetch !== 'function') throw new TypeError('There is no fetch here: pass one as the option fetch.');
  need(Array.isArray(events) && events.every((name) => typeof name === 'string'), 'events', 'a list of texts', events);
  need(areHeaders(headers), 'headers', 'a function, or an object of valid names and values', headers);
  // oxlint-disable-next-line no-control-regex -- what no id of a stream can hold
  const isId = typeof lastEventId === 'string' && !/[\r\n\0]/.test(lastEventId);
  need(isId, 'lastEventId', 'text without CR, LF and NUL', lastEventId);
  need(resumeBy === undefined || ['header', 'query'].includes(resumeBy), 'resumeBy', "'header' or 'query'", resumeBy);
  need(share === undefined || (typeof share === 'string' && share !== ''), 'share', 'a text that is not empty', share);
  need(typeof withCredentials === 'boolean', 'withCredentials', 'true or false', withCredentials);
  // Not by its class: the signal may come from another realm.
  need(signal === undefined || typeof signal?.aborted === 'boolean', 'signal', 'an AbortSignal', signal);
  const minRetryMs = number('minRetryMs', options.minRetryMs ?? 1_000, 1, longestDelayMs);
  return {
    ...options,
    url: absolute(url),
    events,
    lastEventId,
    withCredentials,
    // A function of the global object must be called as one.
    fetch: (...request) => fetch(...request),
    watchdogMs: number('watchdogMs', options.watchdogMs ?? 75_000, 0, Number.POSITIVE_INFINITY),
    minRetryMs,
    maxRetryMs: number('maxRetryMs', options.maxRetryMs ?? Math.max(30_000, minRetryMs), minRetryMs, longestDelayMs),
    maxEventBytes: number('maxEventBytes', options.maxEventBytes ?? 2 ** 24, 1, 2 ** 28),
  };
}

function areHeaders(headers: SSEClientOptions['headers']): boolean {
  if (typeof headers !== 'object') return headers === undefined || typeof headers === 'function';
  try {
    return Object.keys(headers).length === [...new Headers(headers)].length;
  } catch {
    return false;
  }
}

function absolute(url: string | URL): URL {
  need(typeof url === 'string' || url instanceof URL, 'url', 'a text or a URL', url);
  const base = (globalThis.location as Location | undefined)?.href;
  const isUrl = URL.canParse(url, base);
  const parsed = isUrl ? new URL(url, base) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError(`url must be an absolute http or https address, or one relative to the page: ${String(url)}`);
  }
  parsed.hash = '';
  return parsed;
}

function need(isRight: boolean, name: string, what: string, value: unknown): void {
  if (isRight) return;
  const shown = typeof value === 'object' && value !== null ? 'an object' : String(value);
  throw new TypeError(`${name} must be ${what}: ${shown}`);
}

function number(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number: ${String(value)}`);
  if (!(value >= least && value <= most)) throw new RangeError(`${name} must be from ${least} to ${most}: ${value}`);
  return value;
}
