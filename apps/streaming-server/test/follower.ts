import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import type { StreamMessage, StreamMessageOf } from '@bnc/contracts';
import { createParser } from 'eventsource-parser';

/** A phrase, as a listener takes it. */
type Heard = Pick<StreamMessageOf<'audio_buffer'>['data'], 'phraseId' | 'speaksFor' | 'startAt'>;

/** A listener who comes back with the id of the last message, after the time that the server asks for. */
export class Follower {
  readonly phrases: Heard[] = [];
  /** Messages that say that something is missing. */
  gaps = 0;
  /** Streams that were opened. */
  streams = 0;
  readonly #url: () => string;
  #lastId = '';
  #retryMs = 1000;
  #request: ClientRequest | undefined;
  #isOver = false;
  #isOpen = Promise.withResolvers<void>();

  /** @param url - where to listen; asked again for each stream */
  constructor(url: () => string) {
    this.#url = url;
    this.#open();
  }

  /** Settles when the stream that is being opened is open. */
  get isOpen(): Promise<void> {
    return this.#isOpen.promise;
  }

  /** Deliveries that all phrases speak for. */
  get speaksFor(): number {
    return this.phrases.reduce((sum, { speaksFor }) => sum + speaksFor, 0);
  }

  /** Phrases that came more than once. */
  get doubled(): number {
    return this.phrases.length - new Set(this.phrases.map(({ phraseId }) => phraseId)).size;
  }

  close(): void {
    this.#isOver = true;
    this.#request?.destroy();
  }

  #open(): void {
    if (this.#isOver) return;
    const parser = createParser({
      onEvent: ({ data, id }) => {
        if (id !== undefined) this.#lastId = id;
        this.#take(JSON.parse(data) as StreamMessage);
      },
      onRetry: (ms) => {
        this.#retryMs = ms;
      },
    });
    const mark = this.#lastId === '' ? {} : { 'last-event-id': this.#lastId };
    const url = this.#url();
    const request = (url.startsWith('https:') ? https : http).get(
      url,
      { agent: false, headers: { accept: 'text/event-stream', ...mark } },
      (response) => {
        if (response.statusCode !== 200) request.destroy();
        response.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
      },
    );
    this.#request = request;
    request.on('error', () => {});
    request.once('close', () => setTimeout(() => this.#open(), Math.random() * Math.min(this.#retryMs, 1000)));
  }

  #take({ type, data }: StreamMessage): void {
    if (type === 'audio_buffer') this.phrases.push(data);
    else if (type === 'connected') {
      this.streams++;
      this.#isOpen.resolve();
      if (data.resumed === 'truncated') this.gaps++;
    } else if (type === 'reset') this.gaps++;
  }
}
