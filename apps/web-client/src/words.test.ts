import { describe, expect, test } from 'vitest';
import { headlineOf, sentenceOf, wordsOf } from './words.ts';

describe('the words of a phrase', () => {
  test.each([
    ['Merged pull request #7: Voice the chords', 'lin merged “Voice the chords”'],
    ['Opened pull request #7: Voice the chords', 'lin opened “Voice the chords”'],
    ['Closed as not planned: issue #4: Too loud', 'lin closed as not planned: “Too loud”'],
    ['Opened issue #1: The hi-hat: too loud', 'lin opened issue “The hi-hat: too loud”'],
    ['Pushed 2 commits to main: Teach the cat: purr', 'lin pushed “Teach the cat: purr”'],
    ['Pushed 1 commit to main', 'lin pushed 1 commit to main'],
    ['Released v2', 'lin released v2'],
    ['Forked to mona/rocket', 'lin forked to mona/rocket'],
    ['Began following', 'lin began following'],
    ['Failed to deploy production', 'Failed to deploy production'],
    ['tests failed on main', 'tests failed on main'],
    ['12 passed, 3 failed: unit', '12 passed, 3 failed: unit'],
    ['43 comments by 2 bots on #1626', '43 comments by 2 bots on #1626'],
  ])('say who did what, of "%s"', (title, headline) => {
    expect(headlineOf({ title, actor: 'lin' })).toBe(headline);
  });

  test('keep what the headline leaves out', () => {
    expect(wordsOf({ title: 'Approved pull request #7: Purr', actor: 'ada' }).about).toBe('pull request #7');
    expect(wordsOf({ title: 'Pushed 3 commits to main: Purr', actor: 'ada' }).about).toBe('3 commits to main');
  });

  test('say in one sentence how it sounds', () => {
    const params = {
      tempo: 80,
      scale: ['F4'],
      instrumentType: 'synth',
      duration: 8,
      tonic: 'Bb',
      mode: 'major',
    } as const;
    expect(
      sentenceOf({
        params: { ...params, gesture: 'homecoming', cadence: 'authentic', cats: ['purr', 'meow'] },
        reasons: [],
      }),
    ).toBe('it falls from above and comes home to B♭\u00a0major; a purr below, a meow at the end');
    expect(
      sentenceOf({
        params: { ...params, bars: 0 },
        reasons: [{ because: 'label created', therefore: 'a bell upward' }],
      }),
    ).toBe('a bell upward');
    // Phrases of earlier versions know neither gesture nor cadence.
    expect(sentenceOf({ params, reasons: [] })).toBe('it sounds in B♭\u00a0major');
  });
});
