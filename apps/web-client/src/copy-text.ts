import { pressable } from './element.ts';

/** Makes a button that copies a text, and says whether it has. */
export function copyButton(name: string, textOf: () => string): HTMLButtonElement {
  const button = pressable(name, () => {
    copyText(textOf()).then(
      () => {
        button.textContent = 'Copied';
      },
      () => {
        button.textContent = 'Could not be copied';
      },
    );
  });
  return button;
}

/**
 * Copies a text. Over plain http browsers have no clipboard: there the text is selected and copied as by hand.
 * @throws {Error} when the browser copies nothing
 */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement('textarea');
  box.value = text;
  box.className = 'unseen';
  // What is outside of an open dialog cannot be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(box);
  const focused = document.activeElement;
  box.select();
  const isCopied = document.execCommand('copy');
  box.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!isCopied) throw new Error('This browser did not copy the text.');
}
