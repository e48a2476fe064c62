import { element } from './element.ts';
import { byId } from './page.ts';
import { headOf } from './sheet.ts';
import { remember, remembered } from './storage.ts';

/** A key and what it does. */
export interface Key {
  /** As `KeyboardEvent.key` names it, in lower case; the space bar is `space`. */
  readonly key: string;
  /** What it does, for the list. */
  readonly does: string;
  run(): void;
}

/** Elements that take keys themselves. */
const takers = 'input:not([type="checkbox"], [type="radio"], [type="range"]), select, textarea, [contenteditable]';

/**
 * Lets single keys work wherever the focus is, and lists them in a sheet. They can be switched off there: a person who
 * dictates, or whose hand slips, would press them by accident.
 * @param mayPress - whether there is anything to press now
 */
export function bindKeys(keys: readonly Key[], mayPress: () => boolean): void {
  const sheet = byId('keys', HTMLDialogElement);
  const isOn = element('input', '');
  isOn.type = 'checkbox';
  isOn.checked = remembered('keys') !== 'off';
  isOn.addEventListener('change', () => remember('keys', isOn.checked ? 'on' : 'off'));
  const show = (): void => sheet.showModal();
  const all = new Map([...keys, { key: 'h', does: 'show these keys', run: show }].map((one) => [one.key, one]));
  sheet.replaceChildren(
    headOf(sheet, 'Keys'),
    element('dl', 'key-list', ...[...all.values()].map(lineOf)),
    element('p', '', element('label', 'check', isOn, ' Use these keys')),
  );
  byId('open-keys', HTMLButtonElement).addEventListener('click', show);
  document.addEventListener('keydown', (event) => {
    const key = isOn.checked ? all.get(nameOf(event) ?? '') : undefined;
    if (!key || !mayPress() || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    key.run();
  });
}

/** Names the key of an event; undefined if it is meant for something else. */
function nameOf({
  key,
  target,
  altKey,
  ctrlKey,
  metaKey,
  repeat,
  defaultPrevented,
}: KeyboardEvent): string | undefined {
  if (altKey || ctrlKey || metaKey || repeat || defaultPrevented || !(target instanceof Element)) return undefined;
  if (target.closest(takers)) return undefined;
  if (key !== ' ') return key.toLowerCase();
  // What has the focus is pressed by the space bar itself.
  return target.closest('button, a[href], summary, input:not([type="range"])') ? undefined : 'space';
}

function lineOf({ key, does }: Key): HTMLElement {
  const name = key === 'space' ? 'Space' : key.toUpperCase();
  return element('div', '', element('dt', '', element('kbd', '', name)), element('dd', '', does));
}
