import { element } from './element.ts';
import { byId } from './page.ts';
import { remember, remembered } from './storage.ts';

/** A key and what it does. */
export interface Key {
  /** As `KeyboardEvent.key` names it, in lower case; a space is `space`. */
  readonly key: string;
  /** What it does, for the list. */
  readonly does: string;
  run(): void;
}

/** Elements that take keys themselves. */
const takers = 'input:not([type="checkbox"], [type="radio"]), select, textarea, [contenteditable]';

/**
 * Single keys that work wherever the focus is, and the sheet that lists them. They can be switched off: a person who dictates, or
 * whose hand slips, would press them by accident.
 */
export class Keys {
  readonly #keys = new Map<string, Key>();
  readonly #sheet = byId('keys', HTMLDialogElement);
  readonly #switch = element('input', '');

  constructor(keys: readonly Key[]) {
    const list: Key = { key: 'h', does: 'show these keys', run: () => this.#open() };
    for (const key of [...keys, list]) this.#keys.set(key.key, key);
    this.#switch.type = 'checkbox';
    this.#switch.checked = remembered('keys') !== 'off';
    this.#switch.addEventListener('change', () => remember('keys', this.#switch.checked ? 'on' : 'off'));
    byId('open-keys', HTMLButtonElement).addEventListener('click', () => this.#open());
    document.addEventListener('keydown', (event) => this.#take(event));
  }

  #take(event: KeyboardEvent): void {
    const { target, altKey, ctrlKey, metaKey, repeat } = event;
    if (altKey || ctrlKey || metaKey || event.defaultPrevented || !(target instanceof Element)) return;
    if (!this.#switch.checked || document.querySelector('dialog[open]') || target.closest(takers)) return;
    const name = event.key === ' ' ? 'space' : event.key.toLowerCase();
    // A button that has the focus is pressed by the space bar itself.
    if (name === 'space' && target.closest('button, a[href], summary, input')) return;
    const key = this.#keys.get(name);
    if (!key || repeat) return;
    event.preventDefault();
    key.run();
  }

  #open(): void {
    const rows = [...this.#keys.values()].map(({ key, does }) =>
      element('div', '', element('dt', '', element('kbd', '', nameOf(key))), element('dd', '', does)),
    );
    const label = element('label', 'check', this.#switch, ' Use these keys');
    this.#sheet.replaceChildren(
      headOf(this.#sheet, 'Keys'),
      element('dl', 'key-list', ...rows),
      element('p', '', label),
    );
    this.#sheet.showModal();
  }
}

/** The head of a sheet: its name, and a button that closes it. */
export function headOf(sheet: HTMLDialogElement, name: string): HTMLElement {
  const close = element('button', 'close', 'Close');
  close.type = 'button';
  close.addEventListener('click', () => sheet.close());
  return element('header', 'sheet-head', element('h2', '', name), close);
}

function nameOf(key: string): string {
  return key === 'space' ? 'Space' : key.toUpperCase();
}
