import type { Reason } from '@bnc/contracts';
import type { ServerClock } from './clock.ts';
import { EarlierList } from './earlier-list.ts';
import { element, webLink } from './element.ts';
import type { KnownPhrase } from './phrase.ts';
import type { Timeline } from './timeline.ts';
import { factsOf, headlineNodes, lineOf } from './told-nodes.ts';
import { emotionWords, sentenceOf } from './words.ts';

/** Shortest time in ms that a sentence to the listener stays. */
const sentenceMs = 10_000;

/** What the feed works with. */
export interface FeedOptions {
  readonly now: HTMLElement;
  readonly quiet: HTMLElement;
  readonly earlier: HTMLElement;
  readonly timeline: Timeline;
  readonly clock: ServerClock;
  /** Makes the controls of a phrase, such as a button to hear it again. */
  actionsOf(phrase: KnownPhrase): readonly Node[];
  /** Makes links to a phrase. */
  linksOf(phrase: KnownPhrase): readonly Node[];
}

/** Says what happened: one phrase as a headline with its reasons, and the others in a list. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #earlier: EarlierList;
  #chosen: KnownPhrase | undefined;
  #shown: KnownPhrase | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When a sentence was shown, in ms of `performance.now()`. */
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#earlier = new EarlierList(options.earlier, options.actionsOf);
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
    const { quiet } = this.#options;
    this.#saidAt = performance.now();
    quiet.textContent = sentence;
    quiet.dataset.said = 'true';
  }

  #renew(): void {
    clearTimeout(this.#timer);
    const { timeline, clock } = this.#options;
    const { phrases } = timeline;
    // The headline comes with the first sound, not with the message.
    const at = clock.now();
    const begun = phrases.findLastIndex(({ startAt }) => startAt <= at);
    const next = phrases[begun + 1];
    if (next) this.#timer = setTimeout(() => this.#renew(), Math.min(next.startAt - at, 60_000));
    const chosen = this.#chosen && timeline.find(this.#chosen.phraseId);
    this.#show(chosen ?? phrases[begun]);
    this.#earlier.show(phrases.slice(0, Math.max(0, begun)));
    this.#showSilence();
  }

  #show(phrase: KnownPhrase | undefined): void {
    const { now, linksOf } = this.#options;
    const former = this.#shown;
    this.#shown = phrase;
    if (phrase?.phraseId === former?.phraseId) return;
    // Reasons that are open stay open for the next phrase, and what has the focus keeps it.
    const wasOpen = now.querySelector('details')?.open === true;
    const focused = now.contains(document.activeElement) ? document.activeElement : null;
    now.hidden = !phrase;
    if (phrase) now.dataset.emotion = phrase.activity.emotion;
    now.replaceChildren(...(phrase ? wholeOf(phrase, linksOf(phrase)) : []));
    const details = now.querySelector('details');
    if (details) details.open = wasOpen;
    const same = focused?.localName === 'a' && !focused.closest('details') ? 'h2 a' : 'summary';
    if (focused) now.querySelector<HTMLElement>(same)?.focus({ preventScroll: true });
  }

  #showSilence(): void {
    const { timeline, clock, quiet } = this.#options;
    const { newest } = timeline;
    if (!newest || performance.now() - this.#saidAt < sentenceMs) return;
    const minutes = Math.floor((clock.now() - newest.endsAt) / 60_000);
    delete quiet.dataset.said;
    quiet.textContent =
      minutes < 1 ? '' : `Quiet for ${minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`}`;
  }
}

/** The headline of a phrase, a sentence about how it sounds, everything else that it speaks for, and why. */
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

/** A box for what may be wider than the page; it scrolls by keyboard too. */
function scrollable(name: string, ...content: Node[]): HTMLElement {
  const box = element('div', 'table', ...content);
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', name);
  return box;
}

function tableOf(reasons: readonly Reason[]): HTMLTableElement {
  const rows = reasons.map(({ because, therefore }) => {
    const fact = element('th', '', element('bdi', '', because));
    fact.scope = 'row';
    return element('tr', '', fact, element('td', '', element('bdi', '', therefore)));
  });
  return element('table', 'reasons', element('tbody', '', ...rows));
}
