import type { Reason, Tell } from '@bnc/contracts';
import type { ServerClock } from './clock.ts';
import { element, webLink } from './element.ts';
import type { KnownPhrase } from './phrase.ts';
import type { Timeline } from './timeline.ts';
import { emotionWords, sentenceOf, wordsOf } from './words.ts';

/** Earlier phrases in the list. */
const maxEarlier = 100;

/** What the feed works with. */
export interface FeedOptions {
  readonly now: HTMLElement;
  readonly quiet: HTMLElement;
  readonly earlier: HTMLElement;
  readonly timeline: Timeline;
  readonly clock: ServerClock;
  /** Makes what is pressed for a phrase, such as a button to hear it again. */
  actionsOf(phrase: KnownPhrase): readonly Node[];
  /** Makes links to a phrase. */
  linksOf(phrase: KnownPhrase): readonly Node[];
}

/** Says what happened: one phrase as a headline with its reasons, and the others in a list. */
export class Feed {
  readonly #options: FeedOptions;
  #chosen: KnownPhrase | undefined;
  #shown: KnownPhrase | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    options.timeline.onChange(() => this.#renew());
    setInterval(() => this.#showSilence(), 10_000);
  }

  /** The phrase of the headline. */
  get shown(): KnownPhrase | undefined {
    return this.#shown;
  }

  /** Shows a phrase in the headline; undefined for the newest one that sounds. */
  choose(phrase: KnownPhrase | undefined): void {
    this.#chosen = phrase;
    this.#renew();
  }

  /** Opens or closes the reasons of the headline. */
  showWhy(): void {
    const details = this.#options.now.querySelector('details');
    if (!details) return;
    details.open = !details.open;
    if (details.open) details.querySelector('summary')?.focus();
  }

  /** Forgets everything that it shows, for a listener who may not see it any more. */
  clear(sentence: string): void {
    this.#chosen = undefined;
    this.#options.timeline.clear();
    this.say(sentence);
  }

  /** Shows a sentence to the listener, such as an error of the server. */
  say(sentence: string): void {
    this.#options.quiet.textContent = sentence;
  }

  #renew(): void {
    clearTimeout(this.#timer);
    const { timeline, clock, now, earlier } = this.#options;
    const { phrases } = timeline;
    // The headline comes with the first sound, not with the message.
    const at = clock.now();
    const begun = phrases.findLastIndex(({ startAt }) => startAt <= at);
    const next = phrases[begun + 1];
    if (next) this.#timer = setTimeout(() => this.#renew(), Math.min(next.startAt - at, 60_000));
    const chosen = this.#chosen && timeline.find(this.#chosen.phraseId);
    const shown = chosen ?? phrases[begun];
    if (shown !== this.#shown) {
      this.#shown = shown;
      now.hidden = !shown;
      if (shown) now.dataset.emotion = shown.activity.emotion;
      now.replaceChildren(...(shown ? wholeOf(shown, this.#options.linksOf(shown)) : []));
      const others = phrases.slice(0, Math.max(0, begun)).slice(-maxEarlier).toReversed();
      earlier.replaceChildren(...others.map((phrase) => element('li', '', entryOf(phrase, this.#options))));
    }
    this.#showSilence();
  }

  #showSilence(): void {
    const { timeline, clock, quiet } = this.#options;
    const { newest } = timeline;
    if (!newest) return;
    const minutes = Math.floor((clock.now() - newest.endsAt) / 60_000);
    quiet.textContent =
      minutes < 1 ? '' : `Quiet for ${minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`}`;
  }
}

/** The headline of a phrase, one sentence of how it sounds, everything else that it speaks for, and why. */
function wholeOf(phrase: KnownPhrase, links: readonly Node[]): Node[] {
  const { activity, tells = [], reasons } = phrase;
  const told = tells[0] ?? activity;
  const sentence = sentenceOf(phrase);
  return [
    element('h2', '', webLink(told.url, ...headlineNodes(told))),
    element('p', 'why', element('b', '', emotionWords[activity.emotion]), ...(sentence ? [' · ', sentence] : [])),
    ...(tells.length > 1 ? [element('ul', 'tells', ...tells.slice(1).map(lineOf))] : []),
    element(
      'div',
      'more',
      element('span', 'facts', ...factsOf(phrase)),
      element(
        'details',
        '',
        element('summary', '', 'Why?'),
        scrollable('Why', tableOf(reasons), element('p', 'more', ...links)),
      ),
    ),
  ];
}

/** What may be wider than the page, and scrolls by keyboard too. */
function scrollable(name: string, ...content: Node[]): HTMLElement {
  const box = element('div', 'table', ...content);
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', name);
  return box;
}

/** A phrase in the list of earlier ones. */
function entryOf(phrase: KnownPhrase, { actionsOf }: FeedOptions): HTMLElement {
  const { activity, tells = [] } = phrase;
  const told = tells[0] ?? activity;
  const entry = element(
    'article',
    '',
    element('h3', '', webLink(told.url, ...headlineNodes(told))),
    ...(tells.length > 1 ? [element('ul', 'tells', ...tells.slice(1).map(lineOf))] : []),
    element('p', 'more', element('span', 'facts', ...factsOf(phrase)), ...actionsOf(phrase)),
  );
  entry.dataset.emotion = activity.emotion;
  return entry;
}

/** A headline whose names cannot change the direction of the text around them. */
export function headlineNodes(told: Pick<Tell, 'title' | 'actor'>): (Node | string)[] {
  const { actor, did, name } = wordsOf(told);
  return [
    ...(actor ? [element('bdi', '', ...wholeWords(actor)), ' '] : []),
    ...(name ? [did, ' “', element('bdi', '', ...wholeWords(name)), '”'] : [element('bdi', '', ...wholeWords(did))]),
  ];
}

/** Letters of a word up to which it is kept whole: longer ones may break at their hyphens. */
const maxWhole = 16;

/** A text whose short words do not break at their hyphens, such as hi-hat. */
function wholeWords(text: string): (Node | string)[] {
  const isWhole = (word: string): boolean => word.length <= maxWhole && /.-./u.test(word);
  return text.split(/(\s+)/u).map((word) => (isWhole(word) ? element('span', 'whole', word) : word));
}

/** What the headline leaves out: who, what about, where and when. */
function factsOf({ activity, tells = [], speaksFor, startAt }: KnownPhrase): (Node | string)[] {
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
