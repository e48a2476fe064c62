import { setTimeout as wait } from 'node:timers/promises';
import type { GitHubActivity } from '@bnc/contracts';
import { agentOf } from '../agents.ts';
import { WebhookError } from '../errors.ts';
import { normalizeActivity } from '../normalize-activity.ts';
import { isRepoId } from '../repository.ts';
import { isObject, items, type Listed, type Scalar, text, time, whole } from '../untrusted.ts';

/** Settings of {@link pollRepositoryEvents}. */
export interface RepositoryEventsOptions {
  /** A token of GitHub: allows 5,000 requests an hour. Default: none, which allows 60, or one poll a minute. */
  readonly token?: string;
  /**
   * Address of the API, such as `https://forge.example.com/api/v3`. Default `https://api.github.com`. Activities link
   * to the forge that the API belongs to.
   */
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
  readonly payload?: EventPayload;
}

interface EventPayload {
  readonly action?: Scalar;
  readonly before?: Scalar;
  readonly head?: Scalar;
  readonly size?: Scalar;
  readonly distinct_size?: Scalar;
  readonly commits?: Listed<{ readonly message?: Scalar; readonly distinct?: Scalar }>;
  readonly ref_type?: Scalar;
  readonly number?: Scalar;
  readonly pull_request?: { readonly number?: Scalar };
}

const pollSeconds = 60;
const maxWaitSeconds = 3600;
const maxFailures = 5;
/** A webhook lists this many commits of a push. */
const maxCommits = 2048;

/** Events whose webhook has no action. The Events API gives some of them one, such as `forked`. */
const withoutAction = new Set(['create', 'delete', 'fork', 'gollum', 'public', 'push']);

/** Events for which the Events API has one action only; older entries leave it out. */
const onlyAction = new Map([
  ['commit_comment', 'created'],
  ['discussion', 'created'],
  ['issue_comment', 'created'],
  ['member', 'added'],
  ['pull_request_review', 'created'],
  ['pull_request_review_comment', 'created'],
  ['release', 'published'],
  ['watch', 'started'],
]);

const shaPattern = /^[0-9a-f]{40,64}$/;

/**
 * Polls GitHub's Events API for a public repository and yields its events, oldest first, each event once. Use it for a
 * repository that you cannot add a webhook to. Events arrive minutes late, unlike those of a webhook.
 *
 * Begins with the events that GitHub still lists, up to 100. Sends the last ETag, because an unchanged list does not
 * count towards the rate limit. Polls no more often than `X-Poll-Interval` allows, and waits while the rate limit is
 * used up.
 * @throws {TypeError} when `repoId` is not `owner/repo`
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when the repository does not exist or is not public, GitHub refuses
 * the token, or five requests in a row fail
 * @see https://docs.github.com/rest/activity/events
 */
