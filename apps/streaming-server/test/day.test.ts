import { beforeAll, describe, expect, test } from 'vitest';
import { type Day, dayMs, dayOf } from './stories/day.ts';
import { type Played, type PlayedPhrase, playStory } from './stories/play-story.ts';

const second = 1000;
const minute = 60 * second;
const startsAt = Date.parse('2026-11-16T08:00:00Z');

/** The phrases that speak for a delivery. */
function phrasesOf({ phrases }: Played, deliveryId: string): PlayedPhrase[] {
  return phrases.filter(({ deliveryIds }) => deliveryIds.includes(deliveryId));
}

function titlesOf(phrase: PlayedPhrase | undefined): string[] {
  return (phrase?.tells ?? []).map(({ title }) => title);
}

function titleOf({ happened }: Played, deliveryId: string): string {
  return happened.find((activity) => activity.deliveryId === deliveryId)?.title ?? '';
}

describe.each([1, 2, 3])('a day of twelve people (seed %i)', (seed) => {
  let day: Day;
  let played: Played;
  beforeAll(async () => {
    day = dayOf(seed, startsAt);
    played = await playStory(day.deliveries, { startsAt });
  });

  test('has about 2,700 deliveries, 63 green runs, 10 red ones and 7 recoveries', () => {
    expect(Math.abs(day.deliveries.length - 2700)).toBeLessThan(100);
    expect(day.verdicts.filter(({ isRed }) => !isRed)).toHaveLength(63);
    expect(day.verdicts.filter(({ isRed }) => isRed)).toHaveLength(10);
    expect(day.verdicts.filter(({ isRecovery }) => isRecovery)).toHaveLength(7);
    expect([day.merges.length, day.deployments.length, day.companions.length]).toEqual([15, 7, 60]);
  });

  test('is told: everything that happened once, and counted once', () => {
    const told = played.phrases.flatMap(({ deliveryIds }) => deliveryIds);
    expect(told.toSorted()).toEqual(played.happened.map(({ deliveryId }) => deliveryId).toSorted());
    const counts = played.phrases.flatMap(({ tells = [] }) => tells.map(({ count }) => count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(played.happened.length);
  });

  test('has every verdict once, and never before its run has ended', () => {
    for (const { deliveryId, endsAfterMs } of day.verdicts) {
      const [phrase, ...more] = phrasesOf(played, deliveryId);
      expect(phrase?.afterMs, deliveryId).toBeGreaterThanOrEqual(endsAfterMs);
      expect(more).toEqual([]);
    }
    const checks = day.deliveries.filter(({ event }) => /^(?:check_run|check_suite|workflow_job|status)$/.test(event));
    const silent = new Set(checks.map(({ deliveryId }) => deliveryId));
    expect(played.phrases.flatMap(({ deliveryIds }) => deliveryIds.filter((id) => silent.has(id)))).toEqual([]);
  });

  test('tells each recovery as one, and nothing else', () => {
    const recoveries = day.verdicts.filter(({ isRecovery }) => isRecovery).map(({ deliveryId }) => deliveryId);
    const fixed = played.happened.filter(({ turn }) => turn === 'fixed').map(({ deliveryId }) => deliveryId);
    expect(fixed.toSorted()).toEqual(recoveries.toSorted());
    for (const deliveryId of recoveries) {
      const [phrase] = phrasesOf(played, deliveryId);
      const title = titleOf(played, deliveryId);
      expect(title).toMatch(/^CI passed on .* again/);
      expect(titlesOf(phrase)).toContain(title);
    }
  });

  test('names each merge, each deployment and each red run', () => {
    const reds = day.verdicts.filter(({ isRed }) => isRed).map(({ deliveryId }) => deliveryId);
    for (const deliveryId of [...day.merges, ...day.deployments, ...reds]) {
      const title = titleOf(played, deliveryId);
      const [number = title] = /#\d+/.exec(title) ?? [];
      const titles = titlesOf(phrasesOf(played, deliveryId)[0]);
      expect(titles.some((told) => told === title || (told.startsWith('Merged') && told.includes(number)))).toBe(true);
    }
  });

  test('tells what belongs to a merge with it alone', () => {
    expect(day.companions.flatMap((deliveryId) => phrasesOf(played, deliveryId))).toEqual([]);
  });

  test('is told by people at once where the room is silent', () => {
    const big = /^(?:Merged|Opened|Approved|Asked for changes|Pushed)|failed|again/;
    const news = played.happened.filter(({ isBot, title }) => !isBot && big.test(title));
    expect(news.length).toBeGreaterThan(100);
    for (const { deliveryId, title } of news) {
      const came = day.deliveries.find((one) => one.deliveryId === deliveryId)?.afterMs ?? 0;
      const told = phrasesOf(played, deliveryId)[0]?.afterMs ?? Number.NaN;
      const isSounding = played.phrases.some(
        ({ afterMs, musicalParams }) => afterMs < told && afterMs + musicalParams.duration * second + second > came,
      );
      expect(told - came, title).toBeLessThanOrEqual(isSounding ? 20 * second : 0.5 * second);
    }
  });

  test('is no more than 45 phrases an hour, and sounds less than a tenth of the time', () => {
    expect(played.phrases.length / (dayMs / (60 * minute))).toBeLessThanOrEqual(45);
    expect(played.soundingMs / dayMs).toBeLessThan(0.1);
  });
});

test('a server that starts again in the middle of a day tells the same verdicts', async () => {
  const day = dayOf(1, startsAt);
  const verdictsOf = ({ phrases }: Played): string[] =>
    phrases.flatMap((phrase) => titlesOf(phrase).filter((title) => /failed|again/.test(title)));
  const undisturbed = await playStory(day.deliveries, { startsAt });
  expect(verdictsOf(undisturbed)).toHaveLength(17);
  const [first, , , , fifth] = day.verdicts.filter(({ isRed }) => isRed);
  // In the middle of a run, and between red and green.
  for (const restartsAfterMs of [(first?.endsAfterMs ?? 0) - minute, (fifth?.endsAfterMs ?? 0) + minute]) {
    const played = await playStory(day.deliveries, { startsAt, restartsAfterMs });
    expect(verdictsOf(played)).toEqual(verdictsOf(undisturbed));
    expect(played.phrases.flatMap(({ deliveryIds }) => deliveryIds)).toHaveLength(undisturbed.happened.length);
  }
});
