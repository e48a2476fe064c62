import type { GitHubActivity, Score } from '@bnc/contracts';
import { compose, mapActivity, type Theme, themes } from '@bnc/music-engine';
import { expect, it } from 'vitest';
import { integratedLoudness } from '../src/master/loudness.ts';
import { renderMix } from './render.ts';

const merge: GitHubActivity = {
  deliveryId: 'balance',
  event: 'pull_request',
  action: 'closed',
  outcome: 'merged',
  repoId: 'octo/cat',
  repositoryId: 1021,
  isPrivate: false,
  actor: 'mona',
  isBot: false,
  language: 'TypeScript',
  commits: 3,
  files: 7,
  additions: 180,
  deletions: 0,
  title: 'as heard',
  url: '',
  occurredAt: 1_764_000_000_000,
};
const opened = { action: 'opened', outcome: undefined } as const;
const pushed = { event: 'push', action: undefined, outcome: undefined } as const;

function phraseOf(theme: Theme, change: object): Score {
  return compose(mapActivity({ ...merge, ...change }, { commitsPerHour: 3, theme }));
}

async function loudnessOf(score: Score, isWanted: (index: number) => boolean): Promise<number> {
  const sound = await renderMix({ ...score, tracks: score.tracks.filter((_, index) => isWanted(index)) });
  return integratedLoudness([sound.getChannelData(0), sound.getChannelData(1)], sound.sampleRate);
}

it.each(themes)('in the theme %s the lead is above its band, which is heard all the same', async (theme) => {
  const above: number[] = [];
  for (const change of [{}, opened, pushed]) {
    const score = phraseOf(theme, change);
    // The first track is the lead, the last two are the sign and the signature.
    const signs = score.tracks.length - 2;
    const lead = await loudnessOf(score, (index) => index === 0);
    above.push(lead - (await loudnessOf(score, (index) => index > 0 && index < signs)));
  }
  expect(Math.min(...above)).toBeGreaterThan(-3);
  expect(Math.max(...above)).toBeLessThan(12);
});

it('the band of 8-bit comes from the middle, and the signs keep their places', () => {
  for (const change of [{}, opened, pushed]) {
    const pans = phraseOf('8-bit', change).tracks.map(({ pan = 0 }) => pan);
    expect(new Set(pans.slice(0, -2))).toEqual(new Set([0]));
    expect(pans.at(-2)).toBe(-0.47);
  }
});
