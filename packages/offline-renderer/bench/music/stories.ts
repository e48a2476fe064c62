import type { KindName } from './kinds.ts';

/** Who does it: a role that a story casts anew each time it is played, or a program by name. */
export type Role =
  | 'author'
  | 'reviewer'
  | 'other'
  | 'copilot'
  | 'claude'
  | 'dependabot'
  | 'renovate'
  | 'actions'
  | 'codecov';

/** One happening of a story. */
export interface Scene {
  /** Seconds since the story began. */
  readonly after: number;
  readonly by: Role;
  readonly kind: KindName;
  /** What it is about: the story's pull request, its branch, the default branch, a tag, an issue, a deployment, an alert. */
  readonly about: 'pull' | 'branch' | 'main' | 'tag' | 'issue' | 'deployment' | 'alert' | 'nothing';
  /** Which of several such things, counted from 0. */
  readonly which: number;
}

type Line = readonly [after: number, by: Role, kind: KindName, about?: Scene['about'], which?: number];

function story(...lines: readonly Line[]): readonly Scene[] {
  return lines.map(([after, by, kind, about = 'pull', which = 0]) => ({ after, by, kind, about, which }));
}

/** The same several times, `every` so many seconds. */
function again(count: number, every: number, [after, by, kind, about = 'pull']: Line): readonly Line[] {
  return Array.from({ length: count }, (_, i) => [after + i * every, by, kind, about]);
}

/** The same with several things, `every` so many seconds. */
function each(count: number, every: number, line: Line): readonly Line[] {
  return again(count, every, line).map(([after, by, kind, about = 'pull'], which) => [after, by, kind, about, which]);
}

/** Twelve stories of a team's day, each as what is heard of it. A build has the name of who pushed. */
export const stories = {
  'a pull request with twelve checks': story(
    [0, 'author', 'push', 'branch'],
    [25, 'author', 'opened'],
    [150, 'codecov', 'commented'],
    [260, 'author', 'green', 'branch'],
    [500, 'reviewer', 'approved'],
    [560, 'author', 'merged'],
    [800, 'author', 'green', 'main'],
  ),
  'a review round': story(
    [0, 'reviewer', 'review commented'],
    [70, 'reviewer', 'changes requested'],
    ...again(3, 35, [180, 'author', 'replied']),
    ...again(2, 4, [330, 'author', 'thread resolved']),
    [420, 'author', 'push', 'branch'],
    [520, 'other', 'commented'],
    [600, 'author', 'green', 'branch'],
    [690, 'reviewer', 'approved'],
    [760, 'author', 'merged'],
  ),
  'a merge queue': story(
    [0, 'author', 'queued'],
    [200, 'author', 'green', 'branch'],
    [215, 'author', 'merged'],
    [300, 'actions', 'deploying', 'deployment'],
    [380, 'actions', 'deployment failed', 'deployment'],
  ),
  'red, then green again': story(
    [0, 'author', 'push', 'main'],
    [190, 'author', 'red', 'main'],
    [260, 'reviewer', 'commented', 'nothing'],
    [420, 'author', 'push', 'main'],
    [610, 'author', 'fixed', 'main'],
  ),
  'a release': story(
    [0, 'author', 'tag created', 'tag'],
    [120, 'author', 'released', 'tag'],
    [190, 'actions', 'packaged', 'tag'],
    [260, 'actions', 'deploying', 'deployment'],
    [330, 'actions', 'deployed', 'deployment'],
  ),
  'a wave of updates': story(
    ...each(6, 4, [0, 'dependabot', 'opened']),
    ...each(5, 9, [180, 'dependabot', 'green', 'branch']),
    [240, 'dependabot', 'red', 'branch'],
    [420, 'author', 'approved'],
    [470, 'author', 'merged'],
  ),
  'a stack of rebased branches': story(
    ...each(4, 2, [0, 'author', 'rebased', 'branch']),
    [90, 'author', 'push', 'branch'],
    [300, 'author', 'green', 'branch'],
  ),
  'programs that comment on each other': story(
    ...again(9, 22, [0, 'codecov', 'commented']),
    [120, 'author', 'commented'],
    [260, 'author', 'merged'],
  ),
  'five hundred commits': story(
    [0, 'author', 'big push', 'branch'],
    [40, 'author', 'branch created', 'branch'],
    [150, 'author', 'moved forward', 'branch'],
    [320, 'author', 'brought up to date', 'branch'],
    [520, 'author', 'cancelled', 'branch'],
  ),
  'a burst of merges': story(
    ...each(4, 3, [0, 'author', 'merged']),
    [180, 'actions', 'deploying', 'deployment'],
    [260, 'actions', 'deployed', 'deployment'],
    [330, 'reviewer', 'issue closed', 'issue'],
  ),
  'a coding agent at work': story(
    [0, 'author', 'assigned', 'issue'],
    [45, 'copilot', 'opened'],
    ...again(5, 75, [100, 'copilot', 'push', 'branch']),
    [420, 'copilot', 'red', 'branch'],
    [520, 'claude', 'review commented'],
    [640, 'copilot', 'push', 'branch'],
    [800, 'copilot', 'fixed', 'branch'],
    [860, 'copilot', 'ready for review'],
    [980, 'author', 'approved'],
  ),
  'night and weekend': story(
    [0, 'author', 'red', 'main'],
    [300, 'dependabot', 'alert', 'alert'],
    [620, 'other', 'issue opened', 'issue'],
    [660, 'other', 'label', 'nothing'],
    [900, 'other', 'starred', 'nothing'],
    [1200, 'author', 'fixed', 'main'],
  ),
} as const;

/** Small things between the stories. */
export const asides: readonly Scene[] = story(
  [0, 'other', 'commented', 'issue'],
  [0, 'other', 'labelled', 'issue'],
  [0, 'author', 'push', 'branch'],
  [0, 'reviewer', 'replied', 'pull'],
  [0, 'author', 'branch deleted', 'branch'],
  [0, 'other', 'starred', 'nothing'],
  [0, 'reviewer', 'wiki', 'nothing'],
  [0, 'author', 'milestoned', 'issue'],
  [0, 'author', 'review asked', 'pull'],
  [0, 'other', 'issue opened', 'issue'],
);
