import type { BuildReport, EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { activityOf } from '../normalize-activity.ts';
import { verdictTitle } from '../verdict-title.ts';
import { type CheckedCommit, type Draft, drop, fit, limits, lookUp, put } from './facts.ts';

/** A commit that has only statuses is judged when no status has come for this long. */
export const statusRestMs = 60_000;
/** A green suite rests this long before it is reported: the app may begin its next check. */
const suiteRestMs = 5000;
/** Most names of failed jobs in a title. */
const namedFailures = 3;

type Report<Of extends BuildReport['of']> = Extract<BuildReport, { readonly of: Of }>;
export type Tell = (activity: GitHubActivity) => void;

/** Takes a job or check, which counts towards its run or suite. */
export function takeCheck(draft: Draft, { occurredAt }: GitHubDelivery, report: Report<'check'>, at: EpochMs): void {
  const { sha, name, hasFailed, runId, attempt = 1, suiteId, hasBegun = false } = report;
  check(draft, sha, at);
  // A suite that begins another check has not ended: it ends again later.
  if (hasBegun) dropSuite(draft, (suite, delivery) => suite.id === suiteId && occurredAt > delivery.occurredAt);
  const key = runId === undefined ? suiteId !== undefined && suiteKey(suiteId) : runKey({ id: runId, attempt });
  if (key === false || name === '') return;
  const before = lookUp(draft.runs, key)?.failed ?? [];
  // A check that runs again no longer counts as failed.
  const failed = hasFailed
    ? [...new Set([...before, name])].slice(0, namedFailures)
    : before.filter((other) => other !== name);
  if (failed.length === 0 && before.length === 0) return;
  draft.runs = put(draft.runs, key, { at, sha, failed }, limits.runs);
}

/** Forgets resting suites, as if they had not come. */
function dropSuite(draft: Draft, isOver: (suite: Report<'suite'>, delivery: GitHubDelivery) => boolean): void {
  const dropped = draft.waiting.filter(
    ({ delivery }) => delivery.build?.of === 'suite' && isOver(delivery.build, delivery),
  );
  if (dropped.length === 0) return;
  draft.waiting = draft.waiting.filter((one) => !dropped.includes(one));
  for (const { delivery } of dropped) if (delivery.same) draft.told = drop(draft.told, delivery.same.thing);
}

/** Takes the start of a run. */
export function openRun(draft: Draft, report: Report<'run'>, at: EpochMs): void {
  draft.hearsRuns = true;
  check(draft, report.sha, at);
  const key = runKey(report);
  const failed = lookUp(draft.runs, key)?.failed ?? [];
  draft.runs = put(draft.runs, key, { at, sha: report.sha, failed }, limits.runs);
}

/** Takes the end of a run, and reports its verdict with the jobs that failed. */
export function endRun(draft: Draft, delivery: GitHubDelivery, report: Report<'run'>, at: EpochMs, tell: Tell): void {
  const { id, attempt, suiteId, sha, branch, workflow, number } = report;
  draft.hearsRuns = true;
  check(draft, sha, at);
  dropSuite(draft, (suite) => suite.isActions && suite.sha === sha);
  const suites = draft.runs.filter(([key, run]) =>
    suiteId === undefined ? key.startsWith('suite ') && run.sha === sha : key === suiteKey(suiteId),
  );
  const failed = [lookUp(draft.runs, runKey({ id, attempt })), ...suites.map(([, run]) => run)].flatMap(
    (run) => run?.failed ?? [],
  );
  draft.runs = drop(draft.runs, runKey({ id, attempt }));
  for (const [key] of suites) draft.runs = drop(draft.runs, key);
  if (delivery.isSilent) return;
  judge(draft, delivery, { branch: branch ?? sha, workflow, number, attempt, failed, at }, tell);
}

/**
 * Takes the end of a suite, which is the verdict of an app. A green suite rests before it is reported. So does every
 * suite of GitHub Actions, which counts only when runs are not delivered. It does not know its workflow, so it does not
 * change a colour.
 */
export function endSuite(
  draft: Draft,
  delivery: GitHubDelivery,
  report: Report<'suite'>,
  at: EpochMs,
  tell: Tell,
  hasRested = false,
): void {
  const { id, sha, branch, app, isActions } = report;
  check(draft, sha, at);
  if (isActions && draft.hearsRuns) return;
  draft.waiting = draft.waiting.filter((one) => !(one.delivery.build?.of === 'suite' && one.delivery.build.id === id));
  const restMs = isActions ? statusRestMs : delivery.outcome === 'success' ? suiteRestMs : 0;
  if (restMs > 0 && !hasRested && draft.waiting.length < limits.waiting) {
    draft.waiting = [...draft.waiting, { delivery, until: at + restMs, act: delivery.deliveryId }];
    return;
  }
  const failed = lookUp(draft.runs, suiteKey(id))?.failed ?? [];
  draft.runs = drop(draft.runs, suiteKey(id));
  const ruling = { branch: branch ?? sha, workflow: `app ${app}`, number: id, attempt: 1, failed, at };
  judge(draft, delivery, { ...ruling, isColourless: isActions }, tell);
}

/** Takes a status. The verdict of the commit is reported when no more statuses have come for a while. */
export function takeStatus(draft: Draft, delivery: GitHubDelivery, report: Report<'status'>, at: EpochMs): void {
  const { sha, context, state } = report;
  const known = lookUp(draft.commits, sha);
  if (sha === '' || known?.isChecked) return;
  const statuses = put(known?.statuses ?? [], context, state, limits.contexts);
  const isOpen = statuses.some(([, one]) => one === 'pending');
  const { verdict } = known ?? {};
  const commit: CheckedCommit = {
    at,
    isChecked: false,
    statuses,
    ...(verdict && { verdict }),
    ...(!isOpen && { last: delivery, due: at + statusRestMs }),
  };
  const commits = fit(put(draft.commits, sha, commit, limits.commits), (one) => one.statuses.length, limits.statuses);
  const open = commits.filter(([, { last }]) => last);
  const [oldest] = open;
  const isCrowded = open.length > limits.waiting;
  draft.commits = commits.map((entry) =>
    isCrowded && entry === oldest ? [entry[0], { ...entry[1], due: at }] : entry,
  );
}

/** Judges the commits whose statuses have rested. */
export function judgeStatuses(draft: Draft, at: EpochMs, tell: Tell): void {
  for (const [sha, commit] of draft.commits) {
    const { last, due = Number.POSITIVE_INFINITY, statuses } = commit;
    if (!last || due > at) continue;
    const failed = statuses.filter(([, state]) => state === 'failure').map(([context]) => context);
    const verdict = failed.length > 0 ? 'failure' : 'success';
    draft.commits = draft.commits.map((entry) =>
      entry[0] === sha ? [sha, { at: commit.at, isChecked: false, statuses, verdict }] : entry,
    );
    if (commit.verdict === verdict) continue;
    const { branch } = last;
    const name = statuses.length === 1 ? (statuses[0]?.[0] ?? '') : 'The build';
    const place = branch ? ` on ${branch}` : ` (${sha.slice(0, 7)})`;
    const delivery = {
      ...last,
      outcome: verdict,
      title: `${name} ${verdict === 'success' ? 'passed' : 'failed'}${place}`,
    } as const;
    const named = statuses.length === 1 ? [] : failed;
    const number = last.build?.of === 'status' ? last.build.committedAt : 0;
    judge(
      draft,
      delivery,
      { branch: branch ?? sha, workflow: 'statuses', number, attempt: 1, failed: named, at: due },
      tell,
    );
  }
}

interface Ruling {
  /** What has the colour: a branch, or a commit that is not on a branch. */
  readonly branch: string;
  readonly workflow: string;
  readonly number: number;
  readonly attempt: number;
  readonly failed: readonly string[];
  readonly at: EpochMs;
  /** True for a verdict that cannot be tied to a workflow. */
  readonly isColourless?: boolean;
}

/** Reports a verdict, and what it means for its branch. */
function judge(
  draft: Draft,
  delivery: GitHubDelivery,
  { branch, workflow, number, attempt, failed, at, isColourless = false }: Ruling,
  tell: Tell,
): void {
  const { outcome } = delivery;
  const isRed = outcome === 'failure' || outcome === 'timed_out';
  const hasColour = !isColourless && (isRed || outcome === 'success');
  const workflows = lookUp(draft.colours, branch) ?? [];
  const before = lookUp(workflows, workflow);
  const isLate =
    before !== undefined &&
    number > 0 &&
    (number < before.number || (number === before.number && attempt < before.attempt));
  if (hasColour && !isLate) {
    const colours = put(workflows, workflow, { at, isRed, number, attempt }, limits.workflows);
    draft.colours = fit(put(draft.colours, branch, colours, limits.branches), ({ length }) => length, limits.colours);
  }
  const turn = !hasColour
    ? undefined
    : isLate || before?.isRed === isRed
      ? 'same'
      : isRed
        ? 'broken'
        : before && 'fixed';
  const names = isRed ? [...new Set(failed)].slice(0, namedFailures) : [];
  tell({
    ...activityOf(delivery),
    title: verdictTitle(delivery.title, { isFixed: turn === 'fixed', attempt, failed: names }),
    ...(turn && { turn }),
    ...(names.length > 0 && { failed: names }),
  });
}

/** Forgets the colours of a deleted branch. */
export function forgetBranch(draft: Draft, branch: string): void {
  draft.colours = drop(draft.colours, branch);
}

function runKey({ id, attempt }: { readonly id: number; readonly attempt: number }): string {
  return `run ${id} ${attempt}`;
}

function suiteKey(id: number): string {
  return `suite ${id}`;
}

/** Marks a commit as checked by a check or run: its statuses are ignored from then on. */
function check(draft: Draft, sha: string, at: EpochMs): void {
  if (sha === '' || lookUp(draft.commits, sha)?.isChecked) return;
  draft.commits = put(draft.commits, sha, { at, isChecked: true, statuses: [] }, limits.commits);
}
