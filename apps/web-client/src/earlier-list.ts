import { element, webLink } from './element.ts';
import type { KnownPhrase } from './phrase.ts';
import { factsOf, headlineNodes, lineOf } from './told-nodes.ts';

/** Most phrases in the list. */
const maxEarlier = 100;

/** What happened earlier, the newest first. A row that is there stays as it is: a listener may be about to press it. */
export class EarlierList {
  readonly #list: HTMLElement;
  readonly #actionsOf: (phrase: KnownPhrase) => readonly Node[];
  #rows = new Map<string, HTMLElement>();

  /** @param actionsOf - makes what is pressed for a phrase, such as a button to hear it again */
  constructor(list: HTMLElement, actionsOf: (phrase: KnownPhrase) => readonly Node[]) {
    this.#list = list;
    this.#actionsOf = actionsOf;
  }

  /** Lists the newest of these phrases, the oldest of which comes first. */
  show(phrases: readonly KnownPhrase[]): void {
    const former = this.#rows;
    const newest = phrases.slice(-maxEarlier).toReversed();
    this.#rows = new Map(newest.map((phrase) => [phrase.phraseId, former.get(phrase.phraseId) ?? this.#rowOf(phrase)]));
    for (const [phraseId, row] of former) if (!this.#rows.has(phraseId)) row.remove();
    let next = this.#list.firstElementChild;
    for (const row of this.#rows.values()) {
      // A row that is moved would lose the focus.
      if (row === next) next = next.nextElementSibling;
      else this.#list.insertBefore(row, next);
    }
  }

  #rowOf(phrase: KnownPhrase): HTMLElement {
    const { activity, tells = [] } = phrase;
    const told = tells[0] ?? activity;
    const entry = element(
      'article',
      '',
      element('h3', '', webLink(told.url, ...headlineNodes(told))),
      ...(tells.length > 1 ? [element('ul', 'tells', ...tells.slice(1).map(lineOf))] : []),
      element('p', 'more', element('span', 'facts', ...factsOf(phrase)), ...this.#actionsOf(phrase)),
    );
    entry.dataset.emotion = activity.emotion;
    return element('li', '', entry);
  }
}
