import { type Mix, readMix, wholeMix, withoutMix, writeMix } from './mix.ts';
import { remember, remembered } from './storage.ts';

/**
 * Keeps the mix of this device. A mix in the address goes before it, and a change goes into both: a link that brings a mix
 * takes nothing from the listener who only opens it.
 */
export class MixStore {
  #mix: Mix;
  #isInAddress: boolean;

  constructor() {
    const shared = readMix(inAddress());
    this.#isInAddress = shared !== undefined;
    this.#mix = shared ?? readMix(new URLSearchParams(remembered('mix') ?? '')) ?? wholeMix;
  }

  get mix(): Mix {
    return this.#mix;
  }

  set mix(mix: Mix) {
    this.#mix = mix;
    remember('mix', writeMix(mix).toString());
    if (this.#isInAddress) history.replaceState(null, '', this.link);
  }

  /** The address of this page with the mix. */
  get link(): string {
    const query = withoutMix(inAddress());
    for (const [word, value] of writeMix(this.#mix)) query.set(word, value);
    const { origin, pathname, search } = location;
    return `${origin}${pathname}${search}${query.size > 0 ? `#${query}` : ''}`;
  }

  /** Takes the mix out of the address: it may name people of a room that is closed to this listener now. */
  leaveAddress(): void {
    this.#isInAddress = false;
    const { pathname, search } = location;
    history.replaceState(null, '', `${pathname}${search}`);
  }
}

function inAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
