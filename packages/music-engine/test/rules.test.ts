import type { MusicalParameters, Score } from '@bnc/contracts';
import { detect } from '@tonaljs/chord-detect';
import { chroma } from '@tonaljs/note';
import { get as scaleOf } from '@tonaljs/scale';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compose, explain, mapActivity, themes } from '../src/index.ts';
import { anyActivity, push, six } from './activities.ts';

const room = fc.record({
  commitsPerHour: fc.double({ min: 0, max: 500, noNaN: true }),
  theme: fc.constantFrom(...themes),
});
const phrase = fc
  .tuple(fc.array(anyActivity, { minLength: 1, maxLength: 12 }), room)
  .map(([activities, context]) => ({ activities, context, params: mapActivity(activities, context) }))
  .map((mapped) => ({ ...mapped, score: compose(mapped.params) }));
const runs = { numRuns: 100 };

function modeOf(params: MusicalParameters): ReadonlySet<number> {
  return new Set(scaleOf(`${params.tonic} ${params.mode}`).notes.map((note) => chroma(note)));
}

function notesOf(score: Score) {
  return score.tracks.flatMap(({ notes }) => notes);
}

describe('whatever happens', () => {
  test('every note of every track is in the mode and between C2 and C7', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        const mode = modeOf(params);
        expect(mode.size).toBe(params.mode === 'major pentatonic' ? 5 : 7);
        expect(notesOf(score).filter(({ midi }) => !mode.has(midi % 12) || midi < 36 || midi > 96)).toEqual([]);
      }),
      runs,
    );
  });

  test('every note begins on a sixteenth, or late by the swing of its theme if it is an off-beat one', () => {
    const swings = { chamber: 0.125, ambient: 0, '8-bit': 0, lofi: 0.375 };
    fc.assert(
      fc.property(phrase, ({ score, context }) => {
        const off = notesOf(score).filter(({ time }) => {
          const sixteenths = (time * score.tempo) / 15;
          const whole = Math.floor(sixteenths + 1e-6);
          const late = whole % 2 === 1 ? swings[context.theme] : 0;
          return Math.abs(sixteenths - whole - late) > 1e-6;
        });
        expect(off).toEqual([]);
      }),
      runs,
    );
  });

  test('every note lies inside the phrase, is heard, and tracks are in order of time', () => {
    fc.assert(
      fc.property(phrase, ({ score }) => {
        for (const { notes } of score.tracks) {
          expect(notes.map(({ time }) => time)).toEqual(notes.map(({ time }) => time).toSorted((a, b) => a - b));
          const wrong = notes.filter(
            ({ time, duration, velocity }) =>
              !(
                time >= 0 &&
                duration > 0.02 &&
                time + duration <= score.duration + 1e-9 &&
                velocity > 0 &&
                velocity <= 1
              ),
          );
          expect(wrong).toEqual([]);
        }
      }),
      runs,
    );
  });

  test('a phrase is one to four whole bars', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        const bars = (score.duration * score.tempo) / 240;
        expect(bars).toBeCloseTo(params.bars ?? 0, 9);
        expect([1, 2, 3, 4]).toContain(params.bars);
      }),
      runs,
    );
  });

  test('the melody ends as the emotion asks, by a step', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        const lead = score.tracks[0]?.notes ?? [];
        const [before, last] = lead.slice(-2);
        if (!last) throw new Error('no melody');
        const home = (last.midi - (chroma(params.tonic ?? '') ?? 0) + 12) % 12;
        if (params.emotion === 'resolution') expect(home).toBe(0);
        if (params.emotion === 'tension') expect([0, 7]).toContain(home);
        if (params.emotion === 'growth') expect(home).not.toBe(0);
        if (before) expect(Math.abs(last.midi - before.midi)).toBeLessThanOrEqual(4);
        expect(last.time + last.duration).toBeGreaterThan(score.duration * 0.7);
      }),
      runs,
    );
  });

  test('resolution ends on the chord of the tonic, growth does not', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        const bass = score.tracks.find(({ instrument }) => instrument === 'bass')?.notes.at(-1);
        if (!bass) return;
        const home = (bass.midi - (chroma(params.tonic ?? '') ?? 0) + 12) % 12 === 0;
        if (params.emotion === 'resolution' || params.emotion === 'tension') expect(home).toBe(true);
        if (params.emotion === 'growth') expect(home).toBe(false);
      }),
      runs,
    );
  });

  test('the melody never leaps wider than an octave and mostly moves within a fourth', () => {
    const moves: number[] = [];
    fc.assert(
      fc.property(phrase, ({ score }) => {
        const lead = (score.tracks[0]?.notes ?? []).map(({ midi }) => midi);
        const own = lead.slice(1).map((midi, i) => Math.abs(midi - (lead[i] ?? midi)));
        expect(Math.max(0, ...own)).toBeLessThanOrEqual(12);
        moves.push(...own);
      }),
      runs,
    );
    expect(moves.filter((move) => move <= 5).length / moves.length).toBeGreaterThan(0.75);
  });

  test('only a security alert hisses, and no failure is loud', () => {
    fc.assert(
      fc.property(phrase, ({ activities, params, score }) => {
        if (params.cats?.includes('hiss')) {
          expect(activities.some(({ event }) => /alert|advisory/.test(event))).toBe(true);
        }
        if (params.emotion === 'tension') expect(score.loudness).toBeLessThanOrEqual(-19);
      }),
      runs,
    );
  });

  test('the order of arrival changes nothing', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyActivity, { minLength: 2, maxLength: 6, selector: ({ deliveryId }) => deliveryId }),
        (all) => {
          expect(mapActivity(all.toReversed())).toEqual(mapActivity(all));
        },
      ),
    );
  });

  test('JSON there and back gives the same score', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        expect(compose(JSON.parse(JSON.stringify(params)) as MusicalParameters)).toEqual(score);
      }),
    );
  });

  test('the pattern in the parameters is the melody that would be composed without it', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        const { pattern, ...rest } = params;
        expect(pattern?.notes.length).toBeGreaterThan(0);
        expect(compose(rest)).toEqual(score);
      }),
    );
  });

  test('explanations are short sentences', () => {
    fc.assert(
      fc.property(phrase, ({ params }) => {
        for (const sentence of explain(params)) {
          expect(sentence).toMatch(/\.$/u);
          expect(sentence.length).toBeLessThan(140);
        }
      }),
    );
  });
});

test('chords are what their names say, by the judgement of tonal', () => {
  const { tracks } = compose({
    tempo: 60,
    scale: scaleOf('C4 major').notes,
    instrumentType: 'synth',
    duration: 16,
    tonic: 'C',
    mode: 'major',
    emotion: 'resolution',
    prngSeed: 1,
  });
  const pad = tracks.find(({ instrument }) => instrument === 'pad')?.notes ?? [];
  const names = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'];
  const chords = [...Map.groupBy(pad, ({ time }) => time).values()].map((notes) =>
    detect(notes.map(({ midi }) => names[midi % 12] ?? '')).map((name) => name.split('/')[0]),
  );
  const expected = [
    ['CM7', 'C6', 'CMadd9', 'Am7', 'Cadd9'],
    ['CM', 'Cmaj'],
  ];
  expect(chords[0]?.some((name) => expected[0]?.includes(name ?? ''))).toBe(true);
  expect(chords.at(-1)).toContain('CM');
  expect(chords.at(-2)).toContain('GM');
});
