import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { agentOf } from './agents.ts';
import { type AnyChapter, chapterOf } from './events/chapters.ts';
import type { Story } from './events/story.ts';
import { identify } from './identity.ts';
import { type DeliveredRepository, type RepositoryFields, readRepository } from './repository.ts';
import { type Account, isProgram } from './senders.ts';
import { count, isObject, plain, type Scalar, text, time } from './untrusted.ts';
import { verdictTitle } from './verdict-title.ts';

/** What is known about a delivery in addition to its payload. */
export interface DeliveryContext {
  /** The delivery's id, `X-GitHub-Delivery`. */
  readonly deliveryId: string;
  /** When it was received. An activity has this time when the payload has none, or one over 10 minutes later. */
  readonly receivedAt: EpochMs;
}

/**
 * Why a delivery is ignored: GitHub does not document the event (`unknown_event`) or the action (`unknown_action`), the
 * delivery is not about a repository (`no_repository`), or this package ignores it on purpose (`not_heard`);
 * docs/reported.md lists what that is.
 */
export type IgnoredReason = 'unknown_event' | 'unknown_action' | 'no_repository' | 'not_heard';

/** A payload read as a delivery that counts, or why it does not count. */
export type Reading =
  | { readonly counts: true; readonly delivery: GitHubDelivery }
  | { readonly counts: false; readonly reason: IgnoredReason };

/**
 * Fields that every payload has around its subject. They differ between hooks of a repository, organisation and app.
 */
interface Envelope {
  readonly action?: unknown;
  readonly repository?:
    | (RepositoryFields & {
        readonly language?: unknown;
        readonly html_url?: unknown;
        readonly default_branch?: unknown;
        readonly master_branch?: unknown;
      })
    | null;
  readonly sender?: (Account & { readonly id?: Scalar; readonly html_url?: Scalar }) | null;
  readonly pusher?: { readonly name?: unknown } | null;
}

/** GitHub's links are shorter than this; a longer one is replaced by the repository's page. */
const maxLink = 500;
/** Clocks of two honest machines may differ by this much. */
const clockSkewMs = 600_000;

/** A payload that counts, with the story that its chapter makes of it. */
interface Telling {
  readonly counts: true;
  readonly story: Story;
  readonly activity: GitHubActivity;
  readonly senderId: Scalar;
}

/**
 * Reads a payload as a delivery: what it reports alone, and what it counts towards.
 * @throws {WebhookError} `WEBHOOK_REPOSITORY_INVALID`
 */
export function readDelivery(event: string, payload: object, context: DeliveryContext, bodyId?: string): Reading {
  const telling = readStory(event, payload, context);
  if (!telling.counts) return telling;
  const { story, activity, senderId } = telling;
  const { build, protection, ties, isSilent } = story;
  const { repositoryId } = activity;
  const delivery: Writable<GitHubDelivery> = activity;
  delivery.same = identify(event, payload, story, { repositoryId, senderId });
  if (bodyId !== undefined) delivery.bodyId = bodyId;
  if (isSilent) delivery.isSilent = true;
  if (build) delivery.build = build;
  if (protection) delivery.protection = protection;
  if (ties) delivery.ties = ties;
  return { counts: true, delivery };
}

/** Lets an object change while it is made: a dozen conditional spreads would take a microsecond. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Cuts ids of commits to seven digits and digests to twelve: people do not read forty. */
function shortened(title: string): string {
  return title.length < 40
    ? title
    : title
        .slice(0, 1000)
        .replaceAll(/\b([0-9a-f]{7})[0-9a-f]{33}\b/g, '$1')
        .replaceAll(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, '$1');
}

/** Returns who acted: the person behind a program, when the payload names one, and the program. */
function whoOf(
  { person, app }: Story,
  { sender, pusher }: Envelope,
): Pick<GitHubActivity, 'actor' | 'isBot' | 'agent'> {
  const pushedBy = (): string => (pusher?.name === 'none' ? '' : plain(pusher?.name, 100));
  const login = plain(sender?.login, 100) || pushedBy();
  const named = person ? plain(person, 100) : '';
  const actor = named || login || 'ghost';
  // Some agents share their login with people; the address of their page says which app they are.
  const [, slug] = /\/apps\/([\w-]{1,100})$/.exec(text(sender?.html_url).slice(0, 200)) ?? [];
  const agent =
    agentOf(login, text(app) || slug) ??
    (sender?.type === 'Bot' && login ? { id: login.toLowerCase(), kind: 'bot' as const } : undefined);
  const isBot = named ? agentOf(named) !== undefined : isProgram(sender) || agentOf(actor) !== undefined;
  return { actor, isBot, ...(agent && { agent }) };
}

