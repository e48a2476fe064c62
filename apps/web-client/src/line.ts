import { askServer } from './clock.ts';
import type { LineState } from './rooms-stream.ts';
import type { PageFacts } from './state-word.ts';

/** Time in ms that a stream has to open before the page looks why it does not. */
const patienceMs = 5000;

/** Time in ms between two such looks, and that the server has to answer. */
const lookMs = 5000;

/** Knows how the connection is, and why nothing comes: a dead line is not a proxy that holds the stream back. */
export class Line {
  #state: PageFacts['connection'] = 'connecting';
  #reason = '';
  /** Why the room was closed while this page listened; '' as long as it was not. */
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

  /** The server has greeted this page. */
  greet(): void {
    this.#closed = '';
    this.#hasBeenLive = true;
    this.#become('live');
  }

  /** The server has closed a room of this browser to it: if it is this page's, it is refused from now on. */
  closeDoor(why: string): void {
    this.#closed = why;
  }

  /** Takes what the connection says of itself. */
  take({ name, reason = '' }: LineState): void {
    if (name === 'refused' || name === 'ended') {
      this.#become(this.#closed ? 'private' : 'refused', this.#closed || reason);
    } else if (name === 'connecting' && this.#state === 'live') this.#become('lost');
  }

  /** Looks why nothing comes; call it about once a second. */
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
