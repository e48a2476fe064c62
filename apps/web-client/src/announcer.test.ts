import { describe, expect, test } from 'vitest';
import { Announcer, type Told } from './announcer.ts';

function heard(): boolean {
  return true;
}

/** A phrase of two bars at 120 beats a minute. */
function told(
  startAt: number,
  headline: string,
  sign = 'code.added',
  emotion: 'activity' | 'tension' = 'activity',
): Told {
  const params = {
    tempo: 120,
    scale: ['C4'],
    instrumentType: 'synth',
    duration: 4,
    bars: 2,
    upbeat: 0.25,
    sign,
  } as const;
  const activity = { title: headline, url: '', actor: 'mona', event: 'push', emotion };
  return { phrase: { startAt, params, activity, speaksFor: 1 }, headline, why: 'it climbs' };
}

/** Asks once a second for a minute and a half. */
function readAll(announcer: Announcer, from: number, spoken: 'off' | 'titles' | 'why' = 'titles') {
  const said: { at: number; text: string }[] = [];
  for (let at = from; at <= from + 90_000; at += 1000) {
    const text = announcer.next(at, spoken, heard);
    if (text !== undefined) said.push({ at: at - from, text });
  }
  return said;
}

describe('what is read to a listener with a screen reader', () => {
  test('is a title after the first bar of its phrase, with the sentence where that is wanted, or nothing', () => {
    const announcer = new Announcer();
    announcer.add(told(10_000, 'mona merged “Purr”'));
    expect(announcer.next(10_400, 'titles', heard)).toBeUndefined();
    expect(announcer.next(12_200, 'titles', heard)).toBeUndefined();
    expect(announcer.next(12_250, 'titles', heard)).toBe('mona merged “Purr”');
    announcer.add(told(30_000, 'mona merged “Purr”'));
    expect(announcer.next(33_000, 'why', heard)).toBe('mona merged “Purr”: it climbs');
    announcer.add(told(60_000, 'mona merged “Purr”'));
    expect(readAll(announcer, 60_000, 'off')).toEqual([]);
  });

  test('is one message in ten seconds at most, and a burst is summed up with its bad news first', () => {
    const announcer = new Announcer();
    announcer.add(told(0, 'mona pushed'));
    for (let build = 1; build <= 4; build++) {
      announcer.add(told(1000 * build, 'green', 'build.done', build === 3 ? 'tension' : 'activity'));
    }
    for (let talk = 0; talk < 2; talk++) announcer.add(told(4000, 'talk', 'talk.added'));
    const said = readAll(announcer, 0);
    expect(said.map(({ text }) => text)).toEqual(['4 builds, 1 red; 2 conversation updates; 1 code change']);
    for (let phrase = 0; phrase < 40; phrase++) announcer.add(told(100_000 + phrase * 2700, `phrase ${phrase}`));
    const busy = readAll(announcer, 100_000);
    expect(busy.length).toBeGreaterThan(3);
    for (const [index, { at, text }] of busy.entries()) {
      expect(at - (busy[index - 1]?.at ?? -10_000)).toBeGreaterThanOrEqual(10_000);
      expect(text.split(' ').length).toBeLessThanOrEqual(12);
    }
  });

  test('never begins on top of a sign, and has a dozen words at most', () => {
    const announcer = new Announcer();
    announcer.add(told(0, 'mona opened a pull request whose title goes on and on without any end at all'));
    expect(announcer.next(2800, 'titles', heard)).toBe(
      'mona opened a pull request whose title goes on and on without…',
    );
    announcer.add(told(20_000, 'mona pushed'));
    announcer.add(told(22_500, 'lisa pushed'));
    for (const at of [21_500, 22_400, 23_700]) expect(announcer.next(at, 'titles', heard)).toBeUndefined();
    expect(announcer.next(24_800, 'titles', heard)).toBe('2 code changes');
  });

  test('leaves out what the listener does not hear', () => {
    const announcer = new Announcer();
    announcer.add(told(0, 'mona pushed'));
    announcer.add(told(0, 'tests passed', 'build.done'));
    expect(announcer.next(5000, 'titles', ({ params }) => params.sign !== 'build.done')).toBe('mona pushed');
    announcer.clear();
    expect(readAll(announcer, 20_000)).toEqual([]);
  });
});
