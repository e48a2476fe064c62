import { element, pressable } from './element.ts';

/** Makes the head of a sheet: its name, and a button that closes it. */
export function headOf(sheet: HTMLDialogElement, name: string): HTMLElement {
  const close = pressable('Close', () => sheet.close());
  close.className = 'close';
  return element('header', 'sheet-head', element('h2', '', name), close);
}
