/** One message of a stream. */
export interface SSEClientMessage {
  /** Event name; `message` for an unnamed event. */
  readonly event: string;
  /** The data as text. */
  readonly data: string;
  /** The last event id; '' before there was one. */
  readonly id: string;
}

/** `following`: another tab holds the open connection and passes its messages on. */
export type SSEClientState = 'connecting' | 'open' | 'following' | 'closed';

/** What the client needs of an EventSource; the browser's own and the `eventsource` package fit. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

/** Options of {@link SSEClient}. */
export interface SSEClientOptions {
  /** Hears every message once, in order. */
  readonly onMessage: (message: SSEClientMessage) => void;
  /** Names of events to receive besides unnamed ones. Default: none. */
  readonly events?: readonly string[];
  /** Called for every change of the state. */
  readonly onState?: (state: SSEClientState) => void;
  /** Called when the server refuses the stream, before the next try. EventSource does not say why: send a request to learn it. */
  readonly onRefused?: () => void;
  /** Reads from a message how many messages are gone for good: from the hub's `connected` and `reset`. Default: nothing is reported. */
  readonly gapOf?: (message: SSEClientMessage) => number | undefined;
  /** Called with each gap that `gapOf` found, before the message itself. */
  readonly onGap?: (missed: number) => void;
  /** Silence in ms after which the connection counts as dead and is opened again; 0 never. It needs heartbeats that are messages, not comments. Default 75,000. */
  readonly watchdogMs?: number;
  /** Shortest delay in ms before a refused connection is tried again; the upper end doubles with every try. Default 1,000. */
  readonly minRetryMs?: number;
  /** Longest delay in ms before a refused connection is tried again. Default 30,000. */
  readonly maxRetryMs?: number;
  /** Name under which the tabs of an origin share one connection, where the browser has Web Locks. Default: every client has its own. */
  readonly share?: string;
  /** Names a message that a tab which joins a shared connection later is to hear at once: the newest of each name is kept for it. Default: none is. */
  readonly keep?: (message: SSEClientMessage) => string | undefined;
  /** Sends cookies to another origin. Default false. */
  readonly withCredentials?: boolean;
  /** The class to connect with. Default: the global one. */
  readonly EventSource?: new (
    url: string,
    options: { withCredentials: boolean },
  ) => EventSourceLike;
}

/** What the tabs of a shared connection say to each other. */
type TabMessage =
  | { readonly say: 'joined'; readonly tab: string }
  | { readonly say: 'state'; readonly state: SSEClientState }
  | { readonly say: 'refused' }
  | { readonly say: 'heard'; readonly message: SSEClientMessage; readonly to?: string };

const closed = 2;
/** Ids remembered to leave out what a change of the connecting tab brings twice. */
const recentIds = 256;

/** Keeps a stream open: tries again with jitter where EventSource gives up, and notices silence. */
export class SSEClient {
  readonly #url: string;
  readonly #options: SSEClientOptions;
  readonly #seen = new Set<string>();
  /** Newest messages by the names that `keep` gives. */
  readonly #kept = new Map<string, SSEClientMessage>();
  readonly #over = new AbortController();
  #source: EventSourceLike | undefined;
  #channel: BroadcastChannel | undefined;
  /** Whether the tabs that share the connection get it from this one. */
  #isLeading = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: SSEClientState = 'connecting';
  #lastEventId = '';
  #tries = 0;

  /** Opens the stream at `url`, or follows the tab that has it open. */
  constructor(url: string, options: SSEClientOptions) {
    this.#url = url;
    this.#options = options;
    const locks = (globalThis.navigator as Navigator | undefined)?.locks;
    if (options.share !== undefined && locks && typeof BroadcastChannel === 'function') {
      this.#share(options.share, locks);
    } else this.#open();
  }

  /** What the client is doing. */
  get state(): SSEClientState {
    return this.#state;
  }

