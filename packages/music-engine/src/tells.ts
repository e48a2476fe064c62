import type { GitHubActivity, Tell } from '@bnc/contracts';
import { happeningOf } from './happening.ts';
import { byStrength } from './map-activity.ts';

/** Names that one line lists before it counts. */
const maxNamed = 3;
/** Numbers such as #12 that one line lists. */
const maxNumbers = 5;
const maxTitle = 200;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const pluralOf = (noun: string): string => (noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`);

/** Lists people: `mona`, `mona and lisa`, `mona, lisa and 3 more`. */
const peopleOf = (activities: readonly GitHubActivity[]): string => {
  const names = [...new Set(activities.map(({ actor }) => actor.replace(/\[bot\]$/, '')))];
  if (names.length <= 2) return names.join(' and ');
  if (names.length === maxNamed) return `${names[0]}, ${names[1]} and ${names[2]}`;
  return `${names[0]}, ${names[1]} and ${names.length - 2} more`;
};

const distinct = (values: readonly (string | undefined)[]): string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];
const subjectsOf = (activities: readonly GitHubActivity[]): string[] => distinct(activities.map(({ subject }) => subject));

/** `#12` of `pull/12`; nothing for a subject without a number. */
const numberOf = (subject: string): string | undefined => {
  const [, number] = /^(?:pull|issues|discussions)\/(\d+)$/.exec(subject) ?? [];
  return number && `#${number}`;
};

const listNumbers = (subjects: readonly string[]): string => {
  const numbers = subjects.map(numberOf).filter((number) => number !== undefined);
  return numbers.length > 0 && numbers.length <= maxNumbers ? `: ${numbers.join(', ')}` : '';
};

/** Builds are one kind whatever their end: a wave of them is told in one line. */
const buildEvents = new Set(['workflow_run', 'check_suite', 'status']);
const verdicts = { success: 'passed', failure: 'failed', timed_out: 'timed out', cancelled: 'was cancelled' } as const;
type Verdict = keyof typeof verdicts;
const verdictOf = ({ event, outcome }: GitHubActivity): Verdict | undefined =>
  buildEvents.has(event) && outcome !== undefined && Object.hasOwn(verdicts, outcome) ? (outcome as Verdict) : undefined;

const tellBuilds = (activities: readonly GitHubActivity[]): string => {
  const failed = distinct(activities.flatMap((activity) => activity.failed ?? []));
  const counts = (Object.keys(verdicts) as Verdict[])
    .map((verdict) => [activities.filter((activity) => verdictOf(activity) === verdict).length, verdict] as const)
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${verdict === 'cancelled' && count > 1 ? 'were cancelled' : verdicts[verdict]}`);
  const words = counts.length === 1 ? counts[0]?.replace(' ', ' builds ') : counts.join(', ');
  return `${words}${failed.length > 0 ? `: ${failed.slice(0, maxNumbers).join(', ')}` : ''}`;
};

/** `43 comments by 2 bots on #1626`. */
const tellComments = (activities: readonly GitHubActivity[], noun: string): string => {
  const bots = distinct(activities.map(({ isBot, actor }) => (isBot ? actor : undefined)));
  const people = distinct(activities.map(({ isBot, actor }) => (isBot ? undefined : actor)));
  const by = people.length === 0 ? ` by ${plural(bots.length, 'bot')}` : '';
  const subjects = subjectsOf(activities);
  const [only] = subjects;
  const place = subjects.length === 1 && only ? (numberOf(only) ?? only.replace('/', ' ')) : undefined;
  const on = place ?? (subjects.length > 1 ? `${subjects.length} threads` : '');
  return `${plural(activities.length, noun)}${by}${on && ` on ${on}`}`;
};

/** Verb and noun at the head of a title: `Opened pull request #7: …`, `Closed as not planned: issue #7: …`, `Created branch x`. */
const head = /^(.{1,60}?) (pull request|issue|discussion|milestone|branch|tag|package|label|sub-issue)\b/;

/** Tells several happenings of one kind in one line. */
const tellGroup = (name: string, activities: readonly GitHubActivity[]): string => {
  const count = activities.length;
  const subjects = subjectsOf(activities);
  const named = Math.max(1, subjects.length);
  if (activities.every((activity) => verdictOf(activity) !== undefined)) return tellBuilds(activities);
  switch (name) {
    case 'push':
    case 'big push': {
      const commits = activities.reduce((sum, activity) => sum + activity.commits, 0);
      const [branch = ''] = subjects;
      const to = subjects.length === 1 ? branch.replace(/^heads\//, '') : `${named} branches`;
      return `Pushed ${plural(commits, 'commit')} to ${to}`;
    }
    case 'branch rebased':
      return named === 1 ? `Rebased ${subjects[0]?.replace(/^heads\//, '')}, ${count} times` : `Rebased ${named} branches`;
    case 'tag moved':
      return named === 1 ? `Moved tag ${subjects[0]?.replace(/^tags\//, '')}, ${count} times` : `Moved ${named} tags`;
    case 'branch moved forward':
      return `Moved ${named} ${named === 1 ? 'branch' : 'branches'} forward`;
    case 'branch brought up to date':
      return `Brought ${named} ${named === 1 ? 'branch' : 'branches'} up to date`;
    case 'pages branch published':
      return `Published to gh-pages, ${count} times`;
    case 'issue comment created':
    case 'commit comment created':
    case 'discussion comment created':
      return tellComments(activities, 'comment');
    case 'review commented':
      return tellComments(activities, 'review comment');
    case 'new star':
      return `${plural(count, 'new star')}`;
    case 'new fork':
      return `${plural(count, 'new fork')}`;
    default:
  }
  const heads = distinct(activities.map(({ title }) => head.exec(title)?.slice(1, 3).join('\n') ?? ''));
  const [verb = '', noun = ''] = heads.length === 1 ? (heads[0]?.split('\n') ?? []) : [];
  if (noun) {
    const again = named < count ? `, ${count} times` : '';
    return `${verb} ${named} ${named === 1 ? noun : noun === 'branch' ? 'branches' : pluralOf(noun)}${listNumbers(subjects)}${again}`;
  }
  const titles = distinct(activities.map(({ title }) => title));
  return titles.length === 1 ? `${titles[0]}, ${count} times` : `${count} times: ${name}`;
};

/**
 * Tells everything that a phrase speaks for, grouped and counted by kind, most important first: `Merged pull request
 * #7: Purr`, `Opened 15 pull requests`, `12 passed, 3 failed: unit, e2e, docs`, `43 comments by 2 bots on #1626`.
 */
export const tellsOf = (activities: readonly GitHubActivity[]): Tell[] => {
  const groups = new Map<string, GitHubActivity[]>();
  for (const activity of byStrength(activities)) {
    const { name } = happeningOf(activity);
    const kind = verdictOf(activity) ? 'builds' : name === 'big push' ? 'push' : name;
    const group = groups.get(kind);
    if (group) group.push(activity);
    else groups.set(kind, [activity]);
  }
  return [...groups].map(([kind, group]): Tell => {
    const [first] = group;
    const title = group.length === 1 ? (first?.title ?? '') : tellGroup(kind, group);
    return {
      title: title.length > maxTitle ? `${title.slice(0, maxTitle - 1)}…` : title,
      url: first?.url ?? '',
      actor: peopleOf(group),
      count: group.length,
    };
  });
};
