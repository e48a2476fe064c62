import type { GitHubActivity } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Advanced,
  advance,
  bedOf,
  changeSettings,
  compose,
  interrupts,
  openRoom,
  type RoomState,
  readRoom,
  themes,
} from '../src/index.ts';
import { anyActivity, push, six } from './activities.ts';
import { scaleAt } from './chord-scale.ts';

const minute = 60_000;
/** A Monday at nine. */
const nine = Date.UTC(2026, 10, 30, 9);

/** Happenings and the time in ms between each and the one before. */
const hour = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 20 * minute }), fc.array(anyActivity, { minLength: 1, maxLength: 4 })),
  { minLength: 1, maxLength: 40 },
);

function play(
  happenings: readonly (readonly [number, readonly GitHubActivity[]])[],
  each: (advanced: Advanced, before: RoomState, at: number) => void = () => {},
  room = openRoom({ repositoryId: 1296269 }),
): RoomState {
  let at = nine;
  for (const [later, activities] of happenings) {
    at += later;
    const advanced = advance(room, activities, at);
    each(advanced, room, at);
    ({ room } = advanced);
  }
  return room;
}

function of(name: string, more: Partial<GitHubActivity> = {}): GitHubActivity {
  return { ...push, ...six[name], deliveryId: name, ...more };
}

describe('whatever happens in an hour', { timeout: 60_000 }, () => {
  test('a phrase begins on a sixteenth of the clock, and its first bar on a beat', () => {
    fc.assert(
      fc.property(hour, (happenings) => {
        play(happenings, ({ room: { clock }, phrase }) => {
          if (!clock || !phrase) throw new Error('a room plays everything');
          const { startAt, params } = phrase;
          const sixteenths = ((startAt - clock.line) * clock.tempo) / 15_000;
          expect(Math.abs(sixteenths - Math.round(sixteenths))).toBeLessThan(0.01);
          if (params.bars === 0) return;
          const beats = sixteenths / 4 + ((params.upbeat ?? 0) * params.tempo) / 60;
          expect(Math.abs(beats - Math.round(beats))).toBeLessThan(0.01);
          expect(params.upbeat).toBeGreaterThan(0);
        });
      }),
    );
  });

  test('every note is in the scale of the chord of its bar and between MIDI 36 and 96, and each phrase between -34 and -16 LUFS', () => {
    fc.assert(
      fc.property(hour, fc.constantFrom(...themes), (happenings, theme) => {
        const room = openRoom({ repositoryId: 1296269, settings: { theme } });
        const each = ({ phrase }: Advanced): void => {
          if (!phrase) throw new Error('a room plays everything');
          const { sign: _sign, signature: _signature, ...params } = phrase.params;
          expect(params.loudness).toBeGreaterThanOrEqual(-34);
          expect(params.loudness).toBeLessThanOrEqual(-16);
          const wrong = compose(params)
            .tracks.flatMap(({ notes }) => notes)
            .filter(({ midi, time }) => !scaleAt(params, time).has(midi % 12) || midi < 36 || midi > 96);
          expect(wrong).toEqual([]);
        };
        play(happenings, each, room);
      }),
      { numRuns: 25 },
    );
  });

  test('phrases do not overlap, unless bad news interrupts', () => {
    fc.assert(
      fc.property(hour, (happenings) => {
        play(happenings, ({ phrase }, before, at) => {
          const until = before.sounding?.until ?? 0;
          expect(phrase?.startAt).toBeGreaterThanOrEqual(at - 1);
          if (phrase?.yieldsAt === undefined) expect(phrase?.startAt).toBeGreaterThanOrEqual(until - 1);
          else expect([phrase.yieldsAt, phrase.yieldsAt < until]).toEqual([phrase.startAt, true]);
        });
      }),
    );
  });

  test('the tempo lies within the band and changes only at the line of 16 bars, by 2 at most', () => {
    fc.assert(
      fc.property(hour, (happenings) => {
        play(happenings, ({ room: { clock } }, { clock: before }) => {
          if (!clock || !before) return;
          expect(clock.tempo).toBeGreaterThanOrEqual(60);
          expect(clock.tempo).toBeLessThanOrEqual(108);
          const slowest = Math.min(clock.tempo, before.tempo);
          const cycles = (clock.line - before.line) / ((64 * minute) / slowest);
          expect(Math.abs(clock.tempo - before.tempo)).toBeLessThanOrEqual(2 * Math.ceil(cycles * 1.1));
        });
      }),
    );
  });

  test('a room that is handed over as JSON after each phrase goes on as if it had not been', () => {
    fc.assert(
      fc.property(hour, (happenings) => {
        const phrases: unknown[] = [];
        play(happenings, ({ phrase }) => phrases.push(phrase));
        let room = openRoom({ repositoryId: 1296269 });
        let at = nine;
        const handed = happenings.map(([later, activities]) => {
          at += later;
          const advanced = advance(readRoom(JSON.parse(JSON.stringify(room))) ?? room, activities, at);
          ({ room } = advanced);
          return advanced.phrase;
        });
        expect(handed).toEqual(phrases);
      }),
    );
  });

  test('its state stays within 4 kB', { timeout: 60_000 }, () => {
    const some = fc.sample(anyActivity, { numRuns: 500, seed: 7 });
    const activities = Array.from({ length: 10 }, () => some)
      .flat(2)
      .concat(Array.from({ length: 5_000 }, () => push))
      .map((activity, i) => ({
        ...activity,
        deliveryId: `${i}`,
        actor: `user-${i % 100}`,
        subject: `pull/${i}`,
        branch: `${'x'.repeat(200)}${i}`,
      }));
    let largest = 0;
    play(
      Array.from({ length: 1_000 }, (_, i) => [(i % 60) * 1000, activities.slice(i * 10, i * 10 + 10)]),
      ({ room }) => {
        largest = Math.max(largest, JSON.stringify(room).length);
      },
      openRoom({
        repositoryId: Number.MAX_SAFE_INTEGER,
        settings: {
          theme: 'ambient',
          bed: false,
          tempo: [100, 200],
          heard: 'everything',
          quietHours: { from: '22:00', to: '22:01', timeZone: 'America/Argentina/ComodRivadavia' },
        },
      }),
    );
    expect(largest).toBeLessThanOrEqual(4096);
  });
});

