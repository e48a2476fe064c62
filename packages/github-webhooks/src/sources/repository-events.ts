import { setTimeout as wait } from 'node:timers/promises';
import type { GitHubActivity } from '@bnc/contracts';
import { WebhookError } from '../errors.ts';
import { normalizeActivity } from '../normalize-activity.ts';
import { isRepoId } from '../repository.ts';
import { plain } from '../untrusted.ts';
import { idOf, type RepositoryEvent, type SourceDelivery, toDelivery, webUrlOf } from './event-payloads.ts';

/** Settings of {@link pollRepositoryEvents}. */
export interface RepositoryEventsOptions {
  /** A token of GitHub: allows 5,000 requests an hour. Default: none, which allows 60, or one poll a minute. */
  readonly token?: string;
  /**
   * Address of the API, such as `https://forge.example.com/api/v3`. Default `https://api.github.com`. Activities link
   * to the forge that the API belongs to.
   */
  readonly apiUrl?: string;
  /**
   * Most events of the first list, the newest ones. Default: all of them, up to 100. 0 begins with what happens next.
   */
  readonly newest?: number;
  /** Called with the reason when a request failed, and the milliseconds until the next one. Must not throw. */
  onRetry?(problem: string, waitMs: number): void;
  /** Ends the polling: the generator returns. */
  readonly signal?: AbortSignal;
}

const pollSeconds = 60;
const maxWaitSeconds = 3600;
const maxFailures = 5;
/** The API lists this many events, on pages of up to this size. */
const maxListed = 100;
/**
 * Polls GitHub's Events API for a public repository and yields its events, oldest first, each event once. Use it for a
 * repository that you cannot add a webhook to. Events arrive minutes late, unlike those of a webhook.
 *
 * Begins with the events that GitHub still lists, at most `newest`. Sends the last ETag: an unchanged list does not
 * count towards the rate limit. Polls no more often than `X-Poll-Interval` allows, and waits while the rate limit is
 * used up.
 * @throws {TypeError} when `repoId` is not `owner/repo`
 * @throws {RangeError} when `newest` is not a whole number of 0 to 100
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when the repository does not exist, is not public or is blocked,
 * GitHub refuses the token, or five requests in a row fail or are refused
 * @see https://docs.github.com/rest/activity/events
 */
export async function* pollRepositoryEvents(
  repoId: string,
  options: RepositoryEventsOptions = {},
): AsyncGenerator<GitHubActivity> {
  for await (const { event, deliveryId, occurredAt, payload } of pollRepositoryDeliveries(repoId, options)) {
    const activity = normalizeActivity(event, payload, { deliveryId, receivedAt: occurredAt });
    if (activity) yield activity;
  }
}

/**
 * Polls as {@link pollRepositoryEvents} does, and yields what a webhook would have sent, including events that this
 * package ignores.
 * @throws {TypeError} when `repoId` is not `owner/repo`
 * @throws {RangeError} when `newest` is not a whole number of 0 to 100
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` in the same cases
 */
export async function* pollRepositoryDeliveries(
  repoId: string,
  { token, apiUrl = 'https://api.github.com', newest, onRetry, signal }: RepositoryEventsOptions = {},
): AsyncGenerator<SourceDelivery> {
  if (!isRepoId(repoId)) {
    throw new TypeError(`repoId must be owner/repo; it is ${JSON.stringify(repoId).slice(0, 80)}.`);
  }
  if (newest !== undefined && !(Number.isInteger(newest) && newest >= 0 && newest <= maxListed)) {
    throw new RangeError(`newest must be a whole number of 0 to ${maxListed}; it is ${newest}.`);
  }
  const root = apiUrl.replace(/\/+$/, '');
  const webUrl = webUrlOf(root);
  let etag: string | null = null;
  let seen: Set<string> | undefined;
  let failures = 0;
  let problem = '';
  const fail = (reason: string, cause?: unknown): void => {
    failures++;
    problem = reason;
    if (failures < maxFailures) return;
    throw new WebhookError(
      'WEBHOOK_SOURCE_FAILED',
      `${maxFailures} requests in a row for the events of ${repoId} failed: ${reason}`,
      { cause },
    );
  };
  for (;;) {
    if (signal?.aborted) return;
    let seconds = pollSeconds;
    let events: readonly RepositoryEvent[] | undefined;
    try {
      const response: Response = await fetch(`${root}/repos/${repoId}/events?per_page=${maxListed}`, {
        headers: {
          accept: 'application/vnd.github+json',
          'user-agent': 'bots-n-cats',
          ...(etag && { 'if-none-match': etag }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
        signal: AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(30_000)]),
      });
      const { status } = response;
      if (status === 200) {
        const listed: unknown = await response.json();
        if (!Array.isArray(listed)) throw new Error('the response is not a list of events.');
        events = (listed as (RepositoryEvent | null)[]).filter((event) => event !== null);
        etag = response.headers.get('etag');
      } else if (status !== 304) {
        const reason = reasonOf(await response.text());
        if (status === 403 || status === 429) {
          fail(`GitHub responded ${status}${reason}. A token allows more requests, if it may read this repository.`);
          seconds = restOf(response);
        } else if (status >= 500 || status === 408) {
          fail(`GitHub responded ${status}${reason}.`);
        } else {
          throw new WebhookError(
            'WEBHOOK_SOURCE_FAILED',
            `GitHub responded ${status} to a request for the events of ${repoId}${reason}. Check the name, that the repository is public, and the token.`,
          );
        }
      }
      if (status === 200 || status === 304) {
        failures = 0;
        problem = '';
        const interval = Number(response.headers.get('x-poll-interval'));
        if (interval > 0) seconds = Math.min(interval, maxWaitSeconds);
      }
    } catch (cause) {
      if (cause instanceof WebhookError) throw cause;
      if (signal?.aborted) return;
      fail(reasonOfFailure(cause), cause);
    }
    if (events) {
      const before = seen;
      seen = new Set(events.map(idOf));
      const fresh = before ? events.filter((event) => !before.has(idOf(event))) : events.slice(0, newest);
      for (const event of fresh.toReversed()) {
        const delivery = toDelivery(event, webUrl);
        if (delivery) yield delivery;
      }
    }
    if (problem !== '') onRetry?.(problem, seconds * 1000);
    await wait(seconds * 1000, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

/** Returns how many seconds to wait after GitHub has refused a request. */
function restOf({ headers }: Response): number {
  const after = Number(headers.get('retry-after'));
  const reset = Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000;
  const seconds = after > 0 ? after : headers.get('x-ratelimit-remaining') === '0' && reset > 0 ? reset : pollSeconds;
  return Math.min(seconds, maxWaitSeconds);
}

/** Returns what GitHub says about a refusal, for a message: it sends JSON with a sentence. */
function reasonOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    const words = plain(message, 120).replace(/\.$/, '');
    return words && ` (${words})`;
  } catch {
    return '';
  }
}

/** Returns why a request failed: the cause of a `fetch` says more than its error. */
function reasonOfFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return plain(cause instanceof Error ? cause.message : String(cause), 200);
}
