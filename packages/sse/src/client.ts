import { type AttemptSink, attempt } from './client/attempt.ts';
import { after, longestDelayMs, retryDelay } from './client/delay.ts';
import type { EventBlock } from './client/event-stream-parser.ts';
import { Hooks } from './client/hooks.ts';
import {
  type SSEClientEnd,
  SSEClientError,
  type SSEClientErrorCode,
  type SSEClientMessage,
  type SSEClientState,
  type SSERefusal,
} from './client/message.ts';
import {
  checkOptions,
  type SSEClientHeaders,
  type SSEClientOptions,
  type SSEClientSettings,
} from './client/options.ts';
import { HeardMessages, placeIn } from './client/place.ts';
import { isTriedAgain } from './client/refusal.ts';
import { canShare, type Heard, type TabMessage, Tabs } from './client/tabs.ts';

export {
  type SSEClientEnd,
  SSEClientError,
  type SSEClientErrorCode,
  type SSEClientHeaders,
  type SSEClientMessage,
  type SSEClientOptions,
  type SSEClientState,
  type SSERefusal,
};

/**
 * Keeps a stream open: reads it with `fetch`, reconnects with jitter and resumes where it left off, and notices
 * silence.
 */
export class SSEClient {
  /** Settles with the reason when the client is closed. */
  readonly closed: Promise<SSEClientEnd>;
  readonly #settings: SSEClientSettings;
  readonly #hooks: Hooks;
  readonly #heard = new HeardMessages();
  /** The newest message for each name that `keep` returns, oldest first. */
  readonly #kept = new Map<string, Heard>();
  readonly #onAbort = (): void => this.#end('aborted');
  #settle: (end: SSEClientEnd) => void = () => {};
  #tabs: Tabs | undefined;
  /** Aborts the current request or stream. */
  #attempt: AbortController | undefined;
  /** Stops the watchdog, or the pause before the next try. */
  #stopTimer: () => void = () => {};
  #state: SSEClientState = 'connecting';
  #lastEventId: string;
  /** Requests in a row that brought no message. */
  #tries = 0;
  /** The last `retry:` of the server, in ms. */
  #retryMs: number | undefined;
  #openings = 0;

  /**
   * Opens the stream at `url`, or follows the tab that has it open.
   * @throws {TypeError} when an argument has the wrong type, `url` is not an http or https address (a relative one
   * needs a page), or there is no `fetch`.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(url: string | URL, options: SSEClientOptions) {
    const settings = checkOptions(url, options);
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#settings = settings;
    this.#hooks = new Hooks(settings.onError);
    this.#lastEventId = settings.lastEventId;
    if (settings.EventSource !== undefined) this.#hooks.report('EventSource', unusedEventSource());
    settings.signal?.addEventListener('abort', this.#onAbort);
    if (settings.signal?.aborted) this.#end('aborted');
    else if (settings.share !== undefined && canShare()) {
      // A name of Web Locks must not begin with a hyphen: the address never does.
      this.#join(`${settings.url.href} ${settings.share}`);
    } else void this.#connect();
  }

  /** What the client is doing. */
  get state(): SSEClientState {
    return this.#state;
  }

