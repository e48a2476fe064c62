import type { EpochMs } from '@bnc/contracts';
import { agentOf } from '../agents.ts';
import { isRepoId } from '../repository.ts';
import { isObject, items, type Listed, type Scalar, text, time, whole } from '../untrusted.ts';

/** An event in the form of a webhook's delivery: sign the payload and post it where deliveries are received. */
export interface SourceDelivery {
  /** The event, as `X-GitHub-Event` spells it. */
  readonly event: string;
  /** The id for `X-GitHub-Delivery`: the same event always has the same id. */
  readonly deliveryId: string;
  /** When it happened. */
  readonly occurredAt: EpochMs;
  /** The payload, as far as the Events API has what a webhook has. */
  readonly payload: object;
}

/** One entry of the Events API, unchecked. */
export interface RepositoryEvent {
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

/** `PullRequestReviewEvent` → `pull_request_review`. */
function eventName(type: string): string {
  return type
    .replace(/Event$/, '')
    .replaceAll(/(?<=.)(?=[A-Z])/g, '_')
    .toLowerCase();
}

/** Returns the id of an entry: GitHub documents a number and sends a text. */
export function idOf({ id }: RepositoryEvent): string {
  return text(id) || String(whole(id) ?? '');
}

/** Returns the web address of the forge from the address of its API; empty when it does not follow from that. */
export function webUrlOf(apiUrl: string): string {
  const url = URL.parse(apiUrl);
  const [, host] = /^api\.(github\.com|.+\.ghe\.com)$/.exec(url?.hostname ?? '') ?? [];
  if (host !== undefined) return `https://${host}`;
  return url?.pathname.endsWith('/api/v3') ? `${url.origin}${url.pathname.slice(0, -'/api/v3'.length)}` : '';
}

/**
 * Returns the commits of a push: GitHub lists at most 20 of them. Since October 2025, github.com sends neither the
 * commits nor their number: a push then counts as one commit.
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

/** Turns an entry into a delivery; undefined for one that names no repository or has no id. */
export function toDelivery(entry: RepositoryEvent, webUrl: string): SourceDelivery | undefined {
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
  const context = { deliveryId: `events-api-${id}`, occurredAt: time(created_at) ?? Date.now() };
  // The Events API reports a new repository in the form of a new branch.
  if (event === 'create' && payload.ref_type === 'repository') {
    return { ...context, event: 'repository', payload: { action: 'created', ...envelope } };
  }
  return { ...context, event, payload: { ...toWebhook(event, payload, home), ...envelope } };
}
