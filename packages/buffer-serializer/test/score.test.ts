import { createAudioBufferLike, deserialize, serialize, toAudioBuffer } from '@bnc/buffer-serializer';
import { deserializeScore } from '@bnc/buffer-serializer/score';
import type { InstrumentName, Score, SerializedBufferV2Score } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from './arbitraries.ts';

const names: readonly InstrumentName[] = ['synth', 'bell', 'pad', 'kick', 'meow'];

const phrase: Score = {
  tempo: 90,
  duration: 4,
  loudness: -17.5,
  prngSeed: 12_345,
  tracks: [
    {
      instrument: 'pluck',
      gain: 0.8,
      pan: -0.25,
      options: { envelope: { release: 0.4 } },
      effects: { delay: { wet: 0.2, time: 0.25, feedback: 0.3 } },
      notes: [
        { time: 0, duration: 1 / 3, midi: 60, velocity: 0.57 },
        { time: 2 / 3, duration: 0.5, midi: 64.5, velocity: 1 },
      ],
    },
    { instrument: 'hiss', notes: [] },
  ],
};

/** Scores whose notes lie where strangers put them: on no grid, in no order. */
const scores: fc.Arbitrary<Score> = fc
  .record({
    tempo: fc.integer({ min: 40, max: 200 }),
    duration: fc.double({ min: 0.1, max: 20, noNaN: true }),
    prngSeed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    tracks: fc.array(
      fc.record({
        instrument: fc.constantFrom(...names),
        notes: fc.array(
          fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
          {
            maxLength: 8,
          },
        ),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ tracks, ...score }) => ({
    ...score,
    tracks: tracks.map(({ instrument, notes }) => ({
      instrument,
      notes: notes.map(([start, share]) => {
        const time = start * score.duration;
        return { time, duration: (score.duration - time) * share, midi: 36 + 60 * share, velocity: start };
      }),
    })),
  }));

/** What travels: text. */
function travel(message: object): unknown {
  return JSON.parse(JSON.stringify(message));
}

function codeOf(read: () => unknown): unknown {
  try {
    read();
    return 'read';
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

function withScore(change: object): object {
  const message = serialize(phrase, { encoding: 'score' });
  return { ...message, score: { ...message.score, ...change } };
}

function withNotes(notes: readonly unknown[]): object {
  return withScore({ i: [['synth', null, null, null, null, notes]] });
}

function withTrack(options: unknown, effects: unknown, instrument: unknown = 'synth'): object {
  return withScore({ i: [[instrument, null, null, options, effects, [0, 24, 60, 80]]] });
}

describe('a score on the wire', () => {
  it('comes back as it was, with the facts about its buffer', () => {
    const message = serialize(phrase, { encoding: 'score', gain: 1.25, sampleRate: 48_000, duration: 5.5 });
    expect(message).toMatchObject({ v: 2, encoding: 'score', length: 264_000, duration: 5.5, gain: 1.25 });
    const read = deserialize(travel(message) as SerializedBufferV2Score);
    expect(read).toMatchObject({ sampleRate: 48_000, length: 264_000, duration: 5.5, numberOfChannels: 2, gain: 1.25 });
    expect(read.score).toEqual(phrase);
  });

  it('lies on 96 ticks a quarter where its notes do, and on finer ones where they do not', () => {
    const [track] = phrase.tracks;
    const free = {
      ...phrase,
      tracks: [{ instrument: 'synth', notes: [{ ...track?.notes[0], time: 0.123_456 }] }],
    } as Score;
    expect(serialize(phrase, { encoding: 'score' }).score.g).toBe(96);
    expect(serialize(free, { encoding: 'score' }).score.g).toBeGreaterThan(96);
  });

  it('moves a note by 2 µs at most, wherever a stranger put it, and never past the end', () => {
    fc.assert(
      fc.property(scores, (score) => {
        const { score: read } = deserialize(travel(serialize(score, { encoding: 'score' })) as SerializedBufferV2Score);
        for (const [index, { notes }] of score.tracks.entries()) {
          for (const [at, note] of notes.entries()) {
            const other = read.tracks[index]?.notes[at];
            expect(other?.time).toBeCloseTo(note.time, 5);
            expect(Math.abs((other?.time ?? 9) - note.time)).toBeLessThan(2e-6);
            expect(Math.abs((other?.duration ?? 9) - note.duration)).toBeLessThan(5e-6);
            expect(Math.abs((other?.velocity ?? 9) - note.velocity)).toBeLessThan(5.1e-5);
            expect(other?.midi).toBe(note.midi);
          }
        }
      }),
      { seed, numRuns: 100 },
    );
  });

  it('is read by a reader of its own, which takes nothing else', () => {
    const message = serialize(phrase, { encoding: 'score', gain: 2 });
    expect(deserializeScore(message)).toMatchObject({ score: phrase, gain: 2 });
    const samples = serialize(createAudioBufferLike([new Float32Array(3)], 8000), { encoding: 'pcm-f32le' });
    expect(codeOf(() => deserializeScore(samples))).toBe('SERIALIZER_UNSUPPORTED_ENCODING');
  });

  it('ignores fields that it does not know', () => {
    const message = serialize(phrase, { encoding: 'score' });
    const newer = {
      ...message,
      mood: 'blue',
      score: { ...message.score, x: 1, i: message.score.i.map((t) => [...t, 7]) },
    };
    expect(deserialize(newer as object as SerializedBufferV2Score).score).toEqual(phrase);
  });

  it('has no samples before it is played', () => {
    const read = deserialize(serialize(phrase, { encoding: 'score' }));
    expect(codeOf(() => read.getChannelData(0))).toBe('SERIALIZER_UNSUPPORTED_ENCODING');
  });
});

describe('a hostile score', () => {
  it.each([
    ['no score', { ...withScore({}), score: undefined }, 'SERIALIZER_INVALID'],
    ['a list as score', { ...withScore({}), score: [] }, 'SERIALIZER_UNSUPPORTED_VERSION'],
    ['another version', withScore({ v: 2 }), 'SERIALIZER_UNSUPPORTED_VERSION'],
    ['a tempo of 0', withScore({ t: 0 }), 'SERIALIZER_INVALID'],
    ['a tempo of null, which is what JSON makes of NaN', withScore({ t: null }), 'SERIALIZER_INVALID'],
    ['a duration of a day', withScore({ d: 86_400 }), 'SERIALIZER_LIMIT'],
    ['a duration in words', withScore({ d: '4' }), 'SERIALIZER_INVALID'],
    ['a loudness of 0', withScore({ l: 0 }), 'SERIALIZER_INVALID'],
    ['a seed of null', withScore({ s: null }), 'SERIALIZER_INVALID'],
    ['a grid of 0', withScore({ g: 0 }), 'SERIALIZER_INVALID'],
    ['a grid of 1e300', withScore({ g: 1e300 }), 'SERIALIZER_INVALID'],
    ['tracks as an object', withScore({ i: { length: 3 } }), 'SERIALIZER_INVALID'],
    ['a track that is null', withScore({ i: [null] }), 'SERIALIZER_INVALID'],
    ['33 tracks', withScore({ i: Array.from({ length: 33 }, () => ['synth']) }), 'SERIALIZER_LIMIT'],
    ['a million notes', withNotes(Array.from({ length: 4_000_000 }, () => 0)), 'SERIALIZER_LIMIT'],
    ['200 notes at a time', withNotes(Array.from({ length: 200 }, () => [0, 24, 60, 80]).flat()), 'SERIALIZER_LIMIT'],
    ['half a note', withNotes([0, 24, 60]), 'SERIALIZER_INVALID'],
    ['a note of words', withNotes([0, '24', 60, 80]), 'SERIALIZER_INVALID'],
    ['a note without a number', withNotes([0, null, 60, 80]), 'SERIALIZER_INVALID'],
    ['a note before the start', withNotes([-1, 24, 60, 80]), 'SERIALIZER_INVALID'],
    ['a note after the end', withNotes([9600, 24, 60, 80]), 'SERIALIZER_INVALID'],
    ['a negative length', withNotes([0, -24, 60, 80]), 'SERIALIZER_INVALID'],
    ['a velocity of 1e9', withNotes([0, 24, 60, 1e11]), 'SERIALIZER_INVALID'],
    ['a MIDI note of 128', withNotes([0, 24, 128, 80]), 'SERIALIZER_INVALID'],
    ['an unknown instrument', withTrack(null, null, 'theremin'), 'SERIALIZER_INVALID'],
    ['an instrument of the prototype', withTrack(null, null, 'constructor'), 'SERIALIZER_INVALID'],
    ['an option that names voices', withTrack({ maxVoices: 1e9 }, null), 'SERIALIZER_INVALID'],
    ['an option that names a context', withTrack({ context: {} }, null), 'SERIALIZER_INVALID'],
    ['a key of the prototype', withTrack(JSON.parse('{"__proto__":{}}'), null), 'SERIALIZER_INVALID'],
    ['an effect of the prototype', withTrack(null, JSON.parse('{"__proto__":{}}')), 'SERIALIZER_INVALID'],
    ['a feedback of 1', withTrack(null, { delay: { wet: 1, time: 1, feedback: 1 } }), 'SERIALIZER_INVALID'],
    ['an endless release', withTrack({ envelope: { release: 1e9 } }, null), 'SERIALIZER_INVALID'],
    ['a gain of 0', { ...withScore({}), gain: 0 }, 'SERIALIZER_INVALID'],
    ['an infinite gain', { ...withScore({}), gain: Number.POSITIVE_INFINITY }, 'SERIALIZER_INVALID'],
    ['a buffer of an hour', { ...withScore({}), length: 2 ** 28 }, 'SERIALIZER_LIMIT'],
  ])('with %s is refused with its code', (_, message, code) => {
    expect(codeOf(() => deserialize(message))).toBe(code);
  });

  it('is refused by limits of the caller, and by the writer', () => {
    const message = serialize(phrase, { encoding: 'score' });
    expect(codeOf(() => deserialize(message, { score: { maxNotes: 1 } }))).toBe('SERIALIZER_LIMIT');
    expect(codeOf(() => serialize({ ...phrase, tempo: 0 }, { encoding: 'score' }))).toBe('SERIALIZER_INVALID');
    expect(() => serialize(phrase, { encoding: 'score', gain: Number.NaN })).toThrow(RangeError);
    expect(() => serialize(phrase, { encoding: 'score', duration: 1 })).toThrow(RangeError);
    expect(() => serialize(phrase, { encoding: 'score', sampleRate: '44100' as unknown as number })).toThrow(TypeError);
  });
});

describe('toAudioBuffer of a score', () => {
  const message = serialize(phrase, { encoding: 'score', sampleRate: 8000 });
  const context = {
    createBuffer: (channels: number, length: number, rate: number) => {
      const planes = Array.from({ length: channels }, () => new Float32Array(length));
      return {
        ...createAudioBufferLike(planes, rate),
        copyToChannel: (samples: Float32Array, channel: number) => planes[channel]?.set(samples),
      } as unknown as AudioBuffer;
    },
  };
  function render(length: number, value = 0.5, rate = 8000) {
    const plane = new Float32Array(length).fill(value);
    return () => createAudioBufferLike([plane, plane], rate);
  }

  it.each([100, 32_000, 64_000])('is exactly as long as stated when %i frames were played', async (length) => {
    const buffer = await toAudioBuffer(message, context, { renderScore: render(length) });
    expect(buffer.length).toBe(32_000);
    expect(buffer.getChannelData(1).filter((sample) => sample === 0.5)).toHaveLength(Math.min(length, 32_000));
  });

  it('needs a function that plays, and finite samples in the stated layout', async () => {
    const tries = [{}, { renderScore: render(10, Number.NaN) }, { renderScore: render(10, 0, 44_100) }];
    const codes = await Promise.all(
      tries.map((options) => toAudioBuffer(message, context, options).catch((error: { code: string }) => error.code)),
    );
    expect(codes).toEqual(['SERIALIZER_UNSUPPORTED_ENCODING', 'SERIALIZER_NON_FINITE', 'SERIALIZER_LENGTH_MISMATCH']);
  });
});
