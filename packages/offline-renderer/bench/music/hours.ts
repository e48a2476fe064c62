import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { type Actor, activityOf, kinds, people, programs } from './kinds.ts';
import { asides, type Role, type Scene, stories } from './stories.ts';

/** Something that happened and when the server heard it. */
export interface Happening {
  readonly at: EpochMs;
  readonly activity: GitHubActivity;
}

export const hourMs = 3_600_000;

/** 10:00 UTC on a Tuesday. */
export const hourStart: EpochMs = 1_764_064_800_000;

/** The hours and how much happens in each: what a small, a middling and a big team's hour brought in a recorded day. */
export const hours = { quiet: 14, normal: 58, busy: 187 } as const;

export type HourName = keyof typeof hours;

/** How likely each story begins an hour: pull requests, reviews and agents make up most of a day. */
const weights = [5, 5, 2, 3, 1, 1, 1, 1, 1, 1, 4, 1] as const;

type Cast = Readonly<Record<Role, Actor>>;

function pick<T>(next: () => number, options: readonly T[]): T {
  const chosen = options[Math.floor(next() * options.length)];
  if (chosen === undefined) throw new RangeError('There is nothing to pick from.');
  return chosen;
}

function pickStory(next: () => number): readonly Scene[] {
  // Each story as often as it weighs.
  const deck = Object.values(stories).flatMap((story, i) => Array.from({ length: weights[i] ?? 0 }, () => story));
  return pick<readonly Scene[]>(next, deck);
}

function castOf(next: () => number): Cast {
  const [author, reviewer, other] = people.map((one) => ({ one, place: next() })).toSorted((a, b) => a.place - b.place);
  if (!author || !reviewer || !other) throw new RangeError('A story needs three people.');
  return { ...programs, author: author.one, reviewer: reviewer.one, other: other.one };
}

/** What each scene of a story is about. A build is named by its run: its branch ties it to the rest. */
function aboutOf({ about, kind }: Scene, number: number): Partial<GitHubActivity> {
  const branch = { branch: `work-${number}` };
  const isBuild = kinds[kind].event === 'workflow_run';
  const abouts: Readonly<Record<Scene['about'], Partial<GitHubActivity>>> = {
    pull: { subject: `pull/${number}`, ...branch },
    branch: { subject: `heads/work-${number}`, ...branch },
    main: { subject: 'heads/main', branch: 'main', isDefaultBranch: true },
    tag: { subject: `tags/v${number}` },
    issue: { subject: `issues/${number}` },
    deployment: { subject: `deployment/${number}` },
    alert: { subject: `alert/${number}` },
    nothing: {},
  };
  return { ...abouts[about], ...(isBuild && { subject: `run/${number}` }) };
}

/** A change is a third or three times as big as another. */
function vary(activity: GitHubActivity, factor: number): GitHubActivity {
  const size = (value: number): number => (value === 0 ? 0 : Math.max(1, Math.round(value * factor)));
  const { commits, files, additions, deletions } = activity;
  return {
    ...activity,
    commits: size(commits),
    files: size(files),
    additions: size(additions),
    deletions: size(deletions),
  };
}

/**
 * Makes an hour of `count` happenings out of the twelve stories and of small things between them. The same seed gives the
 * same hour; another seed gives other stories, people, times and sizes.
 */
export function happeningsOf(count: number, seed: number, repositoryId = 1_296_269 + 7 * seed): readonly Happening[] {
  const next = mulberry32(seed);
  const found: Happening[] = [];
  for (let number = 100; found.length < count; number += 10) {
    const isAside = next() < 0.35;
    const scenes = isAside ? [pick(next, asides)] : pickStory(next);
    const cast = castOf(next);
    const length = (scenes.at(-1)?.after ?? 0) * 1000;
    const begin = hourStart + next() * Math.max(0, hourMs - 30_000 - length);
    for (const scene of scenes.slice(0, count - found.length)) {
      const at = Math.round(begin + (scene.after + next() * 8) * 1000);
      const deliveryId = `${seed}-${count}-${found.length}`;
      const about = aboutOf(scene, number + scene.which);
      const made = activityOf(scene.kind, cast[scene.by], { deliveryId, repositoryId, occurredAt: at, ...about });
      found.push({ at, activity: vary(made, 3 ** (2 * next() - 1)) });
    }
  }
  return found.toSorted((a, b) => a.at - b.at);
}