test('a quiet room plays at 66 beats a minute, a busy one faster, none faster than 108', () => {
  const tempoAfter = (pushes: number) =>
    play(Array.from({ length: pushes }, (_, i) => [minute, [of('push', { deliveryId: `${i}` })]])).clock?.tempo;
  expect(tempoAfter(1)).toBeLessThanOrEqual(80);
  expect(tempoAfter(60)).toBeGreaterThan(90);
  expect(tempoAfter(600)).toBe(108);
});

test('an idle room comes back to its slowest tempo, and a year costs no more than an hour', () => {
  const busy = play(Array.from({ length: 60 }, (_, i) => [minute, [of('push', { deliveryId: `${i}` })]]));
  const { room } = advance(busy, [], nine + 365 * 24 * 60 * minute);
  expect(room.clock?.tempo).toBe(66);
  expect(nine + 365 * 24 * 60 * minute - (room.clock?.line ?? 0)).toBeLessThan(minute);
});

test('a room keeps one mode for a part of the day, whatever happens', () => {
  const modes = new Set<string | undefined>();
  play(
    Object.keys(six).map((name, i) => [5 * minute, [of(name, { deliveryId: `${i}` })]]),
    ({ phrase }) => {
      modes.add(phrase?.params.mode);
    },
  );
  expect(modes.size).toBe(1);
});

test('what matters is louder, and each repeat of it is softer', () => {
  const loudness: (number | undefined)[] = [];
  const names = ['push', 'red', 'opened', 'merged'];
  for (const name of names) {
    loudness.push(advance(openRoom({ repositoryId: 1 }), [of(name)], nine).phrase?.params.loudness);
  }
  expect(loudness).toEqual([-22, -16, -22, -19]);
  const pushes: (number | undefined)[] = [];
  play(
    Array.from({ length: 7 }, (_, i) => [minute, [of('push', { deliveryId: `${i}` })]]),
    ({ phrase }) => pushes.push(phrase?.params.loudness),
  );
  expect(pushes).toEqual([-22, -23.5, -25, -26.5, -28, -28, -28]);
});

