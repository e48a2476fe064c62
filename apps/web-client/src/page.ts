import type { Line } from './line.ts';
import { type StateName, stateWords } from './state-word.ts';
import type { Volume } from './volume.ts';

/** What a listener can do about a state, or what it means. */
const hints: Readonly<Partial<Record<StateName, string>>> = {
  elsewhere: 'This browser plays in another tab. Press Play to hear it here.',
  'no-loudspeaker': 'The sound device is not working. Connect a loudspeaker or headphones.',
  lost: 'The server cannot be reached. The page tries again by itself.',
  deaf: 'The server can be reached, but its stream does not come through: a proxy may hold it back.',
  resting: 'Move the volume or press Mute to hear the room before tomorrow.',
};

/** The controls of the page, and its one word for what the listener hears. */
export class Page {
  readonly #state = byId('connection', HTMLParagraphElement);
  readonly #hint = byId('hint', HTMLParagraphElement);
  readonly #play = byId('play', HTMLButtonElement);
  readonly #volume = byId('volume', HTMLInputElement);
  readonly #mute = byId('mute', HTMLButtonElement);
  readonly #presence = byId('presence', HTMLElement);
  /** What there is to press in an open room, and in a closed one. */
  readonly #open = [byId('controls', HTMLElement), byId('open-keys', HTMLElement)];
  readonly #shut = byId('elsewhere', HTMLElement);

  /** @param onPlay - called when Play, or Stop, is pressed */
  constructor(volume: Volume, onPlay: () => void) {
    this.#play.addEventListener('click', onPlay);
    this.#volume.addEventListener('input', () => volume.set(this.#volume.valueAsNumber));
    this.#mute.addEventListener('click', () => volume.mute(!volume.isMuted));
  }

  /** Whether the room is closed to this listener: nothing that concerns it can be pressed then. */
  get isShut(): boolean {
    return !this.#shut.hidden;
  }

  /** Shows what the listener hears; returns false when that is shown already. */
  showState(state: StateName, line: Line, wantsSound: boolean): boolean {
    write(this.#play, wantsSound ? 'Stop' : 'Play');
    const asks = hints[state];
    write(this.#hint, asks ?? (wantsSound ? 'Leave this page open.' : ''));
    this.#hint.toggleAttribute('data-asks', asks !== undefined);
    const isShut = state === 'refused' || state === 'private';
    // Set again to what it is, an attribute would have the browser lay out the page.
    for (const part of this.#open) part.toggleAttribute('hidden', isShut);
    this.#shut.toggleAttribute('hidden', !isShut);
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

  /** Shows how many others hear the room, and how far this page may be off, in ms; nothing without a room. */
  showPresence(present?: { readonly listeners: number | undefined; readonly errorMs: number }): void {
    write(this.#presence, present ? presenceWords(present.listeners, present.errorMs) : '');
  }
}

/** Says how many others hear the room, such as `in time with 4 others, ± 6 ms`. */
export function presenceWords(listeners: number | undefined, errorMs: number): string {
  const others = (listeners ?? 1) - 1;
  const company = others === 0 ? '' : ` with ${others} ${others === 1 ? 'other' : 'others'}`;
  if (!Number.isFinite(errorMs)) return others === 0 ? '' : `listening${company}`;
  // To the millisecond it would change every second.
  const step = errorMs < 10 ? 2 : 5;
  const rounded = Math.max(step, Math.round(errorMs / step) * step);
  return `in time${company}, ± ${rounded} ms`;
}

/** Writes a text if it differs: a page that writes each second never rests. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Finds an element of the page. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no #${id}.`);
  return found;
}
