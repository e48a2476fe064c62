import type { Reason, Tell } from '@bnc/contracts';
import type { ServerClock } from './clock.ts';
import { element, webLink } from './element.ts';
import type { Phrase } from './phrase.ts';
import { emotionWords, sentenceOf, wordsOf } from './words.ts';

/** Earlier phrases kept on the page. */
const maxEarlier = 30;

/** Says what happened: the newest phrase as a headline with its reasons, and earlier phrases in a list. */
export class Feed {
  readonly #now: HTMLElement;
  readonly #quiet: HTMLElement;
  readonly #earlier: HTMLElement;
  readonly #clock: ServerClock;
  #latest: Phrase | undefined;

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
      this.#earlier.prepend(element('li', '', entryOf(this.#latest)));
      while (this.#earlier.childElementCount > maxEarlier) this.#earlier.lastElementChild?.remove();
    }
    this.#latest = phrase;
    this.#now.hidden = false;
    this.#now.dataset.emotion = phrase.activity.emotion;
    this.#now.replaceChildren(...wholeOf(phrase));
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
    this.#quiet.textContent = minutes < 1 ? '' : `Quiet for ${minutes} min`;
  }
}

/** The headline of a phrase, one sentence of how it sounds, everything else that it speaks for, and why. */
function wholeOf(phrase: Phrase): Node[] {
  const { activity, tells = [], reasons, startAt, speaksFor } = phrase;
  const told = tells[0] ?? activity;
  const others = tells.length === 0 && speaksFor > 1 ? [`and ${speaksFor - 1} more`] : [];
  const sentence = sentenceOf(phrase);
  return [
    element('h2', '', webLink(told.url, ...headlineNodes(told))),
    element('p', 'why', element('b', '', emotionWords[activity.emotion]), ...(sentence ? [' · ', sentence] : [])),
    ...(tells.length > 1 ? [element('ul', 'tells', ...tells.slice(1).map(lineOf))] : []),
    element(
      'div',
      'more',
      element('span', 'facts', ...withDots([...factsOf(told, others), timeOf(startAt)])),
      element('details', '', element('summary', '', 'Why?'), tableOf(reasons)),
    ),
  ];
}

/** A phrase in the list of earlier ones. */
function entryOf({ activity, tells = [], startAt }: Phrase): HTMLElement {
  const told = tells[0] ?? activity;
  const entry = element(
    'article',
    '',
    element('h3', '', webLink(told.url, ...headlineNodes(told))),
    element('p', '', ...withDots([...factsOf(told, []), timeOf(startAt)])),
    ...(tells.length > 1 ? [element('ul', 'tells', ...tells.slice(1).map(lineOf))] : []),
  );
  entry.dataset.emotion = activity.emotion;
  return entry;
}

/** A headline whose names cannot change the direction of the text around them. */
export function headlineNodes(told: Pick<Tell, 'title' | 'actor'>): (Node | string)[] {
  const { actor, did, name } = wordsOf(told);
  return [
    ...(actor ? [element('bdi', '', actor), ' '] : []),
    ...(name ? [did, ' “', element('bdi', '', name), '”'] : [element('bdi', '', did)]),
  ];
}

function factsOf(told: Pick<Tell, 'title' | 'actor' | 'repoId'>, others: readonly string[]): (Node | string)[] {
  const { actor, about } = wordsOf(told);
  return [
    ...(actor ? [] : [element('bdi', '', told.actor)]),
    ...(about ? [element('bdi', '', about)] : []),
    ...others,
    ...(told.repoId === undefined ? [] : [element('bdi', '', told.repoId)]),
  ];
}

function withDots(parts: readonly (Node | string)[]): (Node | string)[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [' · ', part]));
}

function lineOf(tell: Tell): HTMLLIElement {
  return element('li', '', webLink(tell.url, ...headlineNodes(tell)));
}

function timeOf(at: number): HTMLTimeElement {
  const time = element('time', '', new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  time.dateTime = new Date(at).toISOString();
  return time;
}

function tableOf(reasons: readonly Reason[]): HTMLTableElement {
  const rows = reasons.map(({ because, therefore }) => {
    const fact = element('th', '', element('bdi', '', because));
    fact.scope = 'row';
    return element('tr', '', fact, element('td', '', element('bdi', '', therefore)));
  });
  return element('table', 'reasons', element('tbody', '', ...rows));
}
