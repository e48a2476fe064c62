import type { MusicGenerated } from '@bnc/contracts';
import { describe, expect, test } from 'vitest';
import { RecentPhrases, replayLimits, SentPhrase } from './recent-phrases.ts';

function phraseOf(id: string, at: number): SentPhrase {
  return new SentPhrase(id, {} as MusicGenerated, at, at);
}

describe('recent phrases', () => {
  test('are those after an id', () => {
    const recent = new RecentPhrases();
    for (const id of ['1', '2', '3']) recent.add(phraseOf(id, 0));
    expect(recent.after('1').map(({ id }) => id)).toEqual(['2', '3']);
    for (const id of ['4', '']) expect(recent.after(id)).toEqual([]);
    expect([recent.has('2'), recent.has('4')]).toEqual([true, false]);
  });

  test('are bounded in number and age, but for the newest', () => {
    const recent = new RecentPhrases();
    for (let id = 0; id < 100; id++) recent.add(phraseOf(String(id), id));
    expect(recent.after('68')).toHaveLength(replayLimits.maxMessages - 1);
    expect(recent.after('67')).toEqual([]);
    recent.add(phraseOf('100', replayLimits.maxAgeMs + 100));
    expect([recent.has('99'), recent.has('100')]).toEqual([false, true]);
  });

  test('give the hub each text once, and say so where there is none', () => {
    const recent = new RecentPhrases();
    const sent = phraseOf('1', 0);
    recent.add(sent);
    sent.put('json', Buffer.from('text'));
    sent.put('json', Buffer.from('other'));
    expect(String(sent.take('json'))).toBe('text');
    expect(sent.has('json')).toBe(true);
    expect(JSON.parse(String(sent.take('flac')))).toMatchObject({
      type: 'reset',
      data: { reason: 'trimmed', missed: 1 },
    });
    sent.put('opus', Buffer.from('text'));
    for (const variant of ['opus', 'json']) recent.drop(variant);
    expect([sent.has('opus'), sent.has('json')]).toEqual([false, true]);
  });
});
