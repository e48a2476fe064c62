import { detect } from '@tonaljs/chord-detect';
import { expect, test } from 'vitest';
import { chordsFor, type Key, modes, nearest, pitchClasses, pitchClassesOf, voiceLead } from './harmony.ts';
import { random } from './random.ts';

const names = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'Gb', 'G', 'Ab', 'A', 'Bb', 'B'];

function keyOfC(semitones: readonly number[]): Key {
  return { tonic: 0, semitones };
}

const scales = {
  minor: [0, 2, 3, 5, 7, 8, 10],
  major: [0, 2, 4, 5, 7, 9, 11],
  'major pentatonic': [0, 2, 4, 7, 9],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
};
/** What a chord of that name in C is by the judgement of tonal; a ninth without fifth has no name of its own there. */
const inC: Readonly<Record<string, string>> = {
  i: 'Cm',
  im7: 'Cm7',
  ivm7: 'Fm7',
  v: 'Gm',
  VImaj7: 'Abmaj7',
  iidim: 'Ddim',
  I: 'CM',
  Iadd9: 'CMadd9',
  Imaj7: 'Cmaj7',
  I6: 'C6',
  V: 'GM',
  vim7: 'Am7',
  IVmaj7: 'Fmaj7',
  IV6: 'F6',
  IIsus4: 'Dsus4',
  Vsus4: 'Gsus4',
  IIImaj7: 'Ebmaj7',
  vm7: 'Gm7',
  VII: 'BbM',
  IV: 'FM',
};

test.each(modes)('the chords of %s are what their names say', (mode) => {
  for (let seed = 0; seed < 40; seed++) {
    for (const { chord } of chordsFor(random(seed, 'test'), mode, 0, 4)) {
      const expected = inC[chord.name];
      if (expected === undefined) expect(['im9', 'IV9']).toContain(chord.name);
      else expect(detect(pitchClasses(keyOfC(scales[mode]), chord).map((pc) => names[pc] ?? ''))).toContain(expected);
    }
  }
});

test('chords fill a section without gap, and a section of one bar is a cadence', () => {
  for (const bars of [1, 2, 3, 4]) {
    const slots = chordsFor(random(bars, 'test'), 'major', 4, bars);
    expect(slots[0]?.start).toBe(64);
    expect(slots.map(({ start, length }) => start + length)).toEqual([
      ...slots.slice(1).map(({ start }) => start),
      64 + bars * 16,
    ]);
    expect(slots.slice(-2).map(({ chord }) => chord.name)).toEqual(['V', 'I']);
  }
});

test('voices move as little as they can: three semitones each on average at most', () => {
  for (const mode of modes) {
    for (let seed = 0; seed < 20; seed++) {
      const classes = chordsFor(random(seed, 'test'), mode, 0, 4).map(({ chord }) =>
        pitchClasses(keyOfC(scales[mode]), chord),
      );
      const voiced = voiceLead(classes, 48, 72);
      voiced.forEach((voicing, i) => {
        expect(new Set(voicing.map((midi) => midi % 12))).toEqual(new Set(classes[i]));
        const before = voiced[i - 1];
        if (!before) return;
        const moved = voicing.map((midi) => Math.min(...before.map((other) => Math.abs(midi - other))));
        expect(moved.reduce((sum, semitones) => sum + semitones, 0) / moved.length).toBeLessThanOrEqual(3);
      });
    }
  }
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
