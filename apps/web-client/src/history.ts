import type { EpochMs } from '@bnc/contracts';
import { type KnownPhrase, knownOf, type Phrase } from './phrase.ts';
import { serverUrl } from './server-url.ts';
import { maxPhrases, type Timeline } from './timeline.ts';

/** Phrases that come with their scores at first: what the window shows. */
const firstPhrases = 8;

/** Phrases of a response that follows: with scores, and without. */
const scoredPhrases = 32;
const plainPhrases = 100;

/** Responses without scores that are read at once, at most: more phrases than the page keeps. */
const maxPages = maxPhrases / plainPhrases;

/** A phrase as `GET /repos/:room/history` has it; one that has never sounded has no `startAt`. */
interface KeptPhrase extends Omit<Phrase, 'buffer' | 'startAt' | 'phraseId'> {
  readonly phraseId: string;
  readonly startAt?: EpochMs;
  readonly buffer?: Phrase['buffer'];
}

/** What `GET /repos/:room/history` returns. */
export interface HistoryPage {
  readonly hasWebhook: boolean;
  readonly lastHeardAt?: EpochMs;
  readonly phrases: readonly KeptPhrase[];
  readonly next?: string;
}

/** Brings what the server has kept of a room into the timeline, from the newest back. */
export class History {
  readonly #room: string;
  readonly #timeline: Timeline;
  readonly #signal: AbortSignal;
  /** Where what is before all that is known begins; undefined for nothing. */
  #next: string | undefined;
  #hasBegun = false;
  #reading: Promise<void> | undefined;

  constructor(room: string, timeline: Timeline, signal: AbortSignal) {
    this.#room = room;
    this.#timeline = timeline;
    this.#signal = signal;
  }

  /**
   * Reads the newest phrases with their scores, and others without them: back to `since`, or to what was known before where
   * it is called again. Returns the first response.
   */
  async begin(since: EpochMs): Promise<HistoryPage> {
    const known = this.#hasBegun ? this.#timeline.newest?.startAt : undefined;
    const first = await this.#read({ limit: firstPhrases, withScores: true });
    let page = first;
    for (let count = 0; count < maxPages && page.next !== undefined && oldestOf(page) > (known ?? since); count++) {
      page = await this.#read({ limit: plainPhrases, withScores: false, before: page.next });
    }
    this.#hasBegun = true;
    // What is before the known phrases is asked for from where that ended.
    if (known === undefined || oldestOf(page) > known) this.#next = page.next;
    return first;
  }

  /** Reads what was before all that is known. */
  more(): Promise<void> {
    if (this.#next === undefined || this.#timeline.isFull) return Promise.resolve();
    this.#reading ??= this.#read({ limit: scoredPhrases, withScores: true, before: this.#next })
      .then(({ next }) => {
        this.#next = next;
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  /** Finds a phrase with its score, in what is known or at the server; undefined where there is none. */
  async find(phraseId: string): Promise<KnownPhrase | undefined> {
    const known = this.#timeline.find(phraseId);
    if (known?.buffer) return known;
    const response = await this.#fetch(`/phrases/${encodeURIComponent(phraseId)}?format=score`);
    // No such phrase, or nothing that could be one.
    if (response.status >= 400 && response.status < 500) return known;
    this.#timeline.add(...heard((await read(response)) as KeptPhrase));
    return this.#timeline.find(phraseId);
  }

  async #read({
    limit,
    withScores,
    before,
  }: {
    readonly limit: number;
    readonly withScores: boolean;
    readonly before?: string | undefined;
  }): Promise<HistoryPage> {
    const query = new URLSearchParams({ limit: String(limit), scores: withScores ? 'on' : 'off' });
    if (before !== undefined) query.set('before', before);
    const page = (await read(await this.#fetch(`/history?${query}`))) as HistoryPage;
    this.#timeline.add(...page.phrases.flatMap(heard));
    return page;
  }

  #fetch(path: string): Promise<Response> {
    return fetch(`${pathOf(this.#room)}${path}`, { signal: this.#signal });
  }
}

/** Where the server has a room. */
export function pathOf(room: string): string {
  return serverUrl(`repos/${room.split('/').map(encodeURIComponent).join('/')}`);
}

async function read(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`GET ${new URL(response.url).pathname} returned ${response.status}.`);
  return response.json();
}

/** When the oldest phrase of a response began; infinity where none of them has sounded. */
function oldestOf({ phrases }: HistoryPage): EpochMs {
  return Math.min(...phrases.map(({ startAt = Number.POSITIVE_INFINITY }) => startAt));
}

/** A phrase that has sounded, or will; none for one that nobody was to hear. */
function heard({ startAt, ...phrase }: KeptPhrase): KnownPhrase[] {
  return startAt === undefined ? [] : [knownOf({ ...phrase, startAt })];
}
