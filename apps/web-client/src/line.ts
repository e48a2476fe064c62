import { askServer } from './clock.ts';
import type { LineState } from './rooms-stream.ts';
import type { PageFacts } from './state-word.ts';

/** Time in ms that a stream has to open before the page checks why it does not. */
const patienceMs = 5000;

/** Time in ms between two such checks, and for the server to respond. */
const lookMs = 5000;

/** Knows the state of the connection, and why nothing comes: the line is dead, or a proxy holds the stream back. */
export class Line {
  #state: PageFacts['connection'] = 'connecting';
  #reason = '';
  /** Why the room was closed while this page listened; '' while it is open. */
  #closed = '';
  #hasBeenLive = false;
  #since = performance.now();
  #lookedAt = 0;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get state(): PageFacts['connection'] {
    return this.#state;
  }

  /** Why the room is closed to this listener; '' otherwise. */
  get reason(): string {
    return this.#reason;
  }

  /** Takes the greeting of the server. */
  greet(): void {
    this.#closed = '';
    this.#hasBeenLive = true;
    this.#become('live');
  }

  /** Takes why the server has closed a room to this browser: if it is this page's room, it is refused from now on. */
  closeDoor(why: string): void {
    this.#closed = why;
  }

  /** Takes what the connection says about itself. */
  take({ name, reason = '' }: LineState): void {
    if (name === 'refused' || name === 'ended') {
      this.#become(this.#closed ? 'private' : 'refused', this.#closed || reason);
    } else if (name === 'connecting' && this.#state === 'live') this.#become('lost');
  }

  /** Checks why nothing comes; call it about once a second. */
  async tick(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    if (!['connecting', 'lost', 'deaf'].includes(this.#state)) return;
    if (now - this.#since < patienceMs || now - this.#lookedAt < lookMs) return;
    this.#lookedAt = now;
    const isThere = await askServer(AbortSignal.any([signal, AbortSignal.timeout(lookMs)])).then(
      () => true,
      () => false,
    );
    if (!['connecting', 'lost', 'deaf'].includes(this.#state) || signal.aborted) return;
    this.#become(isThere ? 'deaf' : this.#hasBeenLive ? 'lost' : 'connecting');
  }

  #become(state: PageFacts['connection'], reason = ''): void {
    if (this.#state === state && this.#reason === reason) return;
    if (state === 'live' || this.#state === 'live') this.#since = performance.now();
    this.#state = state;
    this.#reason = reason;
    this.#onChange();
  }
}