function toActivity(
  event: string,
  action: string,
  story: Story,
  envelope: Envelope,
  repository: DeliveredRepository,
  { deliveryId, receivedAt }: DeliveryContext,
): GitHubActivity {
  const language = plain(envelope.repository?.language, 50);
  const subject = plain(story.subject, 200);
  const branch = plain(story.branch, 200);
  const home = text(envelope.repository?.default_branch) || text(envelope.repository?.master_branch);
  const knownCommits = count(story.knownCommits);
  const at = time(story.at);
  const activity: Writable<GitHubActivity> = {
    deliveryId,
    event,
    repoId: repository.repoId,
    repositoryId: repository.repositoryId,
    isPrivate: repository.isPrivate,
    ...whoOf(story, envelope),
    commits: count(story.commits),
    files: count(story.files),
    additions: count(story.additions),
    deletions: count(story.deletions),
    title: plain(shortened(story.title), 200),
    url: linkOf(story.url, envelope.repository?.html_url),
    occurredAt: at === undefined || at > receivedAt + clockSkewMs ? receivedAt : at,
  };
  if (action) activity.action = plain(action, 100);
  if (subject) activity.subject = subject;
  if (branch) activity.branch = branch;
  if (branch && branch === home) activity.isDefaultBranch = true;
  if (language) activity.language = language;
  if (knownCommits > 0) activity.knownCommits = knownCommits;
  if (story.outcome) activity.outcome = story.outcome;
  if (story.forced) activity.forced = true;
  if (story.isOfProgram) activity.isOfProgram = true;
  return activity;
}

/** Returns what a delivery reports alone, without the fields that only `hear` needs. */
export function activityOf(delivery: GitHubDelivery): GitHubActivity {
  const { isSilent: _0, bodyId: _1, same: _2, build: _3, protection: _4, ties: _5, ...activity } = delivery;
  return activity;
}

/**
 * Turns one webhook payload into an activity, without regard to other deliveries. Use `hear` to get each happening of a
 * repository once.
 *
 * Returns `undefined` for a delivery that is ignored: events and actions that GitHub does not document, events without
 * a repository, single jobs, checks and statuses, settings. Does not trust the types in the payload: a value of the
 * wrong type counts as absent.
 *
 * Cost: microseconds, plus one pass over the files that a push lists.
 * @throws {WebhookError} `WEBHOOK_REPOSITORY_INVALID` when the repository's name or numeric id is not one that GitHub
 * allows
 */
export function normalizeActivity(
  event: string,
  payload: unknown,
  context: DeliveryContext,
): GitHubActivity | undefined {
  if (!isObject(payload)) return undefined;
  const telling = readStory(event, payload, context);
  if (!telling.counts || telling.story.isSilent) return undefined;
  const { activity, story } = telling;
  const attempt = story.build?.of === 'run' ? story.build.attempt : 1;
  return attempt > 1 ? { ...activity, title: verdictTitle(activity.title, { attempt }) } : activity;
}

function ignored(reason: IgnoredReason): Extract<Reading, { readonly counts: false }> {
  return { counts: false, reason };
}

function verbOf(chapter: AnyChapter, action: string): string | null | undefined {
  return Object.hasOwn(chapter.actions, action) ? chapter.actions[action] : chapter.otherwise;
}

/**
 * Keeps a link to the forge that the repository is on. Replaces others by the repository's page, if its address is
 * known.
 */
function linkOf(url: unknown, home: unknown): string {
  const parse = (value: unknown): URL | undefined => {
    const parsed = URL.parse(text(value).slice(0, 2000));
    return parsed && /^https?:$/.test(parsed.protocol) && !parsed.username && !parsed.password ? parsed : undefined;
  };
  const root = parse(home);
  const link = parse(url);
  if (!root) return '';
  const { href } = link?.host === root.host ? link : root;
  return [href, root.href, ''].find(({ length }) => length <= maxLink) ?? '';
}

/**
 * Reads a payload.
 * @throws {WebhookError} `WEBHOOK_REPOSITORY_INVALID`
 */
function readStory(
  event: string,
  payload: object,
  context: DeliveryContext,
): Telling | Extract<Reading, { readonly counts: false }> {
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
    counts: true,
    story,
    activity: toActivity(event, story.action ?? action, story, envelope, repository, context),
    senderId: envelope.sender?.id,
  };
}