export async function* pollRepositoryEvents(
  repoId: string,
  { token, apiUrl = 'https://api.github.com', signal }: RepositoryEventsOptions = {},
): AsyncGenerator<GitHubActivity> {
  if (!isRepoId(repoId)) {
    throw new TypeError(`repoId must be owner/repo; it is ${JSON.stringify(repoId).slice(0, 80)}.`);
  }
  const root = apiUrl.replace(/\/+$/, '');
  const webUrl = webUrlOf(root);
  let etag: string | null = null;
  let seen = new Set<string>();
  let failures = 0;
  for (;;) {
    if (signal?.aborted) return;
    let seconds = pollSeconds;
    try {
      const response: Response = await fetch(`${root}/repos/${repoId}/events?per_page=100`, {
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
        etag = response.headers.get('etag');
        const events = (Array.isArray(listed) ? (listed as (RepositoryEvent | null)[]) : []).filter(
          (event) => event !== null,
        );
        const fresh = events.filter((event) => !seen.has(idOf(event))).toReversed();
        seen = new Set(events.map(idOf));
        for (const event of fresh) {
          const activity = toActivity(event, webUrl);
          if (activity) yield activity;
        }
      } else {
        await response.body?.cancel();
      }
      if (status === 401 || status === 404) {
        throw new WebhookError(
          'WEBHOOK_SOURCE_FAILED',
          `GitHub responded ${status} to a request for the events of ${repoId}. Check that the repository is public, and the token.`,
        );
      }
      if (status >= 500) throw new Error(`GitHub responded ${status}.`);
      const interval = Number(response.headers.get('x-poll-interval'));
      if (status === 403 || status === 429) seconds = restOf(response);
      else if (interval > 0) seconds = Math.min(interval, maxWaitSeconds);
      failures = 0;
    } catch (cause) {
      if (cause instanceof WebhookError) throw cause;
      if (signal?.aborted) return;
      failures++;
      if (failures === maxFailures) {
        throw new WebhookError('WEBHOOK_SOURCE_FAILED', `${maxFailures} requests for the events of ${repoId} failed.`, {
          cause,
        });
      }
    }
    await wait(seconds * 1000, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

/** `PullRequestReviewEvent` → `pull_request_review`. */
function eventName(type: string): string {
  return type
    .replace(/Event$/, '')
    .replaceAll(/(?<=.)(?=[A-Z])/g, '_')
    .toLowerCase();
}

/** Returns the id of an entry: GitHub documents a number and sends a text. */
function idOf({ id }: RepositoryEvent): string {
  return text(id) || String(whole(id) ?? '');
}

/** Returns the web address of the forge from the address of its API; empty when it does not follow from that. */
function webUrlOf(apiUrl: string): string {
  const url = URL.parse(apiUrl);
  const [, host] = /^api\.(github\.com|.+\.ghe\.com)$/.exec(url?.hostname ?? '') ?? [];
  if (host !== undefined) return `https://${host}`;
  return url?.pathname.endsWith('/api/v3') ? `${url.origin}${url.pathname.slice(0, -'/api/v3'.length)}` : '';
}

/**
 * Returns the commits of a push. At most 20 are listed. Since October 2025 github.com sends neither the commits nor
 * their number: a push then counts as one commit.
 */
function commitsOf({ commits, size, distinct_size }: EventPayload): readonly object[] {
  const listed = items(commits).map((commit) => commit ?? {});
  const amount = Math.min(whole(size) ?? (listed.length || 1), maxCommits);
  const fresh = (whole(distinct_size) ?? amount) - listed.filter(({ distinct }) => distinct !== false).length;
  const unlisted = Array.from({ length: Math.max(amount - listed.length, 0) }, (_, at) => ({ distinct: at < fresh }));
  return [...unlisted, ...listed];
}

/**
 * Turns a payload of the Events API into a payload as webhooks have it.
 * @param home The page of the repository
 * @see https://docs.github.com/rest/using-the-rest-api/github-event-types
 */
function toWebhook(event: string, payload: EventPayload, home: string): object {
  const { before, head, pull_request: pull } = payload;
  const action = withoutAction.has(event) ? undefined : text(payload.action) || onlyAction.get(event);
  if (event === 'push') {
    const commits = commitsOf(payload);
    return {
      ...payload,
      action,
      after: head,
      commits,
      head_commit: { message: items(payload.commits).at(-1)?.message },
      // The branch moved without new commits: back to an earlier one.
      ...(commits.length === 0 && { forced: true }),
      ...(shaPattern.test(text(before)) &&
        shaPattern.test(text(head)) && { compare: `${home}/compare/${before}...${head}` }),
    };
  }
  if (event === 'pull_request') {
    const isMerged = action === 'merged';
    const number = whole(pull?.number) ?? whole(payload.number);
    return {
      ...payload,
      action: isMerged ? 'closed' : action,
      pull_request: {
        ...(number !== undefined && { html_url: `${home}/pull/${number}` }),
        ...(isObject(pull) && pull),
        ...(isMerged && { merged: true }),
      },
    };
  }
  if (event === 'pull_request_review') {
    return { ...payload, action: action === 'created' ? 'submitted' : action === 'updated' ? 'edited' : action };
  }
  return { ...payload, action };
}

function toActivity(entry: RepositoryEvent, webUrl: string): GitHubActivity | undefined {
  const { type, actor, repo, created_at } = entry;
  const payload = isObject(entry.payload) ? entry.payload : {};
  const event = eventName(text(type));
  const name = text(repo?.name);
  const login = text(actor?.login);
  const id = idOf(entry);
  if (!isRepoId(name) || !whole(repo?.id) || !id) return undefined;
  const home = webUrl && `${webUrl}/${name}`;
  const envelope = {
    repository: {
      id: repo?.id,
      full_name: name,
      private: entry.public !== true,
      html_url: home,
      pushed_at: created_at,
      updated_at: created_at,
    },
    sender: { id: actor?.id, login, type: agentOf(login) ? 'Bot' : 'User' },
  };
  const context = { deliveryId: `events-api-${id}`, receivedAt: time(created_at) ?? Date.now() };
  // The Events API reports a new repository in the form of a new branch.
  if (event === 'create' && payload.ref_type === 'repository') {
    return normalizeActivity('repository', { action: 'created', ...envelope }, context);
  }
  return normalizeActivity(event, { ...toWebhook(event, payload, home), ...envelope }, context);
}

/** Returns how many seconds to wait after GitHub has refused a request. */
function restOf({ headers }: Response): number {
  const after = Number(headers.get('retry-after'));
  const reset = Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000;
  const seconds = after > 0 ? after : headers.get('x-ratelimit-remaining') === '0' && reset > 0 ? reset : pollSeconds;
  return Math.min(seconds, maxWaitSeconds);
}
