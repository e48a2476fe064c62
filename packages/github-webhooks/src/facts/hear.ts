import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { hooksMs } from '../identity.ts';
import { activityOf } from '../normalize-activity.ts';
import { plain } from '../untrusted.ts';
import { endWaits, joinAct } from './acts.ts';
import { type Draft, drop, fit, forget, limits, lookUp, openFacts, put, type RepositoryFacts } from './facts.ts';
import { isProtected } from './protection.ts';
import { short } from './short.ts';
import { endRun, endSuite, forgetBranch, judgeStatuses, openRun, takeCheck, takeStatus } from './verdicts.ts';

/** What {@link hear} returns. */
export interface Heard {
  /** What is known now: pass it to the next call. */
  readonly facts: RepositoryFacts;
  /** The activities that have become certain, in the order in which they did. */
  readonly activities: readonly GitHubActivity[];
  /** True when an earlier delivery has reported the same. */
  readonly isDuplicate: boolean;
}

/** A repository that is moved and renamed in one go sends both deliveries within this time. */
const moveMs = 60_000;

/** Prefix of the entries that remember the body of a delivery, next to what it reports. */
const twinPrefix = 'body ';

/** Events that earlier versions of this package kept as one verdict each, which was wrong. */
const oldBuilds = new Set(['check_run', 'check_suite', 'workflow_job', 'status']);

/**
 * Turns the next delivery of a repository into activities: each happening once, however many deliveries report it.
 * Without a delivery, returns what has become certain because time has passed. Pure: the same deliveries at the same
 * times give the same activities.
 *
 * Some things are certain only later, such as whether a status is the last one of its commit, or whether a deleted
 * branch belongs to a merge that is about to be reported. `facts.due` is then set: call again at that time, without a
 * delivery.
 *
 * Cost: about 10 µs.
 * @param facts - what the last call returned; undefined for the first delivery of a repository
 * @param delivery - from `GitHubWebhookReceiver`; all from one repository, in the order in which they arrived
 * @param at - when the delivery arrived, by the caller's clock; a clock that runs backwards is ignored
 */
export function hear(facts: RepositoryFacts | undefined, delivery: GitHubDelivery | undefined, at: EpochMs): Heard {
  const { due: _due, ...known } = facts ?? openFacts();
  const draft: Draft = { ...known, at: Math.max(known.at, at) };
  const activities: GitHubActivity[] = [];
  const tell = (activity: GitHubActivity): void => {
    activities.push({ ...activity, act: activity.act ?? activity.deliveryId });
  };
  // One after the other, so that each finds the facts as they were at its time.
  for (let due = nextDue(draft); due !== undefined && due <= draft.at; due = nextDue(draft)) settle(draft, due, tell);
  forgetOld(draft);
  const isDuplicate = delivery !== undefined && !take(draft, short(delivery), draft.at, tell);
  const due = nextDue(draft);
  return { facts: due === undefined ? draft : { ...draft, due }, activities, isDuplicate };
}

/** Reports what has become due. */
function settle(draft: Draft, at: EpochMs, tell: (activity: GitHubActivity) => void): void {
  endWaits(draft, at, (delivery, act) => {
    const { build } = delivery;
    if (build?.of !== 'suite') return tell(finish(draft, delivery, act));
    endSuite(draft, delivery, build, at, tell, true);
  });
  judgeStatuses(draft, at, tell);
}

/** Forgets what is old. */
function forgetOld(draft: Draft): void {
  const oldest = draft.at - limits.ageMs;
  draft.told = forgetTwins(forget(draft.told, oldest), draft.at - hooksMs);
  draft.runs = forget(draft.runs, oldest);
  draft.commits = forget(draft.commits, oldest);
}

/** Forgets old bodies, which only help to recognise twins. This leaves room for twice as many happenings. */
function forgetTwins(told: RepositoryFacts['told'], before: EpochMs): RepositoryFacts['told'] {
  const isOver = ([key, { at }]: RepositoryFacts['told'][number]): boolean => at < before && key.startsWith(twinPrefix);
  return told.some(isOver) ? told.filter((entry) => !isOver(entry)) : told;
}

function nextDue({ waiting, commits }: Draft): EpochMs | undefined {
  let due: EpochMs | undefined;
  for (const { until } of waiting) due = Math.min(due ?? until, until);
  for (const [, commit] of commits) if (commit.due !== undefined) due = Math.min(due ?? commit.due, commit.due);
  return due;
}

