import type { GitHubActivity } from '@bnc/contracts';
import { expect, test } from 'vitest';
import { bedFade } from '../src/bed-fade.ts';
import {
  type Advanced,
  advance,
  type BedLoop,
  bedOf,
  changeSettings,
  checkSettings,
  compose,
  isQuiet,
  openRoom,
  type RoomSettings,
  type RoomState,
  themes,
} from '../src/index.ts';
import { push, six } from './activities.ts';

const minute = 60_000;
const hour = 60 * minute;
/** A Monday at nine. */
const nine = Date.UTC(2026, 10, 30, 9);

function of(name: string, more: Partial<GitHubActivity> = {}): GitHubActivity {
  return { ...push, ...six[name], deliveryId: name, ...more };
}

/** Plays pushes, one every so many ms. */
function playPushes(room: RoomState, count: number, everyMs: number): RoomState {
  for (let i = 0; i < count; i++) ({ room } = advance(room, [of('push', { deliveryId: `${i}` })], nine + i * everyMs));
  return room;
}

function tempoAt(room: RoomState, at: number): number {
  return advance(room, [], at).room.clock?.tempo ?? 0;
}

function cutoffOf([drone]: readonly BedLoop[]): number {
  return drone?.score.tracks[0]?.options?.filter?.frequency ?? 0;
}

test('a flood is over when it is over: ten thousand in a minute open the bed for an hour and quicken the pulse for three', () => {
  const calm = playPushes(openRoom({ repositoryId: 1 }), 1, 0);
  let flooded = openRoom({ repositoryId: 1 });
  for (let i = 0; i < 20; i++) {
    const pushes = Array.from({ length: 500 }, (_, n) => of('push', { deliveryId: `${i} ${n}` }));
    ({ room: flooded } = advance(flooded, pushes, nine + i * 3000));
  }
  expect(JSON.stringify(flooded).length).toBeLessThan(4096);
  expect(cutoffOf(bedOf(flooded, nine + minute).loops)).toBeGreaterThan(cutoffOf(bedOf(calm, nine + minute).loops));
  expect(cutoffOf(bedOf(flooded, nine + hour).loops)).toBe(cutoffOf(bedOf(calm, nine + hour).loops));
  expect(tempoAt(flooded, nine + hour)).toBe(108);
  expect(tempoAt(flooded, nine + 3 * hour)).toBeLessThan(104);
});

test('a machine that sets its clock back does not stop the music: the chords are those of the bars before', () => {
  const room = playPushes(openRoom({ repositoryId: 1 }), 20, minute);
  const now = nine + 20 * minute;
  for (const back of [0, 3_000, 30_000, minute, hour]) {
    const { phrase } = advance(room, [of('opened')], now - back);
    expect(phrase?.params.chords).not.toContain('');
    expect(phrase && compose(phrase.params).tracks.length).toBeGreaterThan(3);
  }
});

test.each([
  [40, 40],
  [66, 66],
  [199, 200],
  [40, 200],
] as const)('a room whose tempo is to be %i to %i keeps to that', (slowest, fastest) => {
  let room = openRoom({ repositoryId: 1, settings: { tempo: [slowest, fastest] } });
  for (let i = 0; i < 120; i++) {
    const advanced = advance(room, [of(i % 3 === 0 ? 'merged' : 'push', { deliveryId: `${i}` })], nine + i * 20_000);
    ({ room } = advanced);
    const { tempo = 0 } = advanced.phrase?.params ?? {};
    expect(tempo).toBeGreaterThanOrEqual(slowest);
    expect(tempo).toBeLessThanOrEqual(fastest);
    if (advanced.phrase) compose(advanced.phrase.params);
  }
});

test('a room that changes its theme goes on: at the same pulse, within a cycle of each other, and nothing overlaps', () => {
  let room = openRoom({ repositoryId: 1 });
  let [until, before] = [0, 0];
  for (let i = 0; i < 80; i++) {
    const theme = themes[i % themes.length] ?? 'chamber';
    room = changeSettings(room, { theme });
    const at = nine + i * 15_000;
    const advanced: Advanced = advance(room, [of('opened', { deliveryId: `${i}`, subject: `pull/${i % 5}` })], at);
    ({ room } = advanced);
    if (!advanced.phrase) throw new Error('a room plays everything');
    const { params, startAt } = advanced.phrase;
    expect(params.theme).toBe(theme);
    expect(startAt).toBeGreaterThanOrEqual(until - 1);
    // No line of a cycle lies more than once between two phrases.
    if (before > 0) expect(Math.abs(params.tempo - before)).toBeLessThanOrEqual(2);
    compose(params);
    before = params.tempo;
    until = startAt + params.duration * 1000;
  }
});

