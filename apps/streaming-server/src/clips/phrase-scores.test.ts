import { mapActivity } from '@bnc/music-engine';
import { expect, test } from 'vitest';
import { PhraseScores } from './phrase-scores.ts';

const activity = {
  deliveryId: 'd',
  event: 'push',
  repoId: 'octo/cat',
  repositoryId: 1,
  isPrivate: false,
  actor: 'cat',
  isBot: false,
  commits: 1,
  files: 1,
  additions: 0,
  deletions: 0,
  title: 'push',
  url: '',
  occurredAt: 0,
  receivedAt: 0,
};

test('phrases that come all at once are measured two at a time, ten in all: the others keep their estimates, and later ones are measured', async () => {
  const waiting: ((gain: number) => void)[] = [];
  let running = 0;
  let most = 0;
  let measured = 0;
  const gainOf = async (): Promise<number> => {
    most = Math.max(most, ++running);
    measured++;
    const gain = await new Promise<number>((resolve) => waiting.push(resolve));
    running--;
    return gain;
  };
  const scores = new PhraseScores({ gainOf }, (error) => expect.unreachable(String(error)));
  const musicalParams = mapActivity([activity]);
  const phraseOf = (index: number) => ({ phraseId: `phrase ${index}`, musicalParams });
  const corrections = Array.from({ length: 30 }, (_, index) => scores.correction(phraseOf(index)));
  for (let done = 0; done < 10; done++) {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    waiting.shift()?.(40);
  }
  const gains = await Promise.all(corrections);
  expect([measured, most]).toEqual([10, 2]);
  expect(gains.filter((gain) => gain === 40)).toHaveLength(10);
  expect(scores.past(phraseOf(0)).gain).toBe(40);
  expect(scores.past(phraseOf(29)).gain).not.toBe(40);

  const later = scores.correction(phraseOf(29));
  await expect.poll(() => waiting.length).toBe(1);
  waiting.shift()?.(50);
  expect(await later).toBe(50);
});

test('phrases that are read again, however many, leave what is played now where it is', async () => {
  const scores = new PhraseScores({ gainOf: async () => 40 }, (error) => expect.unreachable(String(error)));
  const musicalParams = mapActivity([activity]);
  const live = { phraseId: 'live', musicalParams };
  await scores.correction(live);
  const text = scores.text(live);
  for (let index = 0; index < 600; index++) scores.past({ phraseId: `past ${index}`, musicalParams });
  for (let index = 0; index < 20; index++) {
    expect((await scores.measured({ phraseId: `measured ${index}`, musicalParams })).gain).toBe(40);
  }
  expect(scores.text(live)).toBe(text);
  expect(scores.past(live).gain).toBe(40);
});
