import { element } from './element.ts';
import type { Key } from './keys.ts';
import { byId } from './page.ts';
import { serverUrl } from './server-url.ts';

/** What a newcomer can make happen in the demo room, in the order of the keys 1-6. */
const happenings = ['push', 'opened', 'merged', 'red', 'green', 'deploy'] as const;

/** Six things to try in the demo room: each press is a fresh delivery. */
export class Try {
  readonly #url: string;
  readonly #say: (sentence: string) => void;
  /** The keys that do the same. */
  readonly keys: readonly Key[];

  /** @param say - shows a sentence to the listener */
  constructor(room: string, say: (sentence: string) => void) {
    this.#url = serverUrl(`stream/${room}/try`);
    this.#say = say;
    const buttons = happenings.map((happening, index) => {
      const button = element('button', '', happening, element('kbd', '', String(index + 1)));
      button.type = 'button';
      button.setAttribute('aria-keyshortcuts', String(index + 1));
      button.addEventListener('click', () => void this.#let(happening));
      return button;
    });
    const box = byId('try', HTMLFieldSetElement);
    box.replaceChildren(element('span', 'try-label', 'Try:'), ...buttons);
    box.hidden = false;
    this.keys = happenings.map((happening, index) => ({
      key: String(index + 1),
      does: `try: ${happening}`,
      run: () => void this.#let(happening),
    }));
  }

  async #let(happening: string): Promise<void> {
    try {
      const response = await fetch(`${this.#url}/${happening}`, { method: 'POST' });
      if (response.ok) return;
      const { message } = (await response.json()) as { readonly message?: string };
      this.#say(message ?? `The server did not accept it (${response.status}).`);
    } catch {
      this.#say('The server cannot be reached.');
    }
  }
}
