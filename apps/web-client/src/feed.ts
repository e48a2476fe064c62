import type { Tell } from '@bnc/contracts';
import type { ServerClock } from './clock.ts';
import type { Phrase } from './phrase.ts';

/** Earlier phrases kept on the page. */
const maxEarlier = 30;

/** Shows what happened: the newest phrase with its reasons, and earlier phrases below. */
export class Feed {
  readonly #now: HTMLElement;
  readonly #quiet: HTMLElement;
  readonly #earlier: HTMLElement;
  #latest: Phrase | undefined;

  readonly #clock: ServerClock;

  constructor(now: HTMLElement, quiet: HTMLElement, earlier: HTMLElement, clock: ServerClock) {
    this.#clock = clock;
    this.#now = now;
    this.#quiet = quiet;
    this.#earlier = earlier;
    setInterval(() => this.#showSilence(), 10_000);
  }

  /** Shows a phrase as the newest one. */
  show(phrase: Phrase): void {
    if (this.#latest) {
      const article = element('article', '');
      fill(article, this.#latest);
      this.#earlier.prepend(element('li', '', article));
      while (this.#earlier.childElementCount > maxEarlier) this.#earlier.lastElementChild?.remove();
    }
    this.#latest = phrase;
    this.#now.hidden = false;
    fill(this.#now, phrase);
    this.#showSilence();
  }

  /** Forgets everything that it shows, for a listener who may not see it any more. */
  clear(sentence: string): void {
    this.#latest = undefined;
    this.#now.hidden = true;
    this.#now.replaceChildren();
    this.#earlier.replaceChildren();
    this.say(sentence);
  }

  /** Shows a sentence to the listener, such as an error of the server. */
  say(sentence: string): void {
    this.#quiet.textContent = sentence;
  }

  #showSilence(): void {
    if (!this.#latest) return;
    const minutes = Math.floor((this.#clock.now() - this.#latest.startAt) / 60_000);
    this.#quiet.textContent = minutes < 1 ? 'Now' : `Listening, quiet for ${minutes} min`;
  }
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function isWebLink(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function linked(title: string, url: string): HTMLAnchorElement {
  const link = element('a', '', title);
  if (!isWebLink(url)) return link;
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
}

/** Names the repository of a line, in a room of several. */
function placeOf(tell: Tell | undefined): string {
  return tell?.repoId === undefined ? '' : ` in ${tell.repoId}`;
}

function tellLine(tell: Tell): HTMLLIElement {
  return element('li', '', linked(tell.title, tell.url), ' ', element('span', 'by', `${tell.actor}${placeOf(tell)}`));
}

function fill(article: HTMLElement, phrase: Phrase): void {
  const { activity, tells = [], reasons, speaksFor, startAt } = phrase;
  const time = element('time', '', new Date(startAt).toLocaleTimeString());
  time.dateTime = new Date(startAt).toISOString();
  // Older servers name one happening and count the others.
  const others = tells.length === 0 && speaksFor > 1 ? ` and ${speaksFor - 1} more` : '';
  article.dataset.emotion = activity.emotion;
  article.replaceChildren(
    element('h3', '', linked(activity.title, activity.url)),
    element(
      'p',
      'who',
      `${activity.actor}${others}${placeOf(tells[0])} · ${activity.event.replaceAll('_', ' ')} · `,
      time,
    ),
    ...(tells.length > 1 ? [element('ul', 'tells', ...tells.slice(1).map(tellLine))] : []),
    element(
      'ul',
      'reasons',
      ...reasons.map(({ because, therefore }) => element('li', '', `${because} → `, element('b', '', therefore))),
    ),
  );
}
