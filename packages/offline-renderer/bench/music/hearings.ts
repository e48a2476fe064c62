import type { GitHubActivity, MusicalParameters, Score } from '@bnc/contracts';
import { compose, mapActivity, type Theme } from '@bnc/music-engine';
import { activityOf, type KindName, people } from './kinds.ts';
import { leadTrackOf } from './lines.ts';
import { gainOf, renderTracks } from './mix.ts';
import { monoOf } from './tone.ts';

/** How much happenings matter to a team, from 1 to 5: written down without a look at what the engine makes of them. */
export const importance = {
  label: 1,
  'branch created': 1,
  assigned: 1,
  milestoned: 1,
  commented: 2,
  replied: 2,
  starred: 2,
  push: 3,
  opened: 3,
  'issue opened': 3,
  approved: 4,
  merged: 4,
  'alert solved': 4,
  deployed: 5,
  released: 5,
  red: 5,
  alert: 5,
  'deployment failed': 5,
} as const satisfies Partial<Readonly<Record<KindName, number>>>;

/** A phrase that is heard by itself. */
export interface Hearing {
  readonly activity: GitHubActivity;
  readonly params: MusicalParameters;
  readonly score: Score;
}

/** One happening in a room of its own: another repository, person, language and size with each number. */
export function hear(kind: KindName, number: number, theme?: Theme): Hearing {
  const languages = ['TypeScript', 'Rust', 'Python', 'Go', 'C', 'Java', 'Ruby'];
  const actor = people[number % people.length];
  if (!actor) throw new RangeError('There are no people.');
  const plain = activityOf(kind, actor, {
    deliveryId: `${kind} ${number}`,
    repositoryId: 1000 + 7 * number,
    language: languages[number % languages.length] ?? 'C',
    subject: `pull/${number}`,
    occurredAt: 1_764_064_800_000 + 3_600_000 * (number % 24),
    ...(kind === 'red' && { isDefaultBranch: true, branch: 'main' }),
  });
  const grow = (value: number): number => Math.round(value * (0.6 + (number % 5) * 0.2));
  const { commits, files, additions } = plain;
  const activity = {
    ...plain,
    commits: Math.max(Math.min(1, commits), grow(commits)),
    files: grow(files),
    additions: grow(additions),
  };
  const params = mapActivity(activity, { commitsPerHour: 3, ...(theme && { theme }) });
  return { activity, params, score: compose(params) };
}

/** The lead of a phrase and all the rest, each as it sounds in the whole. */
export async function separate({
  params,
  score,
}: Hearing): Promise<{ readonly lead: Float32Array; readonly rest: Float32Array }> {
  const track = leadTrackOf(params, score);
  const gain = await gainOf(score);
  return {
    lead: monoOf(await renderTracks(score, (index) => index === track, gain)),
    rest: monoOf(await renderTracks(score, (index) => index !== track, gain)),
  };
}
