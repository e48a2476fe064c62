import { detect } from '@tonaljs/chord-detect';
import { expect, test } from 'vitest';
import { phraseChords } from './cadences.ts';
import { readChord } from './chord-names.ts';
import { cycleOf } from './grammar.ts';
import {
  isParallel,
  type Key,
  modes,
  nearest,
  pitchClasses,
  pitchClassesOf,
  scaleUnder,
  semitonesOf,
} from './harmony.ts';
import { themes } from './themes.ts';
import { bassLine, voiceLead } from './voicing.ts';

const names = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'Gb', 'G', 'Ab', 'A', 'Bb', 'B'];
const cadences = ['authentic', 'half', 'deceptive', 'plagal', 'suspended'] as const;
const seeds = Array.from({ length: 24 }, (_, seed) => seed);

function inC(semitones: readonly number[]): Key {
  return { tonic: 0, semitones };
}

test.each([
  ['I', 'CM'],
  ['im7', 'Cm7'],
  ['vi', 'Am'],
  ['IVmaj7', 'Fmaj7'],
  ['V7', 'G7'],
  ['V7/3', 'G7/B'],
  ['bVII', 'BbM'],
  ['iio', 'Ddim'],
  ['iim7b5/3', 'Dm7b5/F'],
  ['iv6', 'Fm6'],
  ['Vsus4', 'Gsus4'],
  ['II7', 'D7'],
])('%s in C is %s, by the judgement of tonal', (name, expected) => {
  const { tones, bass } = readChord(name);
  const from = [bass, ...tones.filter((tone) => tone !== bass)];
  expect(detect(from.map((tone) => names[tone] ?? ''))).toContain(expected);
});

test.each(['', 'H', 'V/2', 'I/7', 'V7/', 'Vsus9', '/3', 'constructor'])('"%s" is no chord', (name) => {
  expect(() => readChord(name)).toThrow(RangeError);
});

test('a chord alters the degree that it is written on, and no other', () => {
  const major = inC(semitonesOf('major'));
  expect(scaleUnder(major, readChord('II7'))).toEqual([0, 2, 4, 6, 7, 9, 11]);
  expect(scaleUnder(major, readChord('iv'))).toEqual([0, 2, 4, 5, 7, 8, 11]);
  expect(scaleUnder(inC(semitonesOf('dorian')), readChord('V7'))).toEqual([0, 2, 3, 5, 7, 9, 11]);
});

test.each(modes)(
  'a room in %s has 32 chords from the tonic on, in hundreds of rows, none of which alters 1, 2, 3 or 5',
  (mode) => {
    const kept = semitonesOf(mode).filter((_, i) => mode === 'major pentatonic' || [0, 1, 2, 4].includes(i));
    const rows = new Set<string>();
    for (const seed of seeds) {
      for (const theme of themes) {
        const cycle = cycleOf({ seed, mode, theme });
        expect(cycle).toHaveLength(32);
        expect(readChord(cycle[0] ?? '')).toMatchObject({ bass: 0, tones: expect.arrayContaining([0]) });
        for (let row = 0; row < 32; row += 8) rows.add(cycle.slice(row, row + 8).join(' '));
        for (const name of cycle) {
          expect(scaleUnder(inC(semitonesOf(mode)), readChord(name))).toEqual(expect.arrayContaining(kept));
        }
      }
    }
    expect(rows.size).toBeGreaterThan(200);
  },
);

test.each(modes)(
  'phrases in %s begin at home, end by their cadence, and take the chords of the room between',
  (mode) => {
    for (const seed of seeds) {
      const cycle = cycleOf({ seed, mode, theme: 'chamber' });
      for (const cadence of cadences) {
        for (const bars of [1, 2, 3, 4]) {
          const chords = phraseChords({ seed, mode, cadence, firstBar: 0, bars, cycle: cycle.slice(0, 2 * bars) });
          expect(chords).toHaveLength(2 * bars);
          expect(readChord(chords[0] ?? '').bass).toBe(0);
          const last = readChord(chords.at(-1) ?? '');
          expect(last.bass).toBe({ authentic: 0, plagal: 0, half: 7, suspended: 0, deceptive: last.bass }[cadence]);
          if (cadence === 'deceptive') expect([0, 7]).not.toContain(last.bass);
          const middle = chords.slice(2, -3);
          expect(cycle.slice(2, 2 + middle.length)).toEqual(middle);
          const end = chords.slice(-3).flatMap((name) => readChord(name).degrees);
          expect(end.includes(2) || end.includes(6)).toBe(true);
        }
      }
    }
  },
);

test('voices move little, lie open, and the top makes no parallel fifths or octaves with the bass', () => {
  let changes = 0;
  let parallels = 0;
  let semitones = 0;
  for (const mode of modes) {
    for (const seed of seeds.slice(0, 12)) {
      const key = { tonic: seed % 12, semitones: semitonesOf(mode) };
      const slots = cycleOf({ seed, mode, theme: 'chamber' }).map((name, i) => ({
        start: i * 8,
        length: 8,
        chord: readChord(name),
      }));
      const bass = bassLine(key, slots);
      const voiced = voiceLead(key, slots, bass);
      voiced.forEach((voicing, i) => {
        const low = bass[i] ?? 0;
        const all = [low, ...voicing];
        const classes = pitchClasses(key, slots[i]?.chord ?? readChord('I'));
        expect(voicing).toHaveLength(3);
        expect(all.filter((midi) => !classes.includes(midi % 12))).toEqual([]);
        expect(all.slice(1).filter((midi, n) => midi - (all[n] ?? 0) < ((all[n] ?? 0) < 60 ? 5 : 1))).toEqual([]);
        const before = voiced[i - 1];
        const lowBefore = bass[i - 1];
        if (!before || lowBefore === undefined) return;
        const moved = voicing.reduce((sum, midi, n) => sum + Math.abs(midi - (before[n] ?? midi)), 0) / 3;
        expect(moved).toBeLessThanOrEqual(9);
        semitones += moved;
        changes++;
        if (isParallel(lowBefore, before.at(-1) ?? 0, low, voicing.at(-1) ?? 0)) parallels++;
      });
    }
  }
  expect(parallels / changes).toBeLessThanOrEqual(0.01);
  expect(semitones / changes).toBeLessThanOrEqual(3);
});

test('the nearest note of a pitch class is at most six semitones away', () => {
  for (let pc = 0; pc < 12; pc++) {
    expect(nearest(pc, 60) % 12).toBe(pc);
    expect(Math.abs(nearest(pc, 60) - 60)).toBeLessThanOrEqual(6);
  }
});

test('notes are spelt as musicians spell them', () => {
  expect(pitchClassesOf('Eb', 'minor')).toEqual(['Eb', 'F', 'Gb', 'Ab', 'Bb', 'Cb', 'Db']);
});
