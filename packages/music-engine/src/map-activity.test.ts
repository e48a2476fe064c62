import { expect, test } from 'vitest';
import { push, six } from '../test/activities.ts';
import { explain } from './explain.ts';
import { strongestOf } from './judge.ts';
import { mapActivity } from './map-activity.ts';

test('a repository keeps its home note whatever happens in it and whatever it is called', () => {
  const tonics = Object.values(six).map((some) => mapActivity({ ...push, ...some, repoId: `o/${some.event}` }).tonic);
  expect(new Set(tonics).size).toBe(1);
});

test('repositories use all twelve home notes', () => {
  const tonics = Array.from({ length: 400 }, (_, i) => mapActivity({ ...push, repositoryId: i }).tonic);
  expect(new Set(tonics).size).toBe(12);
});

test('a person has one leitmotif, other people have others', () => {
  const motif = (actor: string): string => String(mapActivity({ ...push, actor }).motif);
  expect(motif('Mona')).toBe(motif('mona'));
  expect(new Set(Array.from({ length: 100 }, (_, i) => motif(`user-${i}`))).size).toBeGreaterThan(60);
});

test('a bot sounds softer and plainer', () => {
  const human = mapActivity(push);
  const bot = mapActivity({ ...push, isBot: true });
  expect(bot.intensity).toBeLessThan(human.intensity ?? 0);
  expect(bot.motif).toEqual([0, 1, 0, 1]);
  expect(bot.instrumentOptions?.oscillator?.type).toBe('sine');
});

test.each([
  ['TypeScript', 'fmSynth'],
  ['Haskell', 'fmSynth'],
  ['Rust', 'polySynth'],
  ['C++', 'polySynth'],
  ['Python', 'synth'],
  ['Go', 'synth'],
])('%s is played on %s', (language, instrumentType) => {
  expect(mapActivity({ ...push, language }).instrumentType).toBe(instrumentType);
});

test('a bigger change is longer and higher', () => {
  const small = mapActivity({ ...push, commits: 1, files: 1 });
  const big = mapActivity({ ...push, commits: 5, files: 120 });
  expect(big.bars).toBeGreaterThan(small.bars ?? 0);
  expect(big.duration).toBeGreaterThan(small.duration);
});

test('a burst is one phrase that speaks for all', () => {
  const all = ['push', 'opened', 'green', 'merged'].map((name, i) => ({
    ...push,
    ...six[name],
    deliveryId: name,
    occurredAt: i,
  }));
  const params = mapActivity(all);
  expect(params).toMatchObject({ emotion: 'resolution', gesture: 'homecoming', bars: 4 });
  expect(params.cats).toEqual(['purr', 'meow', 'chirp']);
  expect(params.reasons).toContainEqual({ because: '4 happenings at once', therefore: 'one phrase for all' });
});

test('good news does not hide bad news', () => {
  const all = ['deploy', 'red', 'merged'].map((name, i) => ({
    ...push,
    ...six[name],
    deliveryId: name,
    occurredAt: i,
  }));
  expect(mapActivity(all).emotion).toBe('tension');
  expect(strongestOf(all).deliveryId).toBe('red');
});

test('no activity is refused', () => {
  expect(() => mapActivity([])).toThrow(RangeError);
});

test('every choice has its reason', () => {
  expect(explain(mapActivity({ ...push, ...six.merged }, { commitsPerHour: 3 }))).toMatchInlineSnapshot(`
    [
      "Pull request merged: a plucked sign on the left, then 4 bars.",
      "It feels like resolution: homecoming, and it comes home.",
      "A result, loud: -19 LUFS.",
      "By mona: signature 1, leitmotif 0 4 5 2.",
      "3 commits an hour: 80 BPM.",
      "Repository octo/cat: home note Bb.",
      "Mixolydian at this time of the day: chords I IVmaj7 I6 I6 bVII bVII vm7 I.",
      "Written in TypeScript: lead on fmSynth.",
      "2 commits, 6 files, 200 lines: its length.",
      "Pull request merged: purr, meow.",
      "Theme chamber: broken chords over soft strings, plucked replies, light swing.",
    ]
  `);
});

test('parameters without reasons are explained too', () => {
  expect(explain({ tempo: 90, scale: ['C4', 'E4'], instrumentType: 'synth', duration: 8 })).toEqual([
    '90 BPM for 8 seconds.',
    'Notes C4 E4.',
    'Lead on synth.',
    'A melody of its own.',
  ]);
});
