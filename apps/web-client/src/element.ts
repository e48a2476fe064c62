/** Makes an element with a class and children; a text becomes a text node, never HTML. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Makes a link to another site; without an address if `url` is not an http URL. */
export function webLink(url: string, ...children: (Node | string)[]): HTMLAnchorElement {
  const link = element('a', '', ...children);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return link;
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
}

/** Makes a button; its text is what it does. */
export function pressable(text: string, onPress: () => void): HTMLButtonElement {
  const button = element('button', '', text);
  button.type = 'button';
  button.addEventListener('click', onPress);
  return button;
}
