import { readdirSync, readFileSync } from 'node:fs';
import type { GitHubActivity } from '@bnc/contracts';
import { emotionOf, mapActivity, strongestOf, tellsOf } from '@bnc/music-engine';
import { describe, expect, it } from 'vitest';
import { listenTo } from './listen.ts';
import { deployed, issue, movedTag, pull, push, release, review, run, sha, type Timed } from './payloads.ts';

/** The deliveries of a real story, and the lines that are reported. */
interface Case {
  readonly name: string;
  /** What is right about it, in words. */
  readonly should: string;
  readonly told: readonly string[];
  readonly deliveries: readonly Timed[];
}

const folder = new URL('./cases/', import.meta.url);
const cases = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case);

function caseOf(name: string): Case {
  const found = cases.find((each) => each.name === name);
  if (!found) throw new Error(`There is no case ${name}.`);
  return found;
}

describe('a story as GitHub sends it', () => {
  it.each(cases)('is reported as it was, each happening once: $name', async ({ deliveries, told }) => {
    expect((await listenTo(deliveries)).told).toEqual(told);
  });

  it.each(cases)('is not reported again through the hook of an organisation: $name', async ({ deliveries, told }) => {
    const twice = deliveries.flatMap((each) => [
      each,
      {
        ...each,
        afterMs: each.afterMs + 50,
        payload: { ...each.payload, organization: { id: 99, login: 'choir' }, installation: { id: 5 } },
      },
    ]);
    const heard = await listenTo(twice);
    expect(heard.told.map(withoutTime)).toEqual(told.map(withoutTime));
  });

  it('links to the forge that sent it', async () => {
    const { activities } = await listenTo(caseOf('http-forge-links-to-github-com').deliveries);
    expect(activities.map(({ url }) => url)).toEqual(['http://git.corp.example/choir/ghe/compare/a...b']);
  });

  it('counts commits that the repository had before apart from new ones', async () => {
    const { activities } = await listenTo(caseOf('known-commits-count-as-new').deliveries);
    expect(activities.map(({ commits, knownCommits }) => ({ commits, knownCommits }))).toEqual([
      { commits: 0, knownCommits: 50 },
      { commits: 1, knownCommits: 30 },
    ]);
  });

  it('names the jobs that failed', async () => {
    const { activities } = await listenTo(caseOf('green-announced-before-red').deliveries);
    expect(activities.map(({ failed }) => failed)).toEqual([['unit']]);
  });

  it('gives every part of a phrase its reason, and its line', async () => {
    const { activities } = await listenTo(caseOf('burst-gives-false-reasons').deliveries);
    const { emotion, bars, reasons } = mapActivity(activities);
    expect(emotion).toBe('resolution');
    expect(reasons).toContainEqual({ because: '8 commits, 1 file, 0 lines', therefore: 'its length' });
    expect(reasons).toContainEqual({ because: '8 commits pushed', therefore: 'chirp' });
    expect(reasons).toContainEqual({ because: 'build passed', therefore: 'meow' });
    expect(bars).toBe(4);
    expect(tellsOf(activities).map(({ title, actor, count }) => ({ title, actor, count }))).toEqual([
      { title: 'CI passed on main', actor: 'ada', count: 1 },
      { title: 'Closed issue #12: Sofa is torn', actor: 'dora', count: 1 },
      { title: 'Pushed 8 commits to main: Scratch (8/8)', actor: 'dora', count: 1 },
    ]);
  });

  it('gives the size of what is new, and not of what is rebased with it', async () => {
    const { activities } = await listenTo([
      push(0, { branch: 'idea', forced: true, commits: 40, after: sha(50) }),
      push(1000, { branch: 'feat', commits: 2, after: sha(51), by: 'lisa' }),
    ]);
    expect(mapActivity(activities).reasons).toContainEqual({
      because: '2 commits, 2 files, 0 lines',
      therefore: 'its length',
    });
    expect(tellsOf(activities).map(({ title }) => title)).toEqual([
      'Pushed 2 commits to feat: Purr in tune',
      'Rebased idea (40 commits)',
    ]);
  });

  it('names every cat’s caller, and counts what is of one kind', async () => {
    const { activities } = await listenTo([
      pull(0, 'merged'),
      pull(500, 'opened', { number: 8, head: 'other', by: 'lisa' }),
      pull(900, 'opened', { number: 9, head: 'another', by: 'lisa' }),
      run(1000, { conclusion: 'failure' }),
    ]);
    const { emotion, cats, reasons } = mapActivity(activities);
    expect(emotion).toBe('tension');
    expect(cats).toEqual(['mrrp', 'purr', 'meow']);
    expect(reasons).toContainEqual({ because: 'build failed', therefore: 'mrrp' });
    expect(reasons).toContainEqual({ because: 'pull request merged', therefore: 'purr, meow' });
    expect(tellsOf(activities).map(({ title, actor, count }) => [title, actor, count])).toEqual([
      ['CI failed on main', 'mona', 1],
      ['Merged pull request #7: Purr', 'mona', 1],
      ['Opened 2 pull requests: #8, #9', 'lisa', 2],
    ]);
  });

  it('is a resolution where bots clean up around good news', async () => {
    for (const name of ['release-heard-as-force-push', 'merge-hidden-by-dependabot-rebase']) {
      const { activities } = await listenTo(caseOf(name).deliveries);
      expect(mapActivity(activities).emotion).toBe('resolution');
    }
  });

  it.each(['moved-tag-says-0-commits', 'gh-pages-republish-is-tension', 'not-planned-sounds-like-solved'])(
    'is quiet where nothing new came: %s',
    async (name) => {
      const { activities } = await listenTo(caseOf(name).deliveries);
      for (const activity of activities) {
        expect(mapActivity(activity)).toMatchObject({ emotion: 'activity', gesture: 'murmur', bars: 0, cats: [] });
      }
    },
  );
});

