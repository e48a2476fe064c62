import type { AudioRendered } from '@bnc/contracts';
import { describe, expect, test } from 'vitest';
import { RecentPhrases, replayLimits, SentPhrase } from './recent-phrases.ts';

const phraseOf = (id: string, at: number): SentPhrase =>
  new SentPhrase(id, { phrase: { repoId: 'Octo/Cat' } } as AudioRendered, at);

describe('recent phrases', () => {
  test('are those after an id, of one room', () => {
    const recent = new RecentPhrases();
    for (const id of ['1', '2', '3']) recent.add('octo/cat', phraseOf(id, 0));
    recent.add('octo/dog', phraseOf('4', 0));
    expect(recent.after('octo/cat', '1').map(({ id }) => id)).toEqual(['2', '3']);
    for (const [room, id] of [
      ['octo/cat', '4'],
      ['octo/cat', ''],
      ['octo/owl', '1'],
    ] as const)
      expect(recent.after(room, id)).toEqual([]);
  });

  test('move with their room to its new name', () => {
    const recent = new RecentPhrases();
    for (const id of ['1', '2']) recent.add('octo/cat', phraseOf(id, 0));
    recent.move('octo/cat', 'octo/kitten');
    expect(recent.after('octo/cat', '1')).toEqual([]);
    expect(recent.after('octo/kitten', '1').map(({ id }) => id)).toEqual(['2']);
  });

  test('are bounded in number and age, but for the newest', () => {
    const recent = new RecentPhrases();
    for (let id = 0; id < 100; id++) recent.add('octo/cat', phraseOf(String(id), id));
    expect(recent.after('octo/cat', '68')).toHaveLength(replayLimits.maxMessages - 1);
    expect(recent.after('octo/cat', '67')).toEqual([]);
    const late = replayLimits.maxAgeMs + 100;
    expect([...recent.all(late)].map(({ id }) => id)).toEqual(['99']);
    recent.add('octo/cat', phraseOf('100', late));
    expect([...recent.all(0)].map(({ id }) => id)).toEqual(['100']);
  });

  test('give the hub each text once, and say so where there is none', () => {
    const recent = new RecentPhrases();
    const sent = phraseOf('1', 0);
    recent.add('octo/cat', sent);
    sent.put('json', Buffer.from('text'));
    sent.put('json', Buffer.from('other'));
    expect(String(sent.take('json'))).toBe('text');
    expect(sent.has('json')).toBe(true);
    expect(JSON.parse(String(sent.take('flac')))).toMatchObject({
      type: 'reset',
      data: { reason: 'trimmed', missed: 1 },
    });
    sent.put('opus', Buffer.from('text'));
    for (const variant of ['opus', 'json']) recent.drop('octo/cat', variant);
    expect([sent.has('opus'), sent.has('json')]).toEqual([false, true]);
  });
});