  /** The id of the newest message; '' before there was one. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Ends the stream for good; another tab takes over a shared one. */
  close(): void {
    this.#over.abort();
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#channel?.close();
    this.#channel = undefined;
    this.#become('closed');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #share(name: string, locks: LockManager): void {
    const channel = new BroadcastChannel(name);
    const tab = crypto.randomUUID();
    this.#channel = channel;
    channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => this.#hear(data, tab));
    this.#tell({ say: 'joined', tab });
    this.#watch();
    const lead = (): Promise<void> =>
      new Promise((resolve) => {
        this.#over.signal.addEventListener('abort', () => resolve());
        // Closed, or alone already after it had heard nothing for too long.
        if (this.#channel === undefined) return resolve();
        this.#isLeading = true;
        this.#open();
      });
    // The lock passes to the next tab when this one closes the stream, is closed or crashes.
    locks.request(name, { signal: this.#over.signal }, lead).catch(() => {});
  }

  #hear(said: TabMessage, tab: string): void {
    if (this.#isLeading && said.say === 'joined') {
      this.#tell({ say: 'state', state: this.#state });
      for (const message of this.#kept.values()) this.#tell({ say: 'heard', message, to: said.tab });
    }
    if (this.#isLeading || said.say === 'joined') return;
    this.#watch();
    if (said.say === 'state') this.#become(said.state === 'open' ? 'following' : 'connecting');
    else if (said.say === 'refused') this.#options.onRefused?.();
    else if (said.to === undefined || said.to === tab) this.#take(said.message);
  }

  #tell(said: TabMessage): void {
    this.#channel?.postMessage(said);
  }

  #open(): void {
    const Source = this.#options.EventSource ?? globalThis.EventSource;
    const mark = this.#lastEventId === '' ? '' : `lastEventId=${encodeURIComponent(this.#lastEventId)}`;
    const url = mark === '' ? this.#url : `${this.#url}${this.#url.includes('?') ? '&' : '?'}${mark}`;
    const source = new Source(url, { withCredentials: this.#options.withCredentials ?? false });
    this.#source = source;
    this.#become('connecting');
    this.#watch();
    source.addEventListener('open', () => {
      this.#tries = 0;
      this.#become('open');
      this.#watch();
    });
    source.addEventListener('error', () => {
      if (this.#source !== source || this.#state === 'closed') return;
      this.#become('connecting');
      // EventSource comes back by itself after a broken connection, never after a status other than 200.
      if (source.readyState !== closed) return;
      if (this.#isLeading) this.#tell({ say: 'refused' });
      this.#options.onRefused?.();
      this.#reopenLater();
    });
    for (const event of new Set(['message', ...(this.#options.events ?? [])])) {
      source.addEventListener(event, (message) => {
        if (this.#source !== source) return;
        this.#watch();
        const { data, lastEventId } = message as MessageEvent<string>;
        const taken = { event, data, id: lastEventId };
        if (this.#isLeading) this.#tell({ say: 'heard', message: taken });
        this.#take(taken);
      });
    }
  }

  #take(message: SSEClientMessage): void {
    if (this.#state === 'closed') return;
    // A message without an id of its own repeats the last one: only a new id that was seen before is a double.
    if (message.id !== this.#lastEventId) {
      if (this.#seen.has(message.id)) return;
      this.#seen.add(message.id);
      for (const id of this.#seen) {
        if (this.#seen.size <= recentIds) break;
        this.#seen.delete(id);
      }
      this.#lastEventId = message.id;
    }
    const name = this.#options.keep?.(message);
    if (name !== undefined) this.#kept.set(name, message);
    const missed = this.#options.gapOf?.(message);
    if (missed !== undefined && missed > 0) this.#options.onGap?.(missed);
    this.#options.onMessage(message);
  }

  #watch(): void {
    const { watchdogMs = 75_000 } = this.#options;
    clearTimeout(this.#timer);
    if (watchdogMs === 0) return;
    this.#timer = setTimeout(() => {
      // The tab that leads sleeps or hangs: this one goes on alone.
      if (!this.#isLeading) {
        this.#channel?.close();
        this.#channel = undefined;
      }
      this.#reopenLater();
    }, watchdogMs);
  }

  #reopenLater(): void {
    const { minRetryMs = 1_000, maxRetryMs = 30_000 } = this.#options;
    this.#source?.close();
    this.#source = undefined;
    this.#become('connecting');
    const longest = Math.min(maxRetryMs, minRetryMs * 2 ** ++this.#tries);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), minRetryMs + Math.random() * (longest - minRetryMs));
  }

  #become(state: SSEClientState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    if (this.#isLeading) this.#tell({ say: 'state', state });
    this.#options.onState?.(state);
  }
}