test('a program is 4 LU softer than a person, and nothing is softer than the bed allows', () => {
  const own = advance(openRoom({ repositoryId: 1 }), [of('push')], nine).phrase?.params.loudness ?? 0;
  expect(advance(openRoom({ repositoryId: 1 }), [of('push', { isBot: true })], nine).phrase?.params.loudness).toBe(
    own - 4,
  );
  const label = { event: 'label', action: 'created', isBot: true };
  const softest: number[] = [];
  play(
    Array.from({ length: 9 }, (_, i) => [minute, [of('push', { ...label, deliveryId: `${i}` })]]),
    ({ phrase }) => {
      softest.push(phrase?.params.loudness ?? 0);
    },
  );
  expect(Math.min(...softest)).toBe(-34);
});

test('bad news interrupts what sounds, but no other bad news', () => {
  const { room } = advance(openRoom({ repositoryId: 1 }), [of('merged')], nine);
  expect(interrupts(room, [of('red')], nine + 1000)).toBe(true);
  expect(interrupts(room, [of('push')], nine + 1000)).toBe(false);
  const red = advance(room, [of('red')], nine + 1000);
  expect(red.phrase?.yieldsAt).toBe(red.phrase?.startAt);
  expect((red.phrase?.startAt ?? 0) - nine).toBeLessThan(1250);
  expect(interrupts(red.room, [of('red', { deliveryId: 'another' })], nine + 2000)).toBe(false);
});

test('bad news that comes in the last moment of what sounds interrupts nothing', () => {
  const { room } = advance(openRoom({ repositoryId: 1 }), [of('merged')], nine);
  const until = room.sounding?.until ?? 0;
  const { phrase } = advance(room, [of('red')], until - 1);
  expect(phrase?.yieldsAt).toBeUndefined();
  expect(phrase?.startAt).toBeGreaterThanOrEqual(until);
});

test('a silent room without a bed starts at once; with a bed it waits for the next sixteenth', () => {
  const withBed = play([[0, [of('push')]]]);
  const without = changeSettings(withBed, { bed: false });
  const at = nine + 10 * minute + 77;
  expect(advance(without, [of('push')], at).phrase?.startAt).toBe(at);
  expect((advance(withBed, [of('push')], at).phrase?.startAt ?? 0) - at).toBeGreaterThan(0);
});

test('in quiet hours a room plays nothing and learns everything', () => {
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
  const room = openRoom({ repositoryId: 1, settings: { quietHours } });
  const night = Date.UTC(2026, 10, 30, 23);
  const advanced = advance(room, [of('push')], night);
  expect(advanced.phrase).toBeUndefined();
  expect(advanced.room.work?.perHour).toBeGreaterThan(0);
  expect(advance(room, [of('push')], nine).phrase).toBeDefined();
});

test('a room plays what its settings let through', () => {
  const plays = (heard: 'important' | 'failures', activity: GitHubActivity): boolean =>
    advance(openRoom({ repositoryId: 1, settings: { heard } }), [activity], nine).phrase !== undefined;
  const label = of('push', { event: 'label', action: 'created' });
  expect([plays('important', label), plays('important', of('push')), plays('important', of('red'))]).toEqual([
    false,
    true,
    true,
  ]);
  expect([plays('failures', of('push')), plays('failures', of('red'))]).toEqual([false, true]);
});

test.each([
  ['pull/12', '#12'],
  ['issues/7', '#7'],
  ['heads/cats/purr', 'branch cats/purr'],
  ['tags/v2', 'tag v2'],
  ['commit/1a2b3c4', 'commit 1a2b3c4'],
  ['alert/3', 'alert 3'],
  ['deployment/4711', 'this deployment'],
  ['run/4711', 'this build'],
  ['wiki', 'the wiki'],
])('a phrase about %s that takes up its line gives as a reason that %s was heard before', (subject, words) => {
  const { room } = advance(openRoom({ repositoryId: 1 }), [of('opened', { subject })], nine);
  const { phrase } = advance(room, [of('merged', { subject })], nine + minute);
  const reason = { because: `${words} was heard before`, therefore: 'its line comes home' };
  expect(phrase?.params.reasons).toContainEqual(reason);
});

