import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { deliveryOf } from './stories/delivery.ts';
import { type Played, type PlayedPhrase, playStory } from './stories/play-story.ts';
import { readStory } from './stories/read-story.ts';

const second = 1000;
const minute = 60 * second;

const stories = readdirSync(new URL('stories', import.meta.url))
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, ...readStory(name) }));

/** Deliveries that phrases speak for, however often they do. */
function toldIn({ phrases }: Played): string[] {
  return phrases.flatMap(({ deliveryIds }) => deliveryIds).toSorted();
}

function happenedIn({ happened }: Played): string[] {
  return happened.map(({ deliveryId }) => deliveryId).toSorted();
}

function countsOf({ phrases }: Played): number {
  return phrases.flatMap(({ tells = [] }) => tells).reduce((sum, { count }) => sum + count, 0);
}

/** What a line tells, without when. */
function wordsOf(line: string): string {
  return line.slice(line.indexOf('['));
}

/** When a line is told, in s: what waits for a phrase to end is told a little later where that phrase is longer. */
function secondsOf(line: string): number {
  const [time = ''] = line.split(' ');
  return time
    .slice(1)
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}

describe('a room', () => {
  test.each(stories)('$name: $about', async ({ deliveries, startsAt, told }) => {
    const played = await playStory(deliveries, { startsAt });
    expect(played.told.map(wordsOf)).toEqual(told.map(wordsOf));
    for (const [index, line] of told.entries()) {
      expect(secondsOf(played.told[index] ?? '')).toBeCloseTo(secondsOf(line), -1);
    }
    expect(toldIn(played)).toEqual(happenedIn(played));
    expect(countsOf(played)).toBe(played.happened.length);
  });

  test.each([
    ['06-a-wave-of-updates.json', 'fifteen pull requests of a program'],
    ['08-an-import.json', 'an import'],
  ])('%s: keeps its tempo through %s', async (name) => {
    const { deliveries, startsAt } = readStory(name);
    const pushes = [2, 10, 20, 30].map((minutes) => {
      const afterMs = minutes * minute;
      const scene = { repoId: 'loft/purr', repositoryId: 4711, at: startsAt + afterMs };
      return { afterMs, deliveryId: `push-${minutes}`, ...deliveryOf('push', scene, { by: 'dora', branch: 'main' }) };
    });
    const isOfPerson = ({ payload }: (typeof deliveries)[number]): boolean => {
      const { sender, commits = [] } = payload as { sender: { type: string }; commits?: readonly object[] };
      return sender.type === 'User' && commits.length < 100;
    };
    const tempos = async (all: typeof deliveries): Promise<(number | undefined)[]> => {
      const { phrases } = await playStory(
        [...all, ...pushes].toSorted((a, b) => a.afterMs - b.afterMs),
        { startsAt },
      );
      return pushes.map(
        ({ deliveryId }) => phrases.find((one) => one.deliveryIds.includes(deliveryId))?.musicalParams.tempo,
      );
    };
    // A clock that programs have started long ago comes to the pace of people step by step.
    const [, ...steady] = await tempos(deliveries);
    expect(steady).toEqual((await tempos(deliveries.filter(isOfPerson))).slice(1));
  });

  test.each([
    ['12-two-bots-in-a-loop.json', 40, 0.02],
    ['13-a-stale-bot.json', 20, 0.02],
  ])(
    '%s: is quiet while bots are busy: at most %i phrases, and a share of %d in which it sounds',
    async (name, most, share) => {
      const { deliveries, startsAt } = readStory(name);
      const { phrases, soundingMs } = await playStory(deliveries, { startsAt });
      expect(phrases.length).toBeLessThanOrEqual(most);
      expect(soundingMs / (deliveries.at(-1)?.afterMs ?? 0)).toBeLessThan(share);
      expect(phrases.every(({ activity }) => activity.emotion === 'activity')).toBe(true);
    },
  );
});

describe('a server that starts again', () => {
  /** What phrases tell, without when they tell it. */
  const titlesOf = (phrases: readonly PlayedPhrase[]): string[] =>
    phrases.flatMap(({ tells = [] }) => tells.map(({ title, actor }) => `${title} (${actor})`)).toSorted();

  test.each([
    ['03-the-merge-queue.json', 4 * second, 130 * second],
    ['04-red-then-green.json', 6 * second, 330 * second],
    ['05-a-release.json', 7 * second, 310 * second],
    ['06-a-wave-of-updates.json', 3 * second, 110 * second],
    ['07-a-stack-is-rebased.json', second, 34 * second],
    ['09-nights.json', 4 * 60 * minute, 98 * 60 * minute],
    ['10-two-gates.json', 3 * minute, 75 * minute],
  ])('%s: tells the same, whenever it stopped', async (name, every, until) => {
    const { deliveries, startsAt } = readStory(name);
    const undisturbed = titlesOf((await playStory(deliveries, { startsAt })).phrases);
    for (let at = every / 2; at < until; at += every) {
      const played = await playStory(deliveries, { startsAt, restartsAfterMs: at });
      expect(titlesOf(played.phrases), `after ${at / second} s`).toEqual(undisturbed);
      expect(toldIn(played)).toEqual(happenedIn(played));
    }
  });
});
