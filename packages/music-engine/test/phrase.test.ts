import { deserialize, serialize } from '@bnc/buffer-serializer';
import type { Mode, ScoreNote } from '@bnc/contracts';
import { chroma } from '@tonaljs/note';
import { describe, expect, test } from 'vitest';
import { readChord } from '../src/chord-names.ts';
import { isParallel } from '../src/harmony.ts';
import { compose } from '../src/index.ts';
import { lineOf, writePhrase } from '../src/phrase.ts';
import type { QuoteManner } from '../src/quote.ts';
import type { Note } from '../src/rhythm.ts';
import { arrangements } from '../src/themes.ts';
import { scaleAt } from './chord-scale.ts';
import { krumhansl } from './krumhansl.ts';
import { bassOf, kinds, type Played, playPhrase, requestOf } from './phrases.ts';

const modes = ['major', 'dorian', 'mixolydian'] as const satisfies readonly Mode[];
const played = Array.from({ length: 160 }, (_, seed) => playPhrase(requestOf(seed)));
const swings = { chamber: 0.125, ambient: 0, '8-bit': 0, lofi: 0.375 };

/** Milliseconds by which each note is late, compared with its sixteenth and the swing of its theme. */
function lateness({ request, params, score }: Played): number[] {
  const swing = swings[request.theme];
  return score.tracks.flatMap(({ notes }) =>
    notes.map(({ time }) => {
      const sixteenths = ((time - (params.upbeat ?? 0)) * score.tempo) / 15;
      const whole = Math.round(sixteenths - swing / 2);
      return ((sixteenths - whole - (whole % 2 === 1 ? swing : 0)) * 15_000) / score.tempo;
    }),
  );
}

