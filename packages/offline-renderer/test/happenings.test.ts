import type { GitHubActivity } from '@bnc/contracts';
import { compose, mapActivity } from '@bnc/music-engine';
import { pitchClasses, pulseStrength, toMono } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { render } from './render.ts';

/** How much each step above the home note belongs to a key, by what listeners say (Krumhansl and Kessler 1982). */
const profiles = {
  major: [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
  minor: [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
};

const notes = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'];

function correlation(a: readonly number[], b: readonly number[]): number {
  const middle = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [ma, mb] = [middle(a), middle(b)];
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] ?? 0) - my), 0);
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
}

const merge: Partial<GitHubActivity> = {
  event: 'pull_request',
  action: 'closed',
  outcome: 'merged',
  commits: 2,
  files: 6,
  additions: 160,
  deletions: 40,
};
const redBuild: Partial<GitHubActivity> = { event: 'workflow_run', action: 'completed', outcome: 'failure' };

/** The beats a minute, 80-120, on whose beats, halves and quarters most of the rhythm lies. */
function tempoOf(pulse: (hertz: number) => number): number {
  const lying = (tempo: number): number => [1, 2, 4].reduce((sum, part) => sum + pulse((tempo / 60) * part), 0);
  const tempos = Array.from({ length: 81 }, (_, i) => 80 + i / 2);
  return tempos.reduce((best, tempo) => (lying(tempo) > lying(best) ? tempo : best));
}

/** What an ear that knows the room's home note gets from the sound alone. */
async function hear(happening: Partial<GitHubActivity>, room: number) {
  const params = mapActivity(
    {
      deliveryId: `room ${room}`,
      event: 'push',
      repoId: 'octo/cat',
      repositoryId: 1000 + 7 * room,
      isPrivate: false,
      actor: `user-${room}`,
      isBot: false,
      language: ['TypeScript', 'Rust', 'Python'][room % 3] ?? 'C',
      commits: 0,
      files: 0,
      additions: 0,
      deletions: 0,
      title: 'as heard',
      url: 'https://github.com/octo/cat',
      occurredAt: 1_764_000_000_000,
      ...happening,
    },
    { commitsPerHour: 3 },
  );
  const sound = await render(compose(params));
  const mono = toMono(sound);
  const classes = pitchClasses(mono, sound.sampleRate);
  const home = notes.indexOf(params.tonic ?? '');
  const steps = classes.map((_, step) => classes[(step + home) % 12] ?? 0);
  return {
    major: correlation(steps, profiles.major),
    minor: correlation(steps, profiles.minor),
    tempo: tempoOf(pulseStrength(mono, sound.sampleRate)),
  };
}

describe('the rendered sound alone', () => {
  // The room's tempo is 100: a merge keeps it, a red build holds it back.
  it.each([0, 2])('tells a merge from a red build by its key and its tempo, in room %i', async (room) => {
    const merged = await hear(merge, room);
    expect(merged.major - merged.minor).toBeGreaterThan(0.1);
    expect(Math.abs(merged.tempo - 100)).toBeLessThanOrEqual(1);

    const red = await hear(redBuild, room);
    expect(red.minor - red.major).toBeGreaterThan(0.1);
    expect(red.tempo).toBeLessThan(95);
  });
});
