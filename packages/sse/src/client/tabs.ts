import type { SSEClientEnd, SSEClientMessage, SSEClientState, SSERefusal } from './message.ts';

/** A message on its way to every tab that shares a connection. */
export interface Heard {
  readonly message: SSEClientMessage;
  /** Whether the message has an id of its own. */
  readonly hasId: boolean;
  /** Names the connection that it came on. */
  readonly connection: string;
}

/** What the tabs of a shared connection say to each other. */
export type TabMessage =
  | { readonly say: 'joined'; readonly tab: string }
  | {
      readonly say: 'leading';
      /** The tab that it is for; undefined for all tabs. */
      readonly to: string | undefined;
      readonly state: SSEClientState;
      readonly lastEventId: string;
      readonly kept: readonly Heard[];
    }
  | { readonly say: 'heard'; readonly heard: Heard }
  | { readonly say: 'state'; readonly state: SSEClientState }
  /** The leading tab is awake. Carries the place in the stream, which can move without a message. */
  | { readonly say: 'awake'; readonly lastEventId: string }
  | { readonly say: 'refused'; readonly refusal: SSERefusal }
  | { readonly say: 'gap'; readonly missed: number | undefined }
  | { readonly say: 'over'; readonly end: SSEClientEnd };

/** What `Tabs` calls in its client. */
export interface TabPort {
  /** Called once, when this tab is the one that connects. */
  onLead(): void;
  /** Called with each message of the leading tab, while this one follows. */
  onSaid(said: TabMessage): void;
  /** The place of this tab in the stream. */
  lastEventId(): string;
  /** What a tab that joins needs to know. */
  welcome(to: string | undefined): TabMessage;
}

/** Whether tabs can share here: pages that come over http from another host than localhost have no Web Locks. */
export function canShare(): boolean {
  const { navigator, BroadcastChannel } = globalThis as Partial<typeof globalThis>;
  return navigator?.locks !== undefined && typeof BroadcastChannel === 'function';
}

/** The tabs of an origin that share a connection: one leads, and another takes over when it is gone. */
export class Tabs {
  readonly id: string = crypto.randomUUID();
  readonly #port: TabPort;
  readonly #over = new AbortController();
  #channel: BroadcastChannel | undefined;
  #isLeading = false;
  #isWelcome = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Joins the tabs of a name. While this tab leads, it says that it is awake every `awakeMs`. */
  constructor(name: string, awakeMs: number, port: TabPort) {
    this.#port = port;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#receive(data));
    this.#post({ say: 'joined', tab: this.id });
    const lead = (): Promise<void> =>
      new Promise((resolve) => {
        this.#over.signal.addEventListener('abort', () => resolve());
        // Alone already, or over.
        if (!this.#channel) return resolve();
        this.#isLeading = true;
        this.#isWelcome = true;
        port.onLead();
        this.tell(port.welcome(undefined));
        this.#timer = setInterval(() => this.tell({ say: 'awake', lastEventId: port.lastEventId() }), awakeMs);
      });
    // The lock passes to the next tab when this one leaves, is closed or crashes.
    navigator.locks.request(name, { signal: this.#over.signal }, lead).catch(() => {
      // No lock for this page, such as one in a sandbox.
      if (this.#channel && !this.#isLeading) this.goAlone();
    });
  }

  /** Whether this tab follows another one, and does not connect itself. */
  get isFollowing(): boolean {
    return this.#channel !== undefined && !this.#isLeading;
  }

  /** Tells the others, if this tab leads. */
  tell(said: TabMessage): void {
    if (this.#isLeading) this.#post(said);
  }

  /** Stops following a tab that sleeps or hangs, and connects itself. */
  goAlone(): void {
    this.#closeChannel();
    this.#port.onLead();
  }

  /** Leaves the others for good. */
  leave(): void {
    this.#closeChannel();
    this.#over.abort();
    clearInterval(this.#timer);
  }

  #closeChannel(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #post(said: TabMessage): void {
    this.#channel?.postMessage(said);
  }

  #receive(data: unknown): void {
    if (!this.#channel || !isTabMessage(data)) return;
    if (data.say === 'joined') this.tell(this.#port.welcome(data.tab));
    else if (!this.#isLeading) this.#follow(data);
  }

  #follow(said: TabMessage): void {
    if (said.say !== 'leading') {
      // What came before the welcome is older than it, or a part of it.
      if (this.#isWelcome) this.#port.onSaid(said);
    } else if (said.to === undefined || said.to === this.id) {
      this.#port.onSaid(this.#isWelcome ? { say: 'state', state: said.state } : said);
      this.#isWelcome = true;
    }
  }
}

const states: readonly SSEClientState[] = ['connecting', 'open'];
const ends: readonly SSEClientEnd[] = ['ended', 'refused'];

type Shape = Readonly<Record<string, unknown>>;

/** Whether what came over the channel is ours: any page of the origin may use its name. */
function isTabMessage(data: unknown): data is TabMessage {
  if (!isShape(data)) return false;
  switch (data.say) {
    case 'joined':
      return isText(data.tab);
    case 'leading':
      return (
        isOf(states, data.state) && isText(data.lastEventId) && Array.isArray(data.kept) && data.kept.every(isHeard)
      );
    case 'heard':
      return isHeard(data.heard);
    case 'state':
      return isOf(states, data.state);
    case 'awake':
      return isText(data.lastEventId);
    case 'refused':
      return isShape(data.refusal) && typeof data.refusal.status === 'number' && isText(data.refusal.body);
    case 'gap':
      return data.missed === undefined || typeof data.missed === 'number';
    case 'over':
      return isOf(ends, data.end);
    default:
      return false;
  }
}

function isHeard(heard: unknown): boolean {
  if (!isShape(heard) || !isShape(heard.message) || !isText(heard.connection)) return false;
  const { event, data, id } = heard.message;
  return isText(event) && isText(data) && isText(id);
}

function isShape(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null;
}

function isOf(words: readonly string[], value: unknown): boolean {
  return isText(value) && words.includes(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
