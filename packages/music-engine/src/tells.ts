import type { GitHubActivity, Tell } from '@bnc/contracts';
import { happeningOf } from './happening.ts';
import { byStrength } from './judge.ts';

/** Names that one line lists before it counts. */
const maxNames = 3;
/** Numbers such as #12 that one line lists before it counts. */
const maxNumbers = 5;
/** Most build results of a phrase that have a line of their own; the others are counted. */
const maxVerdicts = 5;
const maxTitle = 200;

/** Builds are one kind whatever their result: a wave of them has one line. */
const buildEvents = new Set(['workflow_run', 'check_suite', 'status']);
const verdicts = { success: 'passed', failure: 'failed', timed_out: 'timed out', cancelled: 'was cancelled' } as const;
type Verdict = keyof typeof verdicts;

/** Verb and noun at the head of a title: `Opened pull request #7: …`, `Closed as not planned: issue #7: …`, `Created branch x`. */
const head =
  /^(?:(.{1,60}?) (pull request|issue|discussion|milestone)(?= #\d)|(Created|Deleted|Moved|Published|Updated|Edited|Archived|Brought back) (branch|tag|package|label)(?= ))/;

/**
 * Describes what a phrase reports, one line per kind, the most important first: `Merged pull request #7: Purr`, `Opened
 * 15 pull requests`, `12 passed, 3 failed: unit, e2e, docs`, `43 comments by 2 bots on #1626`. The counts of all lines
 * add up to the number of activities. Failed builds, and builds that pass again, have a line each, at most five in all;
 * those of programs only where they change the default branch. A title has at most 200 characters.
 */
export function tellsOf(activities: readonly GitHubActivity[]): Tell[] {
  const groups = new Map<string, GitHubActivity[]>();
  let verdictsNamed = 0;
  for (const activity of byStrength(activities)) {
    const hasOwnLine = isNamed(activity) && verdictsNamed < maxVerdicts;
    if (hasOwnLine) verdictsNamed++;
    const kind = hasOwnLine ? `verdict ${verdictsNamed}` : kindOf(activity);
    const group = groups.get(kind);
    if (group) group.push(activity);
    else groups.set(kind, [activity]);
  }
  return [...groups].map(([kind, group]): Tell => {
    const [first] = group;
    const inOrder = group.toSorted(
      (a, b) => a.occurredAt - b.occurredAt || (a.deliveryId < b.deliveryId ? -1 : a.deliveryId > b.deliveryId ? 1 : 0),
    );
    const title = group.length === 1 ? (first?.title ?? '') : tellGroup(kind, inOrder);
    return {
      title: title.length > maxTitle ? `${title.slice(0, maxTitle - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : title,
      url: first?.url ?? '',
      actor: peopleOf(group),
      count: group.length,
    };
  });
}

function plural(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : pluralOf(noun)}`;
}

function pluralOf(noun: string): string {
  return noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}${noun.endsWith('ch') ? 'es' : 's'}`;
}

/** Lists people, the busiest first: `mona`, `mona and lisa`, `mona, lisa and 3 more`. */
function peopleOf(activities: readonly GitHubActivity[]): string {
  const counts = new Map<string, number>();
  for (const { actor } of activities) {
    const name = actor.replace(/\[bot\]$/, '');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].toSorted(([a, most], [b, more]) => more - most || (a < b ? -1 : 1)).map(([name]) => name);
  if (names.length <= 2) return names.join(' and ');
  if (names.length === maxNames) return `${names[0]}, ${names[1]} and ${names[2]}`;
  return `${names[0]}, ${names[1]} and ${names.length - 2} more`;
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}

function subjectsOf(activities: readonly GitHubActivity[]): string[] {
  return distinct(activities.map(({ subject }) => subject));
}

/** `#12` of `pull/12`, `main` of `heads/main`. */
function nameOf(subject: string): string {
  const [, kind = '', name = subject] = /^([^/]+)\/(.+)$/.exec(subject) ?? [];
  return /^(?:pull|issues|discussions|milestones)$/.test(kind) ? `#${name}` : name;
}

/** Lists what a line is about, unless it is too much. */
function listOf(subjects: readonly string[]): string {
  const names = subjects.map(nameOf);
  return names.length <= (names.every((name) => name.startsWith('#')) ? maxNumbers : maxNames) ? names.join(', ') : '';
}

function verdictOf({ event, outcome }: GitHubActivity): Verdict | undefined {
  return buildEvents.has(event) && outcome !== undefined && Object.hasOwn(verdicts, outcome)
    ? (outcome as Verdict)
    : undefined;
}

function tellBuilds(activities: readonly GitHubActivity[]): string {
  const failed = distinct(activities.flatMap((activity) => activity.failed ?? []));
  const counts = (Object.keys(verdicts) as Verdict[])
    .map((verdict) => [activities.filter((activity) => verdictOf(activity) === verdict).length, verdict] as const)
    .filter(([count]) => count > 0)
    .map(
      ([count, verdict]) => `${count} ${verdict === 'cancelled' && count > 1 ? 'were cancelled' : verdicts[verdict]}`,
    );
  const words = counts.length === 1 ? counts[0]?.replace(' ', ' builds ') : counts.join(', ');
  return `${words}${failed.length > 0 ? `: ${failed.slice(0, maxNumbers).join(', ')}` : ''}`;
}

/** `43 comments by 2 bots on #1626`. */
function tellComments(activities: readonly GitHubActivity[], noun: string): string {
  const bots = distinct(activities.map(({ isBot, actor }) => (isBot ? actor : undefined)));
  const isByBots = activities.every(({ isBot }) => isBot);
  const by = isByBots ? ` by ${bots.length === 1 ? 'a bot' : plural(bots.length, 'bot')}` : '';
  const subjects = subjectsOf(activities);
  const [only] = subjects;
  const place = subjects.length === 1 && only ? only.replace(/^commit\//, 'commit ') : undefined;
  const on = place ? (place === only ? nameOf(place) : place) : subjects.length > 1 ? `${subjects.length} threads` : '';
  return `${plural(activities.length, noun)}${by}${on && ` on ${on}`}`;
}

/** `Opened 15 pull requests`, `Merged 2 pull requests: #7, #9`, `Labelled issue #7, 3 times`. */
function tellMany(verb: string, noun: string, activities: readonly GitHubActivity[]): string {
  const subjects = subjectsOf(activities);
  const count = activities.length;
  const list = listOf(subjects);
  // Activities without a subject, such as those of labels, are counted one by one.
  if (subjects.length === 0) return `${verb} ${plural(count, noun)}`;
  if (subjects.length === 1) return `${verb} ${noun} ${list}, ${count} times`;
  const listed = list && (verb.endsWith(':') ? ` (${list})` : `: ${list}`);
  return `${verb} ${plural(subjects.length, noun)}${listed}${subjects.length < count ? `, ${count} times` : ''}`;
}

/** Describes several activities of one kind, which come in order of time, in one line. */
function tellGroup(kind: string, activities: readonly GitHubActivity[]): string {
  const count = activities.length;
  const subjects = subjectsOf(activities);
  const branches = subjects.length === 1 ? nameOf(subjects[0] ?? '') : plural(subjects.length, 'branch');
  const times = subjects.length === 1 ? `, ${count} times` : '';
  if (activities.every((activity) => verdictOf(activity) !== undefined)) return tellBuilds(activities);
  switch (kind) {
    case 'push': {
      const commits = activities.reduce((sum, activity) => sum + activity.commits, 0);
      return `Pushed ${plural(commits, 'commit')} to ${branches}`;
    }
    case 'branch rebased':
      return `Rebased ${branches}${times}`;
    case 'branch moved forward':
      return `Moved ${branches} forward${times}`;
    case 'branch brought up to date':
      return `Brought ${branches} up to date${times}`;
    case 'tag moved':
      return tellMany('Moved', 'tag', activities);
    case 'issue comment created':
    case 'commit comment created':
    case 'discussion comment created':
      return tellComments(activities, 'comment');
    case 'review commented':
      return tellComments(activities, 'review comment');
    case 'pull request review thread resolved':
    case 'pull request review thread unresolved': {
      const verb = kind.endsWith('unresolved') ? 'Reopened' : 'Resolved';
      const place =
        subjects.length === 1 ? `pull request ${nameOf(subjects[0] ?? '')}` : plural(subjects.length, 'pull request');
      return `${verb} ${count} conversations in ${place}`;
    }
    default:
  }
  if (/^(?:new \w+|security alert)$/.test(kind)) return plural(count, kind);
  const heads = distinct(
    activities.map(({ title }) => {
      const [, verb, noun, otherVerb, otherNoun] = head.exec(title) ?? [];
      return verb ? `${verb}\n${noun}` : otherVerb ? `${otherVerb}\n${otherNoun}` : '';
    }),
  );
  const [verb = '', noun = ''] = heads.length === 1 ? (heads[0]?.split('\n') ?? []) : [];
  if (noun) return tellMany(verb, noun, activities);
  const titles = distinct(activities.map(({ title }) => title));
  if (titles.length === 1) return `${titles[0]}, ${count} times`;
  const [one, other] = titles;
  return titles.length <= maxNames ? titles.join('; ') : `${one}; ${other} and ${count - 2} more`;
}

/** Names the kind whose line an activity belongs to. */
function kindOf(activity: GitHubActivity): string {
  const { event, action, isBot } = activity;
  const { name } = happeningOf(activity);
  if (verdictOf(activity)) return isBot ? 'builds of programs' : 'builds';
  if (event === 'pull_request' && action === 'synchronize') return 'pull request updated';
  return name === 'big push' ? 'push' : name;
}

/**
 * True for a build result that has a line of its own: a failed build or one that passes again, of a program only where
 * it changes the default branch.
 */
function isNamed(activity: GitHubActivity): boolean {
  const { outcome, turn, isBot, isDefaultBranch } = activity;
  if (verdictOf(activity) === undefined || (isBot && !(isDefaultBranch && turn !== 'same'))) return false;
  return turn === 'fixed' || outcome === 'failure' || outcome === 'timed_out';
}
