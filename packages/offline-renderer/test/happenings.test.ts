import type { GitHubActivity } from '@bnc/contracts';
import { compose, mapActivity } from '@bnc/music-engine';
import { decibels, rms, slice, toMono } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { render } from './render.ts';

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

/** What an ear gets from the sound alone. */
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
  const [left, right] = [sound.getChannelData(0), sound.getChannelData(1)];
  // Before the signature, the sign is alone.
  const sign = { to: 0.28 };
  return {
    level: decibels(rms(toMono(sound))),
    side: decibels(rms(slice(right, sound.sampleRate, sign)) / rms(slice(left, sound.sampleRate, sign))),
  };
}

describe('the rendered sound alone', () => {
  it.each([0, 2])(
    'tells a merge from a red build by the side of its sign and by how loud it is, in room %i',
    async (room) => {
      const merged = await hear(merge, room);
      const red = await hear(redBuild, room);
      expect(merged.side).toBeLessThan(-2);
      expect(red.side).toBeGreaterThan(2);
      expect(red.level - merged.level).toBeGreaterThan(0.5);
    },
  );
});
