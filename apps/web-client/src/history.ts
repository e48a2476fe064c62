import type { EpochMs } from '@bnc/contracts';
import { type KnownPhrase, knownOf, type Phrase } from './phrase.ts';
import { serverUrl } from './server-url.ts';
import { maxPhrases, type Timeline } from './timeline.ts';

/** Phrases that come with their scores at first: what the window shows. */
const firstPhrases = 8;

/** Phrases in each of the next responses: with scores, and without. */
const scoredPhrases = 32;
const plainPhrases = 100;

/** Most responses without scores that are read at once: enough to fill the page. */
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
  /** Cursor of the phrases before all that are known; undefined if there are none. */
  #next: string | undefined;
  #hasBegun = false;
  #reading: Promise<void> | undefined;

  constructor(room: string, timeline: Timeline, signal: AbortSignal) {
    this.#room = room;
    this.#timeline = timeline;
    this.#signal = signal;
  }

  /**
   * Reads the newest phrases with their scores, and others without them: back to `since`, or, when called again, to
   * what was known before. Returns the first response.
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

  /** Reads phrases before all that are known. */
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

  /** Finds a phrase with its score, in what is known or at the server; undefined if there is none. */
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

/** Returns the URL of a room at the server. */
export function pathOf(room: string): string {
  return serverUrl(`repos/${room.split('/').map(encodeURIComponent).join('/')}`);
}

async function read(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`GET ${new URL(response.url).pathname} returned ${response.status}.`);
  return response.json();
}

/** When the oldest phrase of a response began; infinity if none of them has sounded. */
function oldestOf({ phrases }: HistoryPage): EpochMs {
  return Math.min(...phrases.map(({ startAt = Number.POSITIVE_INFINITY }) => startAt));
}

/** Returns a phrase that has sounded, or will; nothing for one that nobody was there to hear. */
function heard({ startAt, ...phrase }: KeptPhrase): KnownPhrase[] {
  return startAt === undefined ? [] : [knownOf({ ...phrase, startAt })];
}
