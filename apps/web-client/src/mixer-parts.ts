import { element, pressable } from './element.ts';

/** A part of a sheet, under its name. */
export function section(name: string, ...children: HTMLElement[]): HTMLElement {
  return element('section', '', element('h3', '', name), ...children);
}

/** A button that is on or off. */
export function toggle(text: string, isOn: boolean, onChange: (isOn: boolean) => void): HTMLButtonElement {
  const button = pressable(text, () => {
    const now = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(now));
    onChange(now);
  });
  button.setAttribute('aria-pressed', String(isOn));
  return button;
}

/** One of a few, side by side. */
export function radios(
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
  onChange: (value: string) => void,
  what = '',
): HTMLElement {
  const group = element('span', 'radios');
  for (const [value, text] of options) {
    const radio = element('input', '');
    Object.assign(radio, { type: 'radio', name, value, checked: value === chosen });
    radio.addEventListener('change', () => onChange(value));
    group.append(element('label', '', radio, element('span', '', text)));
  }
  const legend = element('legend', '', label, ...(what ? [element('small', '', what)] : []));
  return element('fieldset', 'row', legend, group);
}
