import type { Tell } from '@bnc/contracts';
import { element, webLink } from './element.ts';
import type { KnownPhrase } from './phrase.ts';
import { wordsOf } from './words.ts';

/** Makes a headline whose names cannot change the direction of the text around them. */
export function headlineNodes(told: Pick<Tell, 'title' | 'actor'>): (Node | string)[] {
  const { actor, did, name } = wordsOf(told);
  return [
    ...(actor ? [element('bdi', '', ...wholeWords(actor)), ' '] : []),
    ...(name ? [did, ' “', element('bdi', '', ...wholeWords(name)), '”'] : [element('bdi', '', ...wholeWords(did))]),
  ];
}

/** Characters of the longest word that is kept whole: longer words may break at their hyphens. */
const maxWhole = 16;

/** A text whose short words do not break at their hyphens, such as hi-hat. */
function wholeWords(text: string): (Node | string)[] {
  const isWhole = (word: string): boolean => word.length <= maxWhole && /.-./u.test(word);
  return text.split(/(\s+)/u).map((word) => (isWhole(word) ? element('span', 'whole', word) : word));
}

/** What the headline leaves out: who, what about, where and when. */
export function factsOf({ activity, tells = [], speaksFor, startAt }: KnownPhrase): (Node | string)[] {
  const told: Pick<Tell, 'title' | 'actor' | 'repoId'> = tells[0] ?? activity;
  const { actor, about } = wordsOf(told);
  const names = [actor ? '' : told.actor, about, told.repoId ?? ''].filter(Boolean);
  const facts = [
    ...names.map((name) => element('bdi', '', name)),
    // Servers of earlier versions name one happening and count the others.
    ...(tells.length === 0 && speaksFor > 1 ? [`and ${speaksFor - 1} more`] : []),
    timeOf(startAt),
  ];
  return facts.flatMap((fact, index) => (index === 0 ? [fact] : [' · ', fact]));
}

/** One of several happenings that a phrase speaks for. */
export function lineOf(tell: Tell): HTMLLIElement {
  return element('li', '', webLink(tell.url, ...headlineNodes(tell)));
}

function timeOf(at: number): HTMLTimeElement {
  const time = element('time', '', new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  time.dateTime = new Date(at).toISOString();
  return time;
}
