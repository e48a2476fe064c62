import { type Mix, readMix, wholeMix, withoutMix, writeMix } from './mix.ts';
import { remember, remembered } from './storage.ts';

/** What an address can say besides the mix, and in which form. */
const words = {
  bed: /^(?:on|off)$/,
  volume: /^(?:100|\d{1,2})$/,
  trim: /^-?\d{1,3}$/,
} as const;

type Word = keyof typeof words;

/** The default volume, in percent. */
const usualVolume = 80;

/** Most ms by which the sound of a device can be moved, to either side. */
const maxTrimMs = 500;

/**
 * Keeps the mix of this device with its bed, volume and timing. What the address says takes precedence, and a change
 * goes into both: a listener who only opens a link with a mix loses nothing.
 */
export class MixStore {
  #mix: Mix;
  /** What the address says, by word. */
  readonly #said: Map<Word, string>;
  #isInAddress: boolean;

  constructor() {
    const address = inAddress();
    const shared = readMix(address);
    this.#said = new Map(
      namesOf(words).flatMap((word) => {
        const text = address.get(word) ?? '';
        return words[word].test(text) ? [[word, text] as const] : [];
      }),
    );
    this.#isInAddress = shared !== undefined || this.#said.size > 0;
    this.#mix = shared ?? readMix(new URLSearchParams(remembered('mix') ?? '')) ?? wholeMix;
  }

  get mix(): Mix {
    return this.#mix;
  }

  set mix(mix: Mix) {
    this.#mix = mix;
    remember('mix', writeMix(mix).toString());
    this.#writeAddress();
  }

  /** Whether the bed is heard. Default true. */
  get bed(): boolean {
    return this.#read('bed') !== 'off';
  }

  set bed(isOn: boolean) {
    this.#keep('bed', isOn ? 'on' : 'off');
  }

  /** The volume, 0-100. Default 80. */
  get volume(): number {
    return Number(this.#read('volume') ?? usualVolume);
  }

  set volume(percent: number) {
    this.#keep('volume', String(percent));
  }

  /**
   * By how many ms this device sounds later, -500 to 500. Never part of a copied link, as it belongs to a loudspeaker.
   */
  get trimMs(): number {
    return Math.min(maxTrimMs, Math.max(-maxTrimMs, Number(this.#read('trim') ?? 0)));
  }

  set trimMs(ms: number) {
    this.#keep('trim', String(Math.round(ms)));
  }

  /** The address of this page with the mix, the bed and the volume, to be shared. */
  get link(): string {
    return this.#addressWith([
      ['bed', this.bed ? 'on' : 'off'],
      ['volume', String(this.volume)],
    ]);
  }

  /** Whether the address brings another mix than this one: a link was opened in the tab of the room that it is for. */
  get isOutdated(): boolean {
    const there = new MixStore();
    return there.#isInAddress && `${there.link} ${there.trimMs}` !== `${this.link} ${this.trimMs}`;
  }

  /** Takes the mix out of the address: it may name people of a room that is closed to this listener now. */
  leaveAddress(): void {
    this.#isInAddress = false;
    const { pathname, search } = location;
    history.replaceState(null, '', `${pathname}${search}`);
  }

  #read(word: Word): string | undefined {
    const kept = remembered(word) ?? '';
    return this.#said.get(word) ?? (words[word].test(kept) ? kept : undefined);
  }

  #keep(word: Word, text: string): void {
    if (this.#read(word) === text) return;
    remember(word, text);
    if (!this.#isInAddress) return;
    this.#said.set(word, text);
    this.#writeAddress();
  }

  #writeAddress(): void {
    if (this.#isInAddress) history.replaceState(null, '', this.#addressWith([...this.#said]));
  }

  #addressWith(said: readonly (readonly [Word, string])[]): string {
    const query = withoutMix(inAddress());
    for (const word of namesOf(words)) query.delete(word);
    for (const [word, value] of [...writeMix(this.#mix), ...said]) query.set(word, value);
    const { origin, pathname, search } = location;
    return `${origin}${pathname}${search}${query.size > 0 ? `#${query}` : ''}`;
  }
}

function namesOf<Name extends string>(record: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(record) as Name[];
}

function inAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
