import type { EpochMs } from '@bnc/contracts';
import { type KnownPhrase, knownOf, type Phrase } from './phrase.ts';
import { serverUrl } from './server-url.ts';
import type { Timeline } from './timeline.ts';

/** Phrases that come with their scores at first: what the window shows. */
const firstPhrases = 8;

/** Phrases of a response that follows: with scores, and without. */
const scoredPhrases = 32;
const plainPhrases = 100;

/** Responses without scores that are read for the strip of a day. */
const dayPages = 10;

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
  #next: string | undefined;
  #isAtEnd = false;
  #reading: Promise<void> | undefined;

  constructor(room: string, timeline: Timeline, signal: AbortSignal) {
    this.#room = room;
    this.#timeline = timeline;
    this.#signal = signal;
  }

  /** Reads the newest phrases with their scores, and the day back to `since` without them; returns the first response. */
  async begin(since: EpochMs): Promise<HistoryPage> {
    const first = await this.#read({ limit: firstPhrases, withScores: true });
    this.#take(first);
    for (let page = 0; page < dayPages && !this.#isAtEnd && this.#oldest >= since; page++) {
      this.#take(await this.#read({ limit: plainPhrases, withScores: false, before: this.#next }));
    }
    return first;
  }

  /** Reads what was before all that is known. */
  more(): Promise<void> {
    if (this.#isAtEnd || this.#next === undefined) return Promise.resolve();
    this.#reading ??= this.#read({ limit: scoredPhrases, withScores: true, before: this.#next })
      .then((page) => this.#take(page))
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
    if (response.status === 404) return known;
    this.#timeline.add(...heard((await read(response)) as KeptPhrase));
    return this.#timeline.find(phraseId);
  }

  get #oldest(): EpochMs {
    return this.#timeline.phrases[0]?.startAt ?? Number.NEGATIVE_INFINITY;
  }

  #take({ phrases, next }: HistoryPage): void {
    this.#next = next;
    this.#isAtEnd = next === undefined;
    this.#timeline.add(...phrases.flatMap(heard));
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
    return (await read(await this.#fetch(`/history?${query}`))) as HistoryPage;
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

/** A phrase that has sounded, or will; none for one that nobody was to hear. */
function heard({ startAt, ...phrase }: KeptPhrase): KnownPhrase[] {
  return startAt === undefined ? [] : [knownOf({ ...phrase, startAt })];
}
