import { addRun } from './add-run.ts';
import { type DayDraft, minute, people, second } from './day-draft.ts';

const bot = 'github-actions[bot]';

/**
 * What becomes of each push to a pull request: green, red, `again` for a run that is tried again and green then. The
 * first fifteen are merged.
 */
const plans: readonly (readonly ('green' | 'red' | 'again')[])[] = [
  ['green', 'red', 'green'],
  ['red', 'green'],
  ['green', 'red', 'again'],
  ['red', 'again'],
  ['green', 'green', 'red', 'green'],
  ...Array.from({ length: 3 }, () => ['green', 'green', 'green', 'green'] as const),
  ...Array.from({ length: 9 }, () => ['green', 'green', 'green'] as const),
  ['green', 'red'],
  ['red'],
  ['red'],
];
const merged = 15;
/** Merges after which the default branch is red: one is tried again, one is mended by the next merge. */
const redMerges: ReadonlyMap<number, 'again' | 'next'> = new Map([
  [4, 'again'],
  [9, 'next'],
]);

/** What belongs to a merge comes within this time, in any order. */
const mergeMs = 2000;
/** A closed issue waits this long for the merge that it may belong to. */
const issueWaitsMs = 399;

/** Adds the pull requests of the day, with their builds, reviews, merges and deployments. */
export function addPulls(day: DayDraft): void {
  for (const [index, plan] of plans.entries()) addPull(day, index, plan);
}

function addPull(day: DayDraft, index: number, plan: (typeof plans)[number]): void {
  const number = 20 + index;
  const by = people[index % people.length] ?? people[0];
  const head = `idea-${number}`;
  const pull = { number, title: `Idea ${number}`, head, author: by };
  const mergesAt = 100 * minute + index * 30 * minute;
  const step = 22 * minute;
  let at = (index < merged ? mergesAt - 30 * minute : day.between(120, 400) * minute) - plan.length * step;
  let wasRed = false;
  plan.forEach((result, turn) => {
    const sha = `${head} ${plan.slice(0, turn + 1).filter((one) => one !== 'again').length}`;
    if (turn === 0) {
      day.add(at, 'push', { by, branch: head, after: sha, commits: 2, created: true });
      day.add(at + 200, 'create', { by, branch: head });
      at += day.between(20, 60) * second;
      day.add(at, 'pull_request', { action: 'opened', by, ...pull });
      day.add(at + 500, 'pull_request', { action: 'labeled', by, label: 'idea', ...pull });
      day.add(at + 900, 'pull_request', { action: 'review_requested', by, reviewer: day.person(), ...pull });
    } else if (result !== 'again') {
      const before = `${head} ${plan.slice(0, turn).filter((one) => one !== 'again').length}`;
      day.add(at, 'push', { by, branch: head, after: sha, before, commits: 1 + day.below(3) });
      day.add(at + 300, 'pull_request', { action: 'synchronize', by, before, after: sha, ...pull });
    }
    const isRed = result === 'red';
    const ended = addRun(day, at + 2 * second, {
      plan: { isRed, isRecovery: wasRed && !isRed },
      number: number * 10 + turn - (result === 'again' ? 1 : 0),
      ...(result === 'again' && { attempt: 2 }),
      sha,
      branch: head,
      by,
      pull: number,
    });
    wasRed = isRed;
    day.add(ended + 5 * second, 'issue_comment', {
      by: 'codecov[bot]',
      ...pull,
      onPull: true,
      comment: day.nextId(),
    });
    for (const [context, state] of [
      ['license/cla', 'success'],
      ['codecov/patch', 'failure'],
    ] as const) {
      const status = day.nextId();
      day.add(ended + 4 * second, 'status', { context, state, status, sha, branch: head, by: 'codecov[bot]' });
    }
    at += step;
  });
  addReview(day, at - 10 * minute, pull, index < merged);
  if (index < merged) addMerge(day, mergesAt, index, pull);
}

function addReview(
  day: DayDraft,
  at: number,
  pull: { readonly number: number; readonly title: string },
  isApproved: boolean,
): void {
  for (const [turn, state] of (isApproved ? ['commented', 'approved'] : ['changes_requested']).entries()) {
    const by = people[(pull.number + 1 + turn) % people.length] ?? people[0];
    const review = day.nextId();
    const said = at + turn * 5 * minute;
    const comments = day.below(5);
    for (let index = 0; index < comments; index++) {
      const comment = day.nextId();
      day.add(said + day.between(0, 300), 'pull_request_review_comment', { by, ...pull, review, comment });
    }
    day.add(said + day.between(0, 300), 'pull_request_review', { by, state, review, ...pull });
    if (state !== 'commented') continue;
    for (let thread = 0; thread < comments; thread++) {
      const resolved = said + 2 * minute + thread * day.between(2, 15) * second;
      day.add(resolved, 'pull_request_review_thread', { action: 'resolved', by, thread: day.nextId(), ...pull });
    }
  }
}

/** A merge and what belongs to it, in any order within two seconds; what comes first waits for the merge. */
function addMerge(
  day: DayDraft,
  at: number,
  index: number,
  pull: { readonly number: number; readonly title: string; readonly head: string },
): void {
  const { number, title, head } = pull;
  const by = day.person();
  const sha = `merge of ${number}`;
  const message = `${title} (#${number})`;
  const before = `before ${number}`;
  const first = day.between(0, mergeMs);
  const later = (): number => at + day.between(0, mergeMs);
  day.merges.push(
    day.add(at + first, 'pull_request', { action: 'closed', merged: true, mergeCommit: sha, by, ...pull }),
  );
  day.companions.push(
    day.add(later(), 'push', { by, branch: 'main', after: sha, before, message, isByGitHub: true }),
    day.add(later(), 'delete', { by, branch: head }),
    day.add(later(), 'push', { by, branch: head, deleted: true, before: head }),
    day.add(Math.max(later(), at + first - issueWaitsMs), 'issues', {
      action: 'closed',
      by,
      number: 300 + index,
      reason: 'completed',
    }),
  );
  const result = redMerges.get(index);
  const plan = { isRed: result !== undefined, isRecovery: redMerges.get(index - 1) === 'next' };
  const build = { sha, branch: 'main', by, number: 9000 + index };
  const ended = addRun(day, at + 4 * second, { plan, ...build });
  if (result === 'again') {
    addRun(day, ended + minute, { plan: { isRed: false, isRecovery: true }, ...build, attempt: 2 });
  }
  if (index % 2 === 1) addDeployment(day, at + 13 * minute, 100 + index, sha);
}

function addDeployment(day: DayDraft, at: number, deployment: number, sha: string): void {
  const about = { by: bot, deployment, environment: 'production', sha, ref: `v1.${deployment - 100}` };
  day.add(at, 'deployment_status', { state: 'queued', ...about });
  day.add(at + 5 * second, 'deployment_status', { state: 'in_progress', ...about });
  const deployed = at + day.between(40, 120) * second;
  day.deployments.push(day.add(deployed, 'deployment_status', { state: 'success', ...about }));
}
