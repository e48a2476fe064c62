import { pressable } from './element.ts';
import { byId } from './page.ts';
import type { StateName } from './state-word.ts';

/** Phrases that a newcomer hears before the page asks for a repository of their own. */
const phrasesFirst = 3;

/** States in which a press starts to play: a press while the page connects counts. */
const beginnings: readonly StateName[] = ['press', 'connecting', 'asleep'];

/** Elements that have their own effect when pressed. */
const pressed = 'a, button, input, select, textarea, label, summary, dialog, [popover]';

/** The first minute: the page says what it is, a press anywhere starts to play, and later it asks for a repository. */
export class FirstMinute {
  readonly #invite = byId('invite', HTMLElement);
  readonly #own = byId('hear-your-own', HTMLElement);
  readonly #isDemo: boolean;
  #mayPress = false;
  #hasPlayed = false;
  #heard = 0;

  constructor({ isDemo, play, connect }: { readonly isDemo: boolean; play(): void; connect(): void }) {
    this.#isDemo = isDemo;
    const button = pressable('Hear your own repository', connect);
    button.className = 'quiet-button';
    this.#own.replaceChildren(button);
    document.addEventListener('click', ({ target }) => {
      if (this.#mayPress && target instanceof Element && !target.closest(pressed)) play();
    });
    document.addEventListener('keydown', ({ key, target }) => {
      const isPress = key === 'Enter' && target instanceof Element && !target.closest(pressed);
      if (this.#mayPress && isPress) play();
    });
  }

  /** Whether a press anywhere starts to play. */
  get mayPress(): boolean {
    return this.#mayPress;
  }

  /** Takes what the listener hears now. A press anywhere starts to play, unless the listener has pressed Stop. */
  showState(state: StateName, wantsSound: boolean): void {
    this.#hasPlayed ||= state === 'sounding' || state === 'quiet';
    this.#mayPress = beginnings.includes(state) && (wantsSound ? state === 'press' : !this.#hasPlayed);
    // A wall shows what happens; its state word says that a press begins.
    const { documentElement: root } = document;
    this.#invite.toggleAttribute('hidden', !this.#mayPress || root.classList.contains('kiosk'));
    root.toggleAttribute('data-press-anywhere', this.#mayPress);
  }

  /** Takes a phrase that sounds here. */
  hear(): void {
    if (!this.#isDemo || ++this.#heard < phrasesFirst) return;
    this.#own.hidden = false;
  }

  /** Says why the listener has to press again. */
  sayUpdated(): void {
    const [words, press] = this.#invite.childNodes;
    if (words) words.textContent = 'The page has been updated. ';
    if (press) press.textContent = 'Press anywhere to go on.';
  }
}
