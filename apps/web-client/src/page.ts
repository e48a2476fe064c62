import type { Line } from './line.ts';
import { type StateName, stateWords } from './state-word.ts';
import type { Volume } from './volume.ts';

/** What a listener can do about a state, or what it means. */
const hints: Readonly<Partial<Record<StateName, string>>> = {
  press: 'Press Play to hear the room.',
  elsewhere: 'This browser plays in another tab. Press Play to hear it here.',
  'no-loudspeaker': 'The sound device does not work. Connect a loudspeaker or headphones.',
  lost: 'The server cannot be reached. The page tries again by itself.',
  deaf: 'The server can be reached, but its stream does not come through: a proxy may hold it back.',
  muted: 'Press Mute, or move the volume, to hear the room.',
};

/** What a listener presses. */
export interface PageActions {
  /** Play, or Stop. */
  onPlay(): void;
  /** The volume or its mute was changed. */
  onVolume(): void;
  /** What sounds under the phrases was switched on or off. */
  onBed(isOn: boolean): void;
  /** The timing of this device was changed, in ms. */
  onTrim(ms: number): void;
}

/** What a listener has chosen on this device. */
export interface PageChoices {
  readonly trimMs: number;
  readonly hasBed: boolean;
}

/** The controls of the page, and its one word for what one hears. */
export class Page {
  readonly #state = byId('connection', HTMLParagraphElement);
  readonly #hint = byId('hint', HTMLParagraphElement);
  readonly #play = byId('play', HTMLButtonElement);
  readonly #volume = byId('volume', HTMLInputElement);
  readonly #mute = byId('mute', HTMLButtonElement);
  readonly #bed = byId('bed', HTMLButtonElement);
  readonly #timing = byId('timing', HTMLOutputElement);
  readonly #trim = byId('trim', HTMLInputElement);

  constructor(volume: Volume, { trimMs, hasBed }: PageChoices, { onPlay, onVolume, onBed, onTrim }: PageActions) {
    this.#play.addEventListener('click', onPlay);
    this.#volume.addEventListener('input', () => {
      volume.set(this.#volume.valueAsNumber);
      onVolume();
    });
    this.#mute.addEventListener('click', () => {
      volume.mute(!volume.isMuted);
      onVolume();
    });
    this.#bed.setAttribute('aria-pressed', String(hasBed));
    this.#bed.addEventListener('click', () => {
      const isOn = this.#bed.getAttribute('aria-pressed') !== 'true';
      this.#bed.setAttribute('aria-pressed', String(isOn));
      onBed(isOn);
    });
    this.#trim.valueAsNumber = trimMs;
    this.#trim.addEventListener('change', () => onTrim(this.#trim.valueAsNumber || 0));
  }

  /** Shows what one hears; returns false when that is shown already. */
  showState(state: StateName, line: Line, wantsSound: boolean): boolean {
    write(this.#play, wantsSound ? 'Stop' : 'Play');
    write(this.#hint, hints[state] ?? (wantsSound ? 'Leave this page open.' : ''));
    if (this.#state.dataset.line !== line.state) this.#state.dataset.line = line.state;
    if (this.#state.dataset.state === state) return false;
    this.#state.dataset.state = state;
    this.#state.textContent = stateWords[state];
    return true;
  }

  showVolume({ percent, isMuted }: Volume): void {
    this.#volume.valueAsNumber = percent;
    this.#mute.setAttribute('aria-pressed', String(isMuted));
  }

  /** Shows how far this page may be off, in ms. */
  showTiming(errorMs: number): void {
    // To the millisecond it would change every second.
    const rounded = errorMs < 10 ? Math.max(1, Math.round(errorMs)) : Math.round(errorMs / 5) * 5;
    write(this.#timing, Number.isFinite(errorMs) ? `in time ± ${rounded} ms` : 'not known');
  }
}

/** Writes a text where it is another one: a page that writes each second never rests. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Finds an element of the page. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no #${id}.`);
  return found;
}
