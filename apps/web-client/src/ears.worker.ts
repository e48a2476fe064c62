import type { StreamMessage } from '@bnc/contracts';
import { isFromTab, type ToTab } from './ears-words.ts';
import { type Form, type LineState, RoomsStream } from './rooms-stream.ts';

/** A tab that has said nothing for this many ms is gone: browsers let the timers of a hidden page run once a minute. */
const goneMs = 150_000;

interface Tab {
  readonly port: MessagePort;
  readonly room: string;
  /** Names the line that it shares with tabs that want the same form. */
  readonly line: string;
  seenAt: number;
}

/** The one connection of this browser in one form, for the rooms of all its tabs. */
class SharedLine {
  readonly tabs = new Set<Tab>();
  readonly #stream: RoomsStream;
  #state: LineState = { name: 'connecting' };
  /**
   * What a tab that opens later must know: the newest greeting, and the newest phrase, bed and presence of each room.
   */
  #greeting: StreamMessage | undefined;
  readonly #newest = new Map<string, StreamMessage>();
  readonly #beds = new Map<string, StreamMessage>();
  readonly #presences = new Map<string, StreamMessage>();

  constructor(form: Form) {
    this.#stream = new RoomsStream(form, {
      onState: (state, room) => {
        if (room === undefined) this.#state = state;
        // A tab that opens later must not get what this browser may not have any more.
        if (state.name === 'refused' && room === undefined) this.#newest.clear();
        else if (state.name === 'refused' && room !== undefined) this.#newest.delete(room);
        for (const tab of this.tabs) if (room === undefined || tab.room === room) say(tab, { say: 'state', state });
      },
      onMessage: (message, room) => {
        if (message.type === 'connected') this.#greeting = message;
        if (message.type === 'audio_buffer') this.#newest.set(room, message);
        if (message.type === 'bed') this.#beds.set(room, message);
        if (message.type === 'presence') this.#presences.set(room, message);
        for (const tab of this.tabs) if (tab.room === room) say(tab, { say: 'message', message });
      },
    });
  }

  add(tab: Tab): void {
    const isNew = ![...this.tabs].some(({ room }) => room === tab.room);
    this.tabs.add(tab);
    say(tab, { say: 'state', state: this.#state });
    if (!isNew) {
      const known = [this.#newest, this.#beds, this.#presences].map((messages) => messages.get(tab.room));
      for (const message of [this.#greeting, ...known]) {
        if (message) say(tab, { say: 'message', message });
      }
    }
    this.#listen();
  }

  delete(tab: Tab): void {
    if (this.tabs.delete(tab)) this.#listen();
  }

  reopen(): void {
    this.#stream.reopen();
  }

  #listen(): void {
    const rooms = [...this.tabs].map(({ room }) => room);
    for (const known of [this.#newest, this.#beds, this.#presences]) {
      for (const room of known.keys()) if (!rooms.includes(room)) known.delete(room);
    }
    this.#stream.listen(rooms);
  }
}

const lines = new Map<string, SharedLine>();
const tabs = new Map<MessagePort, Tab>();

function say({ port }: Tab, word: ToTab): void {
  port.postMessage(word);
}

function drop(tab: Tab): void {
  tabs.delete(tab.port);
  lines.get(tab.line)?.delete(tab);
}

globalThis.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isFromTab(data)) return;
    const known = tabs.get(port);
    if (known) known.seenAt = Date.now();
    if (data.say === 'listen' && !known) {
      const { format, bed } = data;
      const tab: Tab = { port, room: data.room.toLowerCase(), line: `${format} ${bed}`, seenAt: Date.now() };
      tabs.set(port, tab);
      const line = lines.get(tab.line) ?? new SharedLine({ format, bed });
      lines.set(tab.line, line);
      line.add(tab);
    } else if (data.say === 'reopen' && known) lines.get(known.line)?.reopen();
    else if (data.say === 'bye' && known) drop(known);
  });
  port.start();
});

setInterval(() => {
  for (const tab of tabs.values()) if (Date.now() - tab.seenAt > goneMs) drop(tab);
}, 30_000);