/** Groups notes that begin within 40 ms. */
function together(notes: readonly ScoreNote[]): ScoreNote[][] {
  const groups: ScoreNote[][] = [];
  for (const note of notes) {
    const last = groups.at(-1);
    if (last && note.time - (last[0]?.time ?? 0) < 0.04) last.push(note);
    else groups.push([note]);
  }
  return groups;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function share<T>(all: readonly T[], holds: (one: T) => boolean): number {
  return all.filter(holds).length / all.length;
}

describe('whatever a room asks for', () => {
  test('every note is in the scale of its chord and between MIDI 36 and 96, and the lead from 67 up', () => {
    for (const { params, score } of played) {
      const all = score.tracks.flatMap(({ notes }) => notes);
      expect(all.filter(({ midi, time }) => !scaleAt(params, time).has(midi % 12) || midi < 36 || midi > 96)).toEqual(
        [],
      );
      expect(score.tracks[0]?.notes.filter(({ midi }) => midi < 67)).toEqual([]);
    }
  });

  test('nothing sounds before the upbeat is over, and nothing after the end', () => {
    for (const { params, score } of played) {
      const all = score.tracks.flatMap(({ notes }) => notes);
      expect(all.filter(({ time }) => time < (params.upbeat ?? 0) - 0.005)).toEqual([]);
      expect(all.filter(({ time, duration }) => time + duration > score.duration + 1e-9)).toEqual([]);
    }
  });

  test('the lead makes parallel fifths or octaves with the bass in 3 of 100 moves at most', () => {
    const moves = played.flatMap(({ request, score }) => {
      const bass = bassOf(score, request.theme)?.notes ?? [];
      const lead = score.tracks[0]?.notes ?? [];
      const at = (notes: readonly ScoreNote[], time: number) =>
        notes.findLast((note) => note.time <= time + 0.04)?.midi;
      return [...bass, ...lead]
        .toSorted((a, b) => a.time - b.time)
        .map(({ time }) => [at(bass, time), at(lead, time)] as const)
        .flatMap(([low, high], i, pairs) => {
          const [lowBefore, highBefore] = pairs[i - 1] ?? [];
          if (low === undefined || high === undefined || lowBefore === undefined || highBefore === undefined) return [];
          return low === lowBefore || high === highBefore ? [] : [isParallel(lowBefore, highBefore, low, high)];
        });
    });
    expect(moves.length).toBeGreaterThan(200);
    expect(share(moves, (isOne) => isOne)).toBeLessThanOrEqual(0.03);
  });

  test('below middle C no two notes that are held together are closer than a fourth', () => {
    for (const { score } of played) {
      for (const { instrument, notes } of score.tracks) {
        if (instrument !== 'pad' && instrument !== 'strings') continue;
        for (const held of together(notes)) {
          const chord = held.map(({ midi }) => midi).toSorted((a, b) => a - b);
          const close = chord.filter((midi, i) => midi < 60 && (chord[i + 1] ?? 99) - midi < 5);
          expect(close).toEqual([]);
        }
      }
    }
  });

  test('a melody that is not broken off ends by a step, at home or in its chord as the cadence asks', () => {
    for (const { request, phrase } of played) {
      const [before, last] = phrase.lead.slice(-2);
      if (!before || !last) throw new Error('a melody of one note');
      const home = (last.midi - chroma(request.tonic) + 12) % 12;
      const chord = readChord(phrase.chords.at(-1) ?? '');
      expect(Math.abs(last.midi - before.midi)).toBeLessThanOrEqual(4);
      expect(chord.tones).toContain(home);
      if (request.cadence === 'authentic' || request.cadence === 'plagal') expect(home).toBe(0);
      if (request.cadence === 'half' || request.cadence === 'deceptive') expect(home).not.toBe(0);
    }
  });

  test('compose writes the same lead again when it is left out', () => {
    for (const { params, score } of played) {
      const { pattern: _, ...rest } = params;
      expect(compose(rest)).toEqual(score);
    }
  });

  test('a score crosses the wire bit for bit in 2.5 kB at most, 3 kB with a drum kit', () => {
    for (const { request, score } of played) {
      const text = JSON.stringify(serialize(score, { encoding: 'score', gain: 1.234 }));
      expect(deserialize(JSON.parse(text))).toMatchObject({ score });
      const hasKit = arrangements[request.theme].beat.endsWith('kit');
      expect(text.length).toBeLessThanOrEqual(hasKit ? 3000 : 2500);
    }
  });
});

describe('played as people play', () => {
  test('notes are off the grid by 5-12 ms as a rule, never early for their chord, and bar lines stay', () => {
    const all = played.map(lateness);
    expect(median(all.map(deviation))).toBeGreaterThan(5);
    expect(share(all, (late) => deviation(late) <= 12)).toBeGreaterThan(0.95);
    for (const late of all) expect(Math.max(...late.map(Math.abs))).toBeLessThan(90);
    for (const { params, score } of played) {
      const half = 120 / score.tempo;
      const early = score.tracks.flatMap(({ notes }) =>
        notes.filter(({ time }) => {
          const place = (time - (params.upbeat ?? 0)) / half;
          return Math.round(place) - place > 0.002 && Math.round(place) - place < 0.04;
        }),
      );
      expect(early).toEqual([]);
    }
  });

  test('velocities have a standard deviation of 0.10-0.14', () => {
    const all = played.map(({ score }) =>
      deviation(score.tracks.flatMap(({ notes }) => notes.map(({ velocity }) => velocity))),
    );
    expect(median(all)).toBeGreaterThan(0.1);
    expect(median(all)).toBeLessThan(0.14);
  });

  test('chords are strummed upwards in 8-18 ms', () => {
    const widths = played.flatMap(({ score }) =>
      score.tracks
        .filter(({ instrument }) => instrument === 'pad' || instrument === 'strings')
        .flatMap(({ notes }) => together(notes))
        .filter(({ length }) => length >= 3)
        .map((chord) => {
          expect(chord.map(({ midi }) => midi)).toEqual(chord.map(({ midi }) => midi).toSorted((a, b) => a - b));
          return ((chord.at(-1)?.time ?? 0) - (chord[0]?.time ?? 0)) * 1000;
        }),
    );
    expect(Math.min(...widths)).toBeGreaterThan(4);
    expect(Math.max(...widths)).toBeLessThan(22);
  });

  test('the last bar of three or more slows down, that of fewer does not', () => {
    const late = ({ phrase, params, score }: Played): number[] => {
      const from = (phrase.chords.length / 2 - 1) * 16;
      return phrase.lead.flatMap(({ step }, i) => {
        const time = score.tracks[0]?.notes[i]?.time ?? 0;
        const at = ((time - (params.upbeat ?? 0)) * score.tempo) / 15;
        return step >= from + 8 ? [((at - step) * 15_000) / score.tempo] : [];
      });
    };
    const long = played.filter(({ request }) => request.bars >= 3).flatMap(late);
    const short = played.filter(({ request }) => request.bars < 3).flatMap(late);
    expect(median(long) - median(short)).toBeGreaterThan(3);
  });
});

describe.each(kinds)('$gesture, $cadence', (kind) => {
  test.each([1, 2, 4])('of %d bars has many rhythms, endings and leads', (bars) => {
    const leads = Array.from({ length: 200 }, (_, seed) => writePhrase(requestOf(seed, { ...kind, bars })).lead);
    const from = (bars - 1) * 16;
    const rhythms = Map.groupBy(leads, (lead) =>
      lead.flatMap(({ step }) => (step >= from ? [Math.floor(step)] : [])).join(' '),
    );
    const ends = Map.groupBy(leads, (lead) => Math.floor(lead.at(-1)?.step ?? 0));
    expect(
      new Set(leads.map((lead) => lead.map(({ step, midi }) => `${step} ${midi}`).join())).size,
    ).toBeGreaterThanOrEqual(150);
    expect(rhythms.size).toBeGreaterThanOrEqual(24);
    expect(Math.max(...[...rhythms.values()].map(({ length }) => length / 200))).toBeLessThanOrEqual(0.3);
    expect(Math.max(...[...ends.values()].map(({ length }) => length / 200))).toBeLessThanOrEqual(0.32);
    const places = [...ends.keys()].map((step) => step - from).toSorted((a, b) => a - b);
    expect(places).toEqual(bars > 1 ? [0, 4, 6, 8, 12] : [8, 10, 11, 12]);
  });

  test('has 24 bars or more', () => {
    const bars = Array.from({ length: 200 }, (_, seed) =>
      writePhrase(requestOf(seed, { ...kind, bars: 4 }))
        .lead.flatMap(({ step }) => (step < 16 ? [Math.floor(step)] : []))
        .join(),
    );
    expect(new Set(bars).size).toBeGreaterThanOrEqual(24);
  });
});

test.each(modes)(
  'the home note of %s is found by the key profiles of Krumhansl in 80 of 100 phrases or more',
  (mode) => {
    const all = Array.from({ length: 100 }, (_, seed) => playPhrase(requestOf(seed, { mode })));
    expect(share(all, ({ request, score }) => krumhansl(score).tonic === chroma(request.tonic))).toBeGreaterThanOrEqual(
      0.8,
    );
  },
);

/** Intervals and times from note to note. */
function moves(lead: readonly Note[]): [semitones: number, steps: number][] {
  return lead.slice(1).map(({ midi, step }, i) => {
    const before = lead[i];
    return [midi - (before?.midi ?? 0), Math.floor(step) - Math.floor(before?.step ?? 0)];
  });
}

/** How much two leads have in common: the longest row of moves of the same time and, within a semitone, the same interval, as a part of the shorter one. */
function similarity(a: readonly Note[], b: readonly Note[]): number {
  const [one, two] = [moves(a), moves(b)];
  let row = Array.from({ length: two.length + 1 }, () => 0);
  for (const [interval, time] of one) {
    const next = [0];
    two.forEach(([other, otherTime], i) => {
      const isSame = Math.abs(interval - other) <= 1 && time === otherTime;
      next.push(isSame ? (row[i] ?? 0) + 1 : Math.max(row[i + 1] ?? 0, next[i] ?? 0));
    });
    row = next;
  }
  return (row.at(-1) ?? 0) / Math.max(1, Math.min(one.length, two.length));
}

describe('a phrase that takes up an earlier lead', () => {
  const room = (seed: number) => ({ tonic: 'D', mode: modes[seed % 3] ?? 'major', theme: 'chamber' }) as const;
  const opening = { gesture: 'rise', emotion: 'growth', cadence: 'half', density: 0.5 } as const;
  const later = {
    continues: { gesture: 'stride', emotion: 'activity', cadence: 'suspended', density: 0.8 },
    answers: { gesture: 'call', emotion: 'activity', cadence: 'suspended', density: 0.6 },
    'breaks off': { gesture: 'sigh', emotion: 'tension', cadence: 'deceptive', density: 0.35 },
    'comes home': { gesture: 'homecoming', emotion: 'resolution', cadence: 'authentic', density: 0.4 },
  } as const;
  const openings = Array.from({ length: 60 }, (_, seed) => {
    const request = requestOf(seed, { ...room(seed), ...opening, bars: 1 + (seed % 4) });
    const { lead, chords } = writePhrase(request);
    return { seed, lead, line: lineOf(lead, { ...request, chords }) };
  });

  test.each(Object.keys(later) as QuoteManner[])('%s: it is like its source, and unlike other leads', (how) => {
    const differences = openings.map(({ seed, lead, line }) => {
      const bars = 1 + ((seed >> 2) % 4);
      const quoting = writePhrase(
        requestOf(1000 + seed, { ...room(seed), ...later[how], bars, quote: { lead: line, how } }),
      ).lead;
      const others = openings.filter((other) => other.seed !== seed).map((other) => similarity(other.lead, quoting));
      return similarity(lead, quoting) - others.reduce((sum, value) => sum + value, 0) / others.length;
    });
    expect(median(differences)).toBeGreaterThanOrEqual(0.3);
    expect(share(differences, (difference) => difference > 0.1)).toBeGreaterThan(0.9);
  });

  test('comes home: it ends on the home note', () => {
    for (const { seed, line } of openings) {
      const request = requestOf(seed, {
        ...room(seed),
        ...later['comes home'],
        quote: { lead: line, how: 'comes home' },
      });
      expect((writePhrase(request).lead.at(-1)?.midi ?? 0) % 12).toBe(chroma('D'));
    }
  });

  test('breaks off: it stops in the middle', () => {
    for (const { seed, line } of openings) {
      const request = requestOf(seed, {
        ...room(seed),
        ...later['breaks off'],
        quote: { lead: line, how: 'breaks off' },
      });
      expect(writePhrase(request).lead.at(-1)?.step).toBeLessThan(8 * request.bars);
    }
  });

  test('its notes are in the scales of its chords, from MIDI 67 to 96', () => {
    for (const how of Object.keys(later) as QuoteManner[]) {
      for (const { seed, line } of openings) {
        const { params, score } = playPhrase(requestOf(seed, { ...later[how], quote: { lead: line, how } }));
        const wrong = (score.tracks[0]?.notes ?? []).filter(
          ({ midi, time }) => !scaleAt(params, time).has(midi % 12) || midi < 67 || midi > 96,
        );
        expect(wrong).toEqual([]);
      }
    }
  });

  test('its memory is short and knows no key: the same lead in two keys is the same line', () => {
    const wide = requestOf(3, {
      bars: 4,
      density: 1,
      gesture: 'stride',
      emotion: 'activity',
      mode: 'major',
      register: 72,
    });
    const lines = (['C', 'F#'] as const).map((tonic) => {
      const { lead, chords } = writePhrase({ ...wide, tonic, register: tonic === 'C' ? 72 : 78 });
      return lineOf(lead, { tonic, mode: 'major', chords });
    });
    for (const line of lines) expect(JSON.stringify(line).length).toBeLessThanOrEqual(100);
    for (const { line } of openings) expect(JSON.stringify(line).length).toBeLessThanOrEqual(100);
    expect(lines[0]?.slice(0, 8)).toBe(lines[1]?.slice(0, 8));
  });
});

test('tension has no drums but those of half time, and its chords are held', () => {
  for (const { request, score } of played) {
    if (request.emotion !== 'tension') continue;
    expect(bassOf(score, request.theme)?.notes.length ?? 0).toBeLessThanOrEqual(request.bars * 2);
    for (const { instrument, notes } of score.tracks) {
      if (['kick', 'hat', 'snare'].includes(instrument)) expect(notes.length).toBeLessThanOrEqual(request.bars);
    }
  }
});
