import { createHash } from 'node:crypto';
import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import { type AnyChapter, chapterOf } from './events/chapters.ts';
import type { Story } from './events/story.ts';
import { type DeliveredRepository, type RepositoryFields, readRepository } from './repository.ts';
import { count, plain, type Scalar, text, time } from './untrusted.ts';

/** What is known of a delivery beside its payload. */
export interface DeliveryContext {
  /** The delivery's id, `X-GitHub-Delivery`. */
  readonly deliveryId: string;
  /** When it was received: the time of happenings whose payload has none, and the latest time of any. */
  readonly receivedAt: EpochMs;
}

/**
 * Why a delivery is not heard: an event that GitHub does not document, an action that it does not document, no
 * repository to be heard in, or deliberately, as README's table of events says.
 */
export type IgnoredReason = 'unknown_event' | 'unknown_action' | 'no_repository' | 'not_heard';

/** A payload as an activity, with the key that every delivery of the same happening has; or why it is none. */
export type Reading =
  | { readonly heard: true; readonly activity: GitHubActivity; readonly happening: string }
  | { readonly heard: false; readonly reason: IgnoredReason };

/** What every payload has around its subject. Hooks of a repository, an organisation and an app differ in it. */
interface Envelope {
  readonly action?: unknown;
  readonly repository?: (RepositoryFields & { readonly language?: unknown; readonly html_url?: unknown }) | null;
  readonly sender?: { readonly id?: Scalar; readonly login?: unknown; readonly type?: unknown } | null;
}

const ENVELOPE = new Set(['repository', 'sender', 'organization', 'installation', 'enterprise']);
/** Clocks of two honest machines may differ by this much. */
const CLOCK_SKEW_MS = 600_000;

const ignored = (reason: IgnoredReason): Reading => ({ heard: false, reason });

const verbOf = (chapter: AnyChapter, action: string): string | null | undefined =>
  Object.hasOwn(chapter.actions, action) ? chapter.actions[action] : chapter.otherwise;

/**
 * Names what a payload speaks of: every leaf at its top, and of every object there what tells it from its like. Nothing
 * nested is walked, so its cost does not grow with the payload.
 */
const identityOf = (payload: object): Scalar[] =>
  Object.entries(payload as Readonly<Record<string, unknown>>)
    .filter(([key]) => !ENVELOPE.has(key))
    .slice(0, 40)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]): Scalar[] => {
      if (typeof value !== 'object' || value === null) return [key, value as Scalar];
      const { id, node_id, number, sha, name, login, updated_at } = value as Readonly<Record<string, Scalar>>;
      return [key, ...[id, node_id, number, sha, name, login, updated_at].filter((part) => typeof part !== 'object')];
    });

/** JSON keeps the parts apart whatever is in them; a part of megabytes is of no use in a key. */
const keyOf = (repositoryId: number, parts: readonly unknown[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        repositoryId,
        ...parts.map((part) =>
          typeof part === 'string' ? part.slice(0, 500) : typeof part === 'object' ? null : part,
        ),
      ]),
    )
    .digest('hex');

/** Keeps links on the host that the repository itself is on; others go to the repository. */
const linkOf = (url: unknown, repository: DeliveredRepository, home: unknown): string => {
  const parse = (value: unknown): URL | undefined => {
    const parsed = URL.parse(text(value).slice(0, 2000));
    return parsed?.protocol === 'https:' && !parsed.username && !parsed.password ? parsed : undefined;
  };
  const root = parse(home) ?? new URL(`https://github.com/${repository.repoId}`);
  const link = parse(url);
  return (link?.host === root.host ? link : root).href;
};

/** Reads a payload. @throws WebhookError `WEBHOOK_REPOSITORY_INVALID` */
export const readActivity = (event: string, payload: object, context: DeliveryContext): Reading => {
  const chapter = chapterOf(event);
  if (chapter === undefined) return ignored('unknown_event');
  const envelope: Envelope = payload;
  const repository = readRepository(envelope.repository);
  if (!repository) return ignored('no_repository');
  if (chapter === null) return ignored('not_heard');
  const action = text(envelope.action).slice(0, 100);
  const verb = verbOf(chapter, action);
  if (verb === undefined) return ignored('unknown_action');
  const story = verb === null ? undefined : chapter.tell(payload, verb);
  if (!story) return ignored('not_heard');
  return {
    heard: true,
    activity: toActivity(event, story.action ?? action, story, envelope, repository, context),
    happening: story.sameAs
      ? keyOf(repository.repositoryId, story.sameAs)
      : keyOf(repository.repositoryId, [event, envelope.sender?.id, ...identityOf(payload)]),
  };
};

const toActivity = (
  event: string,
  action: string,
  story: Story,
  { repository: fields, sender }: Envelope,
  repository: DeliveredRepository,
  { deliveryId, receivedAt }: DeliveryContext,
): GitHubActivity => {
  const actor = plain(sender?.login, 100) || 'ghost';
  const language = plain(fields?.language, 50);
  const at = time(story.at);
  return {
    deliveryId,
    event,
    ...(action && { action: plain(action, 100) }),
    repoId: repository.repoId,
    repositoryId: repository.repositoryId,
    isPrivate: repository.isPrivate,
    actor,
    isBot: sender?.type === 'Bot' || actor.endsWith('[bot]'),
    ...(language && { language }),
    commits: count(story.commits),
    files: count(story.files),
    additions: count(story.additions),
    deletions: count(story.deletions),
    ...(story.outcome && { outcome: story.outcome }),
    ...(story.forced && { forced: true }),
    title: plain(story.title, 200),
    url: linkOf(story.url, repository, fields?.html_url),
    occurredAt: at === undefined || at > receivedAt + CLOCK_SKEW_MS ? receivedAt : at,
  };
};

/**
 * Turns a webhook's payload into an activity: what happened, by whom, how large, how it ended. Answers nothing for
 * deliveries that are not heard: events and actions that GitHub does not document, events without a repository, builds
 * that have not ended, settings. Believes no type in the payload: odd values count as absent.
 * Cost: microseconds, plus one pass over the files that a push lists.
 * @throws WebhookError `WEBHOOK_REPOSITORY_INVALID` when the repository's name or numeric id is not one that GitHub allows
 */
export const normalizeActivity = (
  event: string,
  payload: unknown,
  context: DeliveryContext,
): GitHubActivity | undefined => {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const reading = readActivity(event, payload, context);
  return reading.heard ? reading.activity : undefined;
};
