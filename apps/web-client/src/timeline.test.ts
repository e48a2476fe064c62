import { describe, expect, test } from 'vitest';
import { busyWords } from './busy.ts';
import { type KnownPhrase, knownOf } from './phrase.ts';
import { Timeline } from './timeline.ts';

function phraseOf(phraseId: string, startAt: number, actor = 'lin'): KnownPhrase {
  return knownOf({
    phraseId,
    startAt,
    repoId: 'acme/rocket',
    params: { tempo: 80, scale: ['C4'], instrumentType: 'synth', duration: 8 },
    activity: { title: 'Released v2', url: '', actor, event: 'release', emotion: 'resolution' },
    reasons: [],
    speaksFor: 1,
  });
}

function idsOf(timeline: Timeline): string[] {
  return timeline.phrases.map(({ phraseId }) => phraseId);
}

describe('the timeline', () => {
  test('keeps phrases in order of time, each once, and prefers those that come with their sound', () => {
    const timeline = new Timeline();
    const buffer = { v: 2 } as unknown as NonNullable<KnownPhrase['buffer']>;
    timeline.add(phraseOf('b', 20_000), phraseOf('a', 0));
    timeline.add({ ...phraseOf('a', 0), buffer }, phraseOf('b', 20_000));
    expect(idsOf(timeline)).toEqual(['a', 'b']);
    expect(timeline.find('a')?.buffer).toBe(buffer);
    timeline.add(phraseOf('a', 0));
    expect(timeline.find('a')?.buffer).toBe(buffer);
  });

  test('lets what sounds end when bad news comes, and forgets what was to begin later', () => {
    const timeline = new Timeline();
    timeline.add(phraseOf('sounds', 0), phraseOf('waits', 9000));
    timeline.yieldAt(5000);
    expect(timeline.phrases.map(({ phraseId, endsAt }) => [phraseId, endsAt])).toEqual([['sounds', 5000]]);
  });

  test('lets a phrase end where the next one interrupts it, as history tells it', () => {
    const timeline = new Timeline();
    timeline.add(phraseOf('news', 3000), phraseOf('sounds', 0));
    expect(timeline.phrases.map(({ endsAt }) => endsAt)).toEqual([3000, 11_000]);
  });

  test('walks from the newest phrase back and forth', () => {
    const timeline = new Timeline();
    timeline.add(phraseOf('a', 0), phraseOf('b', 20_000), phraseOf('c', 40_000));
    const b = timeline.next(timeline.newest, -1);
    expect(b?.phraseId).toBe('b');
    expect(timeline.next(b, 1)?.phraseId).toBe('c');
    expect(timeline.next(timeline.newest, 1)).toBeUndefined();
  });

  test.each([
    [[], ''],
    [['lin'], 'lin is busy'],
    [['lin', 'ada'], 'ada and lin are busy'],
    [['lin', 'ada', 'sam'], 'sam, ada and lin are busy'],
    [['lin', 'ada', 'sam', 'kim', 'lin'], 'lin, kim and 2 more are busy'],
  ])('knows who is busy: %j', (actors, words) => {
    const phrases = actors.map((actor, index) => phraseOf(String(index), index * 10_000, actor));
    expect(busyWords(phrases, 60_000)).toBe(words);
    expect(busyWords(phrases, 3_600_000)).toBe('');
  });
});