test('a room that plays failures only, or what matters, makes a phrase of just these, whatever else comes with them', () => {
  const names = Object.keys(six);
  for (const heard of ['important', 'failures'] as const) {
    const play = (...all: readonly GitHubActivity[]) =>
      advance(openRoom({ repositoryId: 1, settings: { heard } }), all, nine).phrase;
    const small = of('push', { event: 'star', action: 'created', deliveryId: 'star' });
    const release = of('push', { event: 'release', action: 'published', deliveryId: 'release', files: 900 });
    for (const name of names) {
      const alone = play(of(name));
      for (const other of heard === 'failures' ? [small, release] : [small]) {
        const together = play(of(name), other);
        expect(together?.params.happening).toBe(alone?.params.happening);
        expect(together?.params.loudness).toBe(alone?.params.loudness);
        if (together) expect(together.heard).toEqual([of(name)]);
      }
    }
    expect(play(small)).toBeUndefined();
  }
});

test('quiet hours follow the clock on the wall: twice in the night when it is set back, not at all when it is set forward', () => {
  const quarters = (settings: RoomSettings, from: number): number =>
    Array.from({ length: 24 * 4 }, (_, i) => isQuiet(settings, from + i * 15 * minute)).filter(Boolean).length;
  const berlin = checkSettings({ quietHours: { from: '02:15', to: '02:45', timeZone: 'Europe/Berlin' } });
  const days = [Date.UTC(2026, 5, 1, 12), Date.UTC(2026, 9, 24, 12), Date.UTC(2026, 2, 28, 12)];
  expect(days.map((day) => quarters(berlin, day))).toEqual([2, 4, 0]);
  const newYork = checkSettings({ quietHours: { from: '22:00', to: '07:00', timeZone: 'America/New_York' } });
  expect([Date.UTC(2026, 9, 31, 16), Date.UTC(2026, 2, 7, 16)].map((day) => quarters(newYork, day))).toEqual([40, 32]);
});

test('quiet hours that end when they begin are refused', () => {
  expect(() => checkSettings({ quietHours: { from: '22:00', to: '22:00' } })).toThrow(RangeError);
});

test('a bed takes over on a bar line of the clock as it runs by then, however long nothing has happened', () => {
  const busy = playPushes(openRoom({ repositoryId: 1 }), 60, minute);
  for (const later of [1, 10, 45, 200]) {
    const at = nine + hour + later * minute;
    const { clock } = advance(busy, [], at).room;
    const bars = ((bedOf(busy, at).startAt - (clock?.line ?? 0)) * (clock?.tempo ?? 0)) / 240_000;
    expect(Math.abs(bars - Math.round(bars))).toBeLessThan(0.001);
    expect(bedOf(busy, at).startAt).toBeGreaterThanOrEqual(at);
  }
});

test('the beds of many rooms find other notes at different moments, so that a server has no rush', () => {
  const counts = Array.from({ length: 16 }, () => 0);
  for (let repositoryId = 1; repositoryId <= 320; repositoryId++) {
    const room = advance(openRoom({ repositoryId }), [of('push', { repositoryId })], nine).room;
    const ids = Array.from({ length: 17 }, (_, i) => bedOf(room, nine + minute + i * 20_000).id);
    const change = ids.findIndex((id, i) => i > 0 && id !== ids[i - 1]) - 1;
    counts[change] = (counts[change] ?? 0) + 1;
  }
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(320);
  expect(Math.max(...counts)).toBeLessThan(50);
});

test('two beds that cross-fade are together as loud as each alone', () => {
  for (let share = -0.5; share <= 1.5; share += 0.05) {
    expect(bedFade(share) ** 2 + bedFade(1 - share) ** 2).toBeCloseTo(1, 12);
  }
  expect([bedFade(-1), bedFade(0), bedFade(1), bedFade(2)]).toEqual([0, 0, 1, 1]);
});
