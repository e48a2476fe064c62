import { setTimeout as wait } from 'node:timers/promises';
import type { GitHubActivity } from '@bnc/contracts';
import { WebhookError } from './errors.ts';
import { normalizeActivity } from './normalize-activity.ts';
import { isRepoId } from './repository.ts';
import { items, type Listed, type Scalar, text, time, whole } from './untrusted.ts';

/** Settings of {@link pollRepositoryEvents}. */
export interface RepositoryEventsOptions {
  /** A token: 5,000 requests an hour in place of 60. Without one, a repository is asked once a minute at most. */
  readonly token?: string;
  /** Where the API is. Default `https://api.github.com`. */
  readonly apiUrl?: string;
  /** Ends the polling: the generator returns. */
  readonly signal?: AbortSignal;
}

/** One entry of the Events API, unchecked. */
interface RepositoryEvent {
  readonly id?: Scalar;
  readonly type?: Scalar;
  readonly public?: Scalar;
  readonly created_at?: Scalar;
  readonly actor?: { readonly id?: Scalar; readonly login?: Scalar };
  readonly repo?: { readonly id?: Scalar; readonly name?: Scalar };
  readonly payload?: {
    readonly action?: Scalar;
    readonly head?: Scalar;
    readonly size?: Scalar;
    readonly commits?: Listed<{ readonly message?: Scalar }>;
    readonly pull_request?: object;
  };
}

const POLL_S = 60;
const MAX_WAIT_S = 3600;
const MAX_FAILURES = 5;

/** `PullRequestReviewEvent` → `pull_request_review`. */
const eventName = (type: string): string =>
  type
    .replace(/Event$/, '')
    .replaceAll(/(?<=.)(?=[A-Z])/g, '_')
    .toLowerCase();

/** The Events API says some things in other words than webhooks do. */
const toWebhook = (event: string, payload: NonNullable<RepositoryEvent['payload']>): object => {
  const { action } = payload;
  if (event === 'push') {
    const commits = items(payload.commits);
    // Since 2025 it tells neither the commits nor how many: a push has one at least.
    const amount = commits.length || Math.min(whole(payload.size) ?? 1, 2048);
    return {
      ...payload,
      after: payload.head,
      commits: commits.length > 0 ? commits : Array.from({ length: amount }, () => ({})),
      head_commit: { message: commits.at(-1)?.message },
    };
  }
  if (event === 'pull_request' && action === 'merged') {
    return { ...payload, action: 'closed', pull_request: { ...payload.pull_request, merged: true } };
  }
  if (event === 'pull_request_review' && action === 'created') return { ...payload, action: 'submitted' };
  return payload;
};

const toActivity = ({ id, type, actor, repo, payload, ...entry }: RepositoryEvent): GitHubActivity | undefined => {
  const event = eventName(text(type));
  const name = text(repo?.name);
  const login = text(actor?.login);
  if (!isRepoId(name) || !whole(repo?.id)) return undefined;
  const envelope = {
    repository: {
      id: repo?.id,
      full_name: name,
      private: entry.public !== true,
      html_url: `https://github.com/${name}`,
      pushed_at: entry.created_at,
      updated_at: entry.created_at,
    },
    sender: { id: actor?.id, login, type: login.endsWith('[bot]') ? 'Bot' : 'User' },
  };
  return normalizeActivity(
    event,
    { ...toWebhook(event, payload ?? {}), ...envelope },
    { deliveryId: `events-api-${text(id)}`, receivedAt: time(entry.created_at) ?? Date.now() },
  );
};

/** Tells how long GitHub wants to be left alone when it refuses. */
const restOf = ({ headers }: Response): number => {
  const after = Number(headers.get('retry-after'));
  const reset = Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000;
  const seconds = after > 0 ? after : headers.get('x-ratelimit-remaining') === '0' && reset > 0 ? reset : POLL_S;
  return Math.min(seconds, MAX_WAIT_S);
};

/**
 * Polls GitHub's Events API for a public repository that one cannot hook, and yields what happened, oldest first, each
 * event once. Asks with the last ETag (an unchanged answer costs nothing of the rate limit), no more often than
 * `X-Poll-Interval` says, and rests while the rate limit is used up. Begins with what GitHub still lists, up to 100
 * events. It is minutes behind: a webhook is not.
 * @throws TypeError when `repoId` is not `owner/repo`
 * @throws WebhookError `WEBHOOK_SOURCE_FAILED` when there is no such public repository, the token is refused, or five
 * requests in a row fail
 * @see https://docs.github.com/rest/activity/events
 */
export async function* pollRepositoryEvents(
  repoId: string,
  { token, apiUrl = 'https://api.github.com', signal }: RepositoryEventsOptions = {},
): AsyncGenerator<GitHubActivity> {
  if (!isRepoId(repoId))
    throw new TypeError(`repoId must be owner/repo; it is ${JSON.stringify(repoId).slice(0, 80)}.`);
  let etag: string | null = null;
  let seen = new Set<string>();
  let failures = 0;
  for (;;) {
    if (signal?.aborted) return;
    let seconds = POLL_S;
    try {
      const response: Response = await fetch(`${apiUrl}/repos/${repoId}/events?per_page=100`, {
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
        etag = response.headers.get('etag');
        const listed: unknown = await response.json();
        const events = (Array.isArray(listed) ? (listed as (RepositoryEvent | null)[]) : []).filter(
          (event) => event !== null,
        );
        const fresh = events.filter((event) => !seen.has(text(event.id))).toReversed();
        seen = new Set(events.map((event) => text(event.id)));
        for (const event of fresh) {
          const activity = toActivity(event);
          if (activity) yield activity;
        }
      } else await response.body?.cancel();
      if (status === 401 || status === 404) {
        throw new WebhookError('WEBHOOK_SOURCE_FAILED', `GitHub answered ${status} for the events of ${repoId}.`);
      }
      if (status >= 500) throw new Error(`GitHub answered ${status}.`);
      const interval = Number(response.headers.get('x-poll-interval'));
      if (status === 403 || status === 429) seconds = restOf(response);
      else if (interval > 0) seconds = Math.min(interval, MAX_WAIT_S);
      failures = 0;
    } catch (cause) {
      if (cause instanceof WebhookError) throw cause;
      if (signal?.aborted) return;
      failures++;
      if (failures === MAX_FAILURES) {
        throw new WebhookError(
          'WEBHOOK_SOURCE_FAILED',
          `${MAX_FAILURES} requests for the events of ${repoId} failed.`,
          { cause },
        );
      }
    }
    await wait(seconds * 1000, undefined, signal ? { signal } : {}).catch(() => {});
  }
}