function withoutTime(line: string): string {
  return line.replace(/^\d+ /, '');
}

type Telling = readonly [what: string, deliver: (afterMs: number) => Timed];

const good: readonly Telling[] = [
  ['a merge by a person', (at) => pull(at, 'merged')],
  ['a merge by the queue', (at) => pull(at, 'merged', { author: 'lisa', by: 'github-merge-queue[bot]' })],
  ['a release by a bot', (at) => release(at, 'published', { by: 'semantic-release-bot' })],
  ['a deployment by a bot', (at) => deployed(at, 'success', { by: 'vercel[bot]' })],
  ['an approval', (at) => review(at, 'approved', { by: 'lisa' })],
  ['an issue that is completed', (at) => issue(at, 'closed', { reason: 'completed' })],
  ['a run that passed', (at) => run(at)],
];

const routine: readonly Telling[] = [
  [
    'dependabot rebases a branch of its own',
    (at) => push(at, { branch: 'dependabot/npm/x', forced: true, commits: 3, after: sha(50), by: 'dependabot[bot]' }),
  ],
  ['a bot moves a tag', (at) => movedTag(at, { tag: 'nightly', by: 'buildkite[bot]' })],
  ['a bot publishes to gh-pages', (at) => push(at, { branch: 'gh-pages', forced: true, by: 'github-actions[bot]' })],
  [
    'a bot closes a pull request of its own that a newer one replaces',
    (at) => pull(at, 'closed', { number: 31, head: 'dependabot/npm/y', by: 'dependabot[bot]' }),
  ],
  [
    'a person rebases a feature branch',
    (at) => push(at, { branch: 'idea', forced: true, commits: 40, after: sha(51), by: 'lisa' }),
  ],
  ['a pull request goes back to draft', (at) => pull(at, 'converted_to_draft', { number: 32, head: 'wip' })],
];

describe('good news', () => {
  const pairs = good.flatMap(([news, tellNews]) =>
    routine.map(([noise, tellNoise]) => ({ news, noise, tellNews, tellNoise })),
  );

  it.each(pairs)('leads whatever is routine, in both orders: $news while $noise', async ({ tellNews, tellNoise }) => {
    for (const gapMs of [0, 2000]) {
      for (const deliveries of [
        [tellNews(0), tellNoise(gapMs)],
        [tellNoise(0), tellNews(gapMs)],
      ]) {
        const { activities } = await listenTo(deliveries);
        const alone = await listenTo([tellNews(0)]);
        const [newsAlone] = alone.activities;
        expect(alone.activities).toHaveLength(1);
        expect(emotionOf(newsAlone as GitHubActivity)).toBe('resolution');
        expect(strongestOf(activities).title).toBe(newsAlone?.title);
        expect(mapActivity(activities).emotion).toBe('resolution');
      }
    }
  });

  it('is 42 pairs', () => {
    expect(pairs).toHaveLength(42);
  });
});