  /** The last event id; '' before there was one. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Ends the stream for good; another tab takes over a shared one. Doing it again does nothing. */
  close(): void {
    this.#end('caller');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #join(name: string): void {
    const { watchdogMs } = this.#settings;
    this.#watch();
    // Short enough for a hidden page, whose timers a browser may run once a minute.
    this.#tabs = new Tabs(name, Math.min(watchdogMs / 3 || 25_000, 25_000), {
      onLead: () => void this.#connect(),
      onSaid: (said) => this.#follow(said),
      lastEventId: () => this.#lastEventId,
      welcome: (to) => ({
        say: 'leading',
        to,
        state: this.#state,
        lastEventId: this.#lastEventId,
        kept: [...this.#kept.values()],
      }),
    });
  }

  /** Handles a message of the leading tab. */
  #follow(said: TabMessage): void {
    this.#watch();
    if (said.say === 'leading') {
      for (const heard of said.kept) this.#take(heard);
      this.#lastEventId = said.lastEventId || this.#lastEventId;
      this.#become(said.state === 'open' ? 'following' : 'connecting');
    } else if (said.say === 'state') this.#become(said.state === 'open' ? 'following' : 'connecting');
    else if (said.say === 'awake') this.#lastEventId = said.lastEventId;
    else if (said.say === 'heard') this.#take(said.heard);
    else if (said.say === 'refused') this.#hooks.run('onRefused', this.#settings.onRefused, said.refusal);
    else if (said.say === 'gap') this.#hooks.run('onGap', this.#settings.onGap, said.missed);
    else if (said.say === 'over') this.#end(said.end);
  }

  async #connect(): Promise<void> {
    const controller = new AbortController();
    this.#attempt = controller;
    this.#become('connecting');
    this.#watch();
    const { signal } = controller;
    const place = placeIn(this.#settings.url, this.#lastEventId, this.#settings.resumeBy);
    if (place.isLost) this.#losePlace();
    const outcome = await attempt(this.#settings, place, this.#sink(signal), this.#hooks, signal);
    if (signal.aborted) return;
    if (outcome === 'broken') this.#pause();
    else if (outcome === 'ended') this.#endAll('ended');
    else this.#refuse(outcome, place.header !== undefined || this.#lastEventId !== '');
  }

  #sink(signal: AbortSignal): AttemptSink {
    const connection = `${this.#tabs?.id ?? ''} ${++this.#openings}`;
    return {
      onOpen: () => {
        this.#watch();
        this.#become('open');
      },
      onBytes: () => this.#watch(),
      onRetry: (ms) => {
        this.#retryMs = Math.min(ms, longestDelayMs);
      },
      onBlock: (block) => {
        // A piece of the stream may hold more when a hook closes the client.
        if (!signal.aborted) this.#receive(block, connection);
      },
    };
  }

  #receive({ event, data, id, channel, isTooLarge }: EventBlock, connection: string): void {
    this.#tries = 0;
    if (id !== undefined) this.#lastEventId = id;
    if (data !== undefined) {
      const message = { event, data, id: this.#lastEventId, ...(channel !== undefined && { channel }) };
      const heard: Heard = { message, hasId: id !== undefined && id !== '', connection };
      this.#tabs?.tell({ say: 'heard', heard });
      this.#take(heard);
      return;
    }
    this.#tabs?.tell({ say: 'awake', lastEventId: this.#lastEventId });
    if (isTooLarge) {
      this.#fail(
        'STREAM_EVENT_TOO_LARGE',
        `An event of more than ${this.#settings.maxEventBytes} bytes is left out.`,
        1,
      );
    }
  }

  #take(heard: Heard): void {
    const { events, keep, gapOf, onGap, onMessage } = this.#settings;
    const { message, hasId, connection } = heard;
    this.#lastEventId = message.id;
    if (hasId && this.#heard.isDouble(message, connection)) return;
    const name = this.#tabs && this.#hooks.run('keep', keep, message);
    if (name !== undefined) {
      this.#kept.delete(name);
      this.#kept.set(name, heard);
    }
    if (message.event !== 'message' && !events.includes(message.event)) return;
    const missed = this.#hooks.run('gapOf', gapOf, message);
    if (missed !== undefined && missed > 0) this.#hooks.run('onGap', onGap, missed);
    if (this.#state !== 'closed') this.#hooks.run('onMessage', onMessage, message);
  }

  /** Reports what is gone for good. */
  #fail(code: SSEClientErrorCode, message: string, missed: number | undefined): void {
    this.#hooks.report(code, new SSEClientError(code, message));
    this.#tabs?.tell({ say: 'gap', missed });
    this.#hooks.run('onGap', this.#settings.onGap, missed);
  }

  #losePlace(): void {
    const { length } = this.#lastEventId;
    this.#lastEventId = '';
    this.#fail(
      'STREAM_ID_NOT_SENT',
      `An id of ${length} characters is too long for a request: the stream begins again.`,
      undefined,
    );
  }

  #refuse(refusal: SSERefusal, hadPlace: boolean): void {
    // The head of the request is too long: it was not without the id.
    const isPlaceRefused = hadPlace && (refusal.status === 414 || refusal.status === 431);
    if (isPlaceRefused) this.#losePlace();
    const { error: _, ...told } = refusal;
    this.#tabs?.tell({ say: 'refused', refusal: told });
    const { onRefused, retryOn = isTriedAgain } = this.#settings;
    this.#hooks.run('onRefused', onRefused, refusal);
    const isTried = isPlaceRefused || (this.#hooks.run('retryOn', retryOn, refusal) ?? isTriedAgain(refusal));
    if (isTried) this.#pause(refusal.retryAfterMs);
    else this.#endAll('refused');
  }

  /** Feeds the watchdog. */
  #watch(): void {
    const { watchdogMs } = this.#settings;
    this.#stopTimer();
    if (this.#state === 'closed' || watchdogMs === 0 || watchdogMs === Number.POSITIVE_INFINITY) return;
    this.#stopTimer = after(watchdogMs, () => {
      if (this.#tabs?.isFollowing) this.#tabs.goAlone();
      else this.#pause();
    });
  }

  /** Waits, and tries again. */
  #pause(retryAfterMs?: number): void {
    if (this.#state === 'closed') return;
    const { minRetryMs: minMs, maxRetryMs: maxMs } = this.#settings;
    this.#attempt?.abort();
    this.#become('connecting');
    this.#stopTimer();
    const tries = this.#tries++;
    const ms = retryDelay({ minMs, maxMs, tries, retryMs: this.#retryMs, retryAfterMs });
    this.#stopTimer = after(Math.min(ms, longestDelayMs), () => void this.#connect());
  }

  /** Ends the stream for this tab and those that follow it. */
  #endAll(end: SSEClientEnd): void {
    this.#tabs?.tell({ say: 'over', end });
    this.#end(end);
  }

  #end(end: SSEClientEnd): void {
    if (this.#state === 'closed') return;
    this.#stopTimer();
    this.#attempt?.abort();
    this.#settings.signal?.removeEventListener('abort', this.#onAbort);
    this.#kept.clear();
    this.#become('closed', end);
    this.#tabs?.leave();
    this.#settle(end);
  }

  #become(state: SSEClientState, end?: SSEClientEnd): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    if (state !== 'closed') this.#tabs?.tell({ say: 'state', state });
    this.#hooks.run('onState', this.#settings.onState, state, ...(end === undefined ? [] : [end]));
  }
}

function unusedEventSource(): Error {
  return new Error('this option has no effect: the client reads the stream by fetch. Leave it out.');
}
