import type { MusicalParameters, Score, Track } from '@bnc/contracts';
import { chroma } from '@tonaljs/note';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compose, explain, mapActivity, themes } from '../src/index.ts';
import { anyActivity } from './activities.ts';
import { chordAt, chordsOf, scaleAt } from './chord-scale.ts';
import { bassOf } from './phrases.ts';

const room = fc.record({
  commitsPerHour: fc.double({ min: 0, max: 500, noNaN: true }),
  theme: fc.constantFrom(...themes),
});
const phrase = fc
  .tuple(fc.array(anyActivity, { minLength: 1, maxLength: 12 }), room)
  .map(([activities, context]) => ({ activities, context, params: mapActivity(activities, context) }))
  // What happens all the time is a sign alone.
  .filter(({ params }) => params.bars !== 0)
  .map(({ params: { sign: _sign, signature: _signature, ...params }, ...mapped }) => ({
    ...mapped,
    params: { ...params, chords: chordsOf(params) },
  }))
  .map((mapped) => ({ ...mapped, score: compose(mapped.params) }));
const runs = { numRuns: 100 };

function voiceOf({ instrument, options }: Partial<Track> = {}): string {
  return JSON.stringify([instrument, options]);
}

function notesOf(score: Score) {
  return score.tracks.flatMap(({ notes }) => notes);
}

describe('whatever happens', () => {
  test('a phrase begins with its sign, and 0.3 s later beside it comes the signature, at every tempo', () => {
    fc.assert(
      fc.property(anyActivity, room, (activity, context) => {
        const { tracks } = compose(mapActivity(activity, context));
        const [sign, signature] = tracks.slice(-2);
        expect(sign?.notes[0]?.time).toBe(0);
        expect(signature?.notes[0]?.time).toBeCloseTo(0.3, 2);
        expect(voiceOf(signature)).not.toBe(voiceOf(sign));
        expect(Math.abs((signature?.pan ?? 0) - (sign?.pan ?? 0))).toBeGreaterThan(0.299);
        for (const { notes } of tracks.slice(0, -2)) expect(notes[0]?.time).toBeGreaterThan(0);
      }),
      runs,
    );
  });

  test('every note of every track is in the scale of its chord and between C2 and C7', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        const wrong = notesOf(score).filter(
          ({ midi, time }) => !scaleAt(params, time).has(midi % 12) || midi < 36 || midi > 96,
        );
        expect(wrong).toEqual([]);
      }),
      runs,
    );
  });

  test('every note begins near a sixteenth, and none before the chord that it belongs to', () => {
    const swings = { chamber: 0.125, ambient: 0, '8-bit': 0, lofi: 0.375 };
    fc.assert(
      fc.property(phrase, ({ params, score, context }) => {
        const off = notesOf(score).filter(({ time }) => {
          const sixteenths = ((time - (params.upbeat ?? 0)) * score.tempo) / 15;
          const whole = Math.round(sixteenths - swings[context.theme] / 2);
          const late = whole % 2 === 1 ? swings[context.theme] : 0;
          const seconds = ((sixteenths - whole - late) * 15) / score.tempo;
          return Math.abs(seconds) > 0.14 || (whole % 8 === 0 && seconds < -0.002);
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
        const bars = ((score.duration - (params.upbeat ?? 0)) * score.tempo) / 240;
        expect(bars).toBeCloseTo(params.bars ?? 0, 9);
        expect([1, 2, 3, 4]).toContain(params.bars);
      }),
      runs,
    );
  });

  test('the melody ends as the cadence asks, by a step', () => {
    fc.assert(
      fc.property(phrase, ({ params, score }) => {
        const [before, last] = (score.tracks[0]?.notes ?? []).slice(-2);
        if (!last) throw new Error('no melody');
        const home = (last.midi - (chroma(params.tonic ?? '') ?? 0) + 12) % 12;
        const chord = chordAt(params, last.time);
        if (params.cadence === 'authentic' || params.cadence === 'plagal') expect(home).toBe(0);
        else expect(chord.tones).toContain(home);
        if (params.cadence === 'half' || params.cadence === 'deceptive') expect(home).not.toBe(0);
        if (before) expect(Math.abs(last.midi - before.midi)).toBeLessThanOrEqual(4);
      }),
      runs,
    );
  });

  test('the bass is at home at the end of good news and of what will be continued, and elsewhere after the rest', () => {
    fc.assert(
      fc.property(phrase, ({ params, score, context }) => {
        const bass = bassOf(score, context.theme)?.notes.at(-1);
        if (!bass) return;
        const isHome = (bass.midi - (chroma(params.tonic ?? '') ?? 0) + 12) % 12 === 0;
        expect(isHome).toBe(params.cadence !== 'half' && params.cadence !== 'deceptive');
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

  test('only a security alert hisses', () => {
    fc.assert(
      fc.property(phrase, ({ activities, params }) => {
        if (params.cats?.includes('hiss')) {
          expect(activities.some(({ event }) => /alert|advisory/.test(event))).toBe(true);
        }
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
