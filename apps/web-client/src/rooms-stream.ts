import type { StreamMessage, StreamMessageOf } from '@bnc/contracts';
import { SSEClient, type SSEClientMessage } from '@bnc/sse/client';
import { serverUrl } from './server-url.ts';

type Greeting = StreamMessageOf<'connected'>['data'];

/** Silence in ms after which the line counts as dead; the server says something every 15 s, or every 30 s for clips. */
const watchdogMs = 35_000;

/** Time in ms after which a stream asks again for rooms that it was refused. */
const askAgainMs = 15_000;

/** How a room comes to the page. */
export interface Form {
  /** Phrases as scores, or as clips in an encoding. */
  readonly format: string;
  /** Whether the bed comes too. */
  readonly bed: boolean;
}

/** How the connection is, for every room that it carries. */
export interface LineState {
  readonly name: 'connecting' | 'open' | 'refused' | 'ended';
  /** Why the server refuses, if it says so. */
  readonly reason?: string;
}

/** Callbacks of a stream. */
export interface RoomsStreamHandlers {
  /** Called with every message for each room that it concerns; `room` is the name that was asked for, in lower case. */
  onMessage(message: StreamMessage, room: string): void;
  /** Called when the connection changes, or one room of several is refused. */
  onState(state: LineState, room?: string): void;
}

/** One connection for several rooms. When rooms come and go, it continues from where it was. */
export class RoomsStream {
  readonly #form: Form;
  readonly #handlers: RoomsStreamHandlers;
  #rooms: readonly string[] = [];
  #client: SSEClient | undefined;
  /** The channel of each room that was asked for, as the server has resolved it. */
  #channels = new Map<string, string>();
  /** Where the stream is: one id speaks for all rooms. */
  #lastEventId = '';

  constructor(form: Form, handlers: RoomsStreamHandlers) {
    this.#form = form;
    this.#handlers = handlers;
  }

  /** Listens to these rooms from now on. */
  listen(rooms: readonly string[]): void {
    const wanted = [...new Set(rooms.map((room) => room.toLowerCase()))].toSorted();
    if (wanted.join() === this.#rooms.join() && this.#client) return;
    this.#rooms = wanted;
    this.reopen();
  }

  /** Opens the connection again, from where it was: after sleep, the old one may be dead without knowing it. */
  reopen(): void {
    this.#drop();
    if (this.#rooms.length === 0) return;
    this.#handlers.onState({ name: 'connecting' });
    const client = new SSEClient(urlOf(this.#rooms, this.#form), {
      lastEventId: this.#lastEventId,
      watchdogMs,
      minRetryMs: 500,
      maxRetryMs: 15_000,
      // A room may open its door at any time.
      retryOn: () => true,
      onMessage: (message) => this.#take(message),
      onState: (state) => {
        if (this.#client !== client) return;
        if (state === 'connecting' || state === 'open') this.#handlers.onState({ name: state });
        else if (state === 'closed') this.#handlers.onState({ name: 'ended' });
      },
      onRefused: ({ status, body }) => {
        // A server that stops or is full is lost for a while; only an answer to the request itself refuses it.
        if (isAnswer(status)) this.#handlers.onState({ name: 'refused', ...reasonOf(body) });
      },
    });
    this.#client = client;
  }

  close(): void {
    this.#drop();
    this.#rooms = [];
  }

  #take({ data, channel }: SSEClientMessage): void {
    const message = JSON.parse(data) as StreamMessage;
    if (message.type === 'connected') {
      const { rooms = [] } = message.data;
      this.#channels = new Map(rooms.map(({ asked, channel: its }) => [asked.toLowerCase(), its]));
    }
    for (const [room, its] of this.#channels) {
      if (channel === undefined || channel === its) this.#handlers.onMessage(message, room);
    }
    if (message.type === 'connected') this.#tellRefused(message.data);
  }

  /** Says which rooms of several the server refuses, and asks for them again after a while. */
  #tellRefused({ refused = [] }: Greeting): void {
    for (const { asked, message: reason } of refused) {
      this.#handlers.onState({ name: 'refused', reason }, asked.toLowerCase());
    }
    if (refused.length === 0) return;
    const client = this.#client;
    setTimeout(() => {
      if (this.#client === client) this.reopen();
    }, askAgainMs);
  }

  /** Ends the connection, and ignores what it still says. */
  #drop(): void {
    const former = this.#client;
    this.#client = undefined;
    // Also the place of a stream on which nothing has come.
    this.#lastEventId = former?.lastEventId ?? this.#lastEventId;
    former?.close();
  }
}

/** Whether a status is about the request, and not about the moment. */
function isAnswer(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

function urlOf(rooms: readonly string[], { format, bed }: Form): string {
  const query = new URLSearchParams(format === 'score' ? { format } : { format, delivery: 'url' });
  if (bed) query.set('bed', 'on');
  for (const room of rooms) query.append('repo', room);
  return serverUrl(`stream?${query}`);
}

function reasonOf(body: string): { readonly reason?: string } {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    return typeof message === 'string' ? { reason: message } : {};
  } catch {
    return {};
  }
}