test('a phrase that takes up a line of its branch names the branch, not its own number', () => {
  const { room } = advance(
    openRoom({ repositoryId: 1 }),
    [of('push', { subject: 'heads/purr', branch: 'purr' })],
    nine,
  );
  const { phrase } = advance(room, [of('opened', { subject: 'pull/5', branch: 'purr' })], nine + minute);
  expect(phrase?.params.reasons?.map(({ because }) => because)).toContain('branch purr was heard before');
});

test('a state of a newer engine is refused, and what is no state is none', () => {
  expect(() => readRoom({ version: 99 })).toThrow('version 99');
  expect(readRoom(undefined)).toBeUndefined();
  expect(readRoom({ tempo: 90 })).toBeUndefined();
});

test('the bed says how things stand', () => {
  const verdict = { event: 'workflow_run', action: 'completed', isDefaultBranch: true };
  let room = openRoom({ repositoryId: 1 });
  const stateAfter = (more: Partial<GitHubActivity>, at: number): string => {
    ({ room } = advance(room, [of('push', more)], at));
    return bedOf(room, at).state;
  };
  expect(bedOf(room, nine).state).toBe('quiet');
  expect(stateAfter({}, nine)).toBe('green');
  expect(stateAfter({ ...verdict, outcome: 'failure' }, nine)).toBe('red');
  expect(stateAfter({ event: 'deployment', action: 'created' }, nine)).toBe('red');
  expect(stateAfter({ ...verdict, outcome: 'success' }, nine)).toBe('deploying');
  expect(stateAfter({ event: 'deployment_status', outcome: 'success' }, nine)).toBe('green');
  expect(bedOf(room, nine + 4 * 60 * minute).state).toBe('quiet');
});

test('an hour of one state is never the same seconds again: drone, chords and bells change every 320 s', () => {
  const { room } = advance(openRoom({ repositoryId: 1 }), [of('push')], nine);
  const passages = Array.from({ length: 12 }, (_, i) => bedOf(room, nine + (i + 1) * 320_000));
  expect(new Set(passages.map(({ state }) => state)).size).toBe(1);
  expect(new Set(passages.map(({ loops }) => JSON.stringify(loops))).size).toBe(12);
  for (const layer of [0, 1, 2]) {
    const scores = passages.map(({ loops }) => JSON.stringify(loops[layer]?.score.tracks));
    // Some three chords out of four may come twice, under another drone.
    expect(new Set(scores).size).toBeGreaterThanOrEqual(10);
  }
});

test('a tone of the drone always sounds, from one turn into the next', () => {
  const { room } = advance(openRoom({ repositoryId: 1 }), [of('push')], nine);
  for (let passage = 0; passage < 12; passage++) {
    const [drone] = bedOf(room, nine + passage * 320_000).loops;
    const notes = drone?.score.tracks[0]?.notes ?? [];
    const length = drone?.score.duration ?? 0;
    for (let at = 0; at < length - 0.2; at += 0.1) {
      expect(notes.some(({ time, duration }) => time <= at && at < time + duration)).toBe(true);
    }
  }
});

test('a bed is named by what it sounds like, takes over on a bar line and opens with what happens', () => {
  const { room } = advance(openRoom({ repositoryId: 1 }), [of('push')], nine);
  const bed = bedOf(room, nine + 1000);
  expect(bedOf(room, nine + 2000).id).toBe(bed.id);
  expect(bed.loops.map(({ lengthBars }) => lengthBars)).toEqual([8, 11, 13]);
  const bars = ((bed.startAt - (room.clock?.line ?? 0)) * (room.clock?.tempo ?? 0)) / 240_000;
  expect(Math.abs(bars - Math.round(bars))).toBeLessThan(0.001);
  const busy = play(Array.from({ length: 30 }, (_, i) => [minute, [of('push', { deliveryId: `${i}` })]]));
  expect(bedOf(busy, nine + 30 * minute).id).not.toBe(bed.id);
});