/** Takes a delivery; returns false when an earlier one has reported the same. */
function take(draft: Draft, delivery: GitHubDelivery, at: EpochMs, tell: (activity: GitHubActivity) => void): boolean {
  const { build, protection, same, branch, action, event, subject } = delivery;
  const isFirst = draft.name === '';
  takeName(draft, delivery.repoId);
  if (protection) {
    const { source, branches } = protection;
    const others = drop(draft.rules, source);
    const rules = branches.length > 0 ? put(others, source, branches, limits.rules) : others;
    draft.rules = fit(rules, ({ length }) => length, limits.patterns);
  }
  if (build?.of === 'check') takeCheck(draft, delivery, build, at);
  else if (build?.of === 'status') takeStatus(draft, delivery, build, at);
  else if (build?.of === 'run' && !build.hasEnded) openRun(draft, build, at);
  if (delivery.isSilent && build?.of !== 'run') return true;
  if (!same) {
    if (!oldBuilds.has(event)) tell(activityOf(delivery));
    return true;
  }
  if (!delivery.isSilent && isKnown(draft, delivery, same, at)) return false;
  if (build?.of === 'run') {
    if (build.hasEnded) endRun(draft, delivery, build, at, tell);
    return true;
  }
  if (build?.of === 'suite') {
    endSuite(draft, delivery, build, at, tell);
    return true;
  }
  if (branch !== undefined && action === 'deleted' && (event === 'push' || event === 'delete')) {
    forgetBranch(draft, branch);
  }
  if (subject !== undefined && !takeQueue(draft, delivery, subject)) return true;
  const named = takeRename(draft, delivery, isFirst);
  if (named) joinAct(draft, named, at, (told, act) => tell(finish(draft, told, act)));
  return true;
}

/**
 * Follows the merge queue. GitHub makes a group again whenever one before it fails: a pull request is reported as
 * queued only once. Returns false for a delivery that is not to be reported.
 */
function takeQueue(draft: Draft, { event, action, actor, isBot }: GitHubDelivery, subject: string): boolean {
  if (event === 'merge_group' && lookUp(draft.queue, subject) !== undefined) return false;
  if (event === 'merge_group' || action === 'enqueued') {
    draft.queue = put(draft.queue, subject, isBot ? '' : actor, limits.queue);
  } else if (action === 'dequeued') draft.queue = drop(draft.queue, subject);
  return true;
}

/** Returns whether a happening is known already, and remembers it. */
function isKnown(
  draft: Draft,
  { bodyId, occurredAt, action }: GitHubDelivery,
  { thing, state, withinMs, isFirst = false, also }: NonNullable<GitHubDelivery['same']>,
  at: EpochMs,
): boolean {
  const body = bodyId && `${twinPrefix}${bodyId}`;
  const twin = body ? lookUp(draft.told, body) : undefined;
  // When a button is pressed twice, a payload without a time is the same twice.
  if (twin && at - twin.at < Math.min(hooksMs, withinMs)) return true;
  // An update of a pull request says less than the push to its branch, so the push is reported even after the update.
  const isUpdate = action === 'synchronize';
  if (isUpdate && lookUp(draft.told, thing)) return true;
  const name = isUpdate ? `update ${thing}` : thing;
  const before =
    lookUp(draft.told, name) ?? lookUp(draft.told, `also ${thing}`) ?? (also ? lookUp(draft.told, also) : undefined);
  const isSame = before !== undefined && (isFirst || before.state === state) && at - before.at < withinMs;
  // The thing has changed state since then: this delivery is late.
  const isPast = before !== undefined && before.state !== state && occurredAt < before.occurredAt;
  if (isSame || isPast) return true;
  const told = { at, state, occurredAt };
  draft.told = put(draft.told, name, told, limits.told);
  if (also) draft.told = put(draft.told, `also ${also}`, told, limits.told);
  if (body) draft.told = put(draft.told, body, { at, state: '', occurredAt }, limits.told);
  return false;
}

/** Adds what only the facts know: who queued a merge, and that a branch is protected. */
function finish(draft: Draft, delivery: GitHubDelivery, act: string): GitHubActivity {
  const activity = { ...activityOf(delivery), act };
  const { action, branch = '', commits, outcome, isBot, subject = '' } = activity;
  if (action === 'rebased' && draft.rules.some(([, patterns]) => isProtected(branch, patterns))) {
    const amount = `${commits} commit${commits === 1 ? '' : 's'}`;
    const title = commits === 0 ? activity.title : plain(`Force-pushed ${amount} to ${branch}`, 200);
    return { ...activity, action: 'rewritten', title };
  }
  if (outcome === 'merged') {
    const queuer = lookUp(draft.queue, subject);
    draft.queue = drop(draft.queue, subject);
    if (isBot && queuer) return { ...activity, actor: queuer, isBot: false };
  }
  return activity;
}

/** Takes the name of a repository. A different name for the same number is a change of name. */
function takeName(draft: Draft, name: string): void {
  if (draft.name !== '' && draft.name !== name) draft.formerName = draft.name;
  draft.name = name;
}

/**
 * Reports a change of name with the names that existed. A repository that is moved and renamed in one go sends two
 * deliveries, neither of which knows the old name. The second one is ignored.
 */
function takeRename(draft: Draft, delivery: GitHubDelivery, isFirst: boolean): GitHubDelivery | undefined {
  const { event, action, repoId } = delivery;
  if (event !== 'repository' || (action !== 'renamed' && action !== 'transferred')) return delivery;
  const { formerName, at, movedAt = Number.NEGATIVE_INFINITY } = draft;
  delete draft.formerName;
  draft.movedAt = at;
  // No delivery had the old name: use the payload's, unless this is the second delivery of the two.
  if (formerName === undefined) return isFirst || at - movedAt > moveMs ? delivery : undefined;
  const owners = [formerName, repoId].map((name) => name.split('/')[0]?.toLowerCase());
  const verb = owners[0] === owners[1] ? 'Renamed' : 'Transferred';
  return { ...delivery, title: plain(`${verb} the repository from ${formerName} to ${repoId}`, 200) };
}
