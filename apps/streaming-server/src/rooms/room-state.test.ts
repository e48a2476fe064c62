import { openRoom } from '@bnc/music-engine';
import { expect, test } from 'vitest';
import { openState, readState } from './room-state.ts';

function open() {
  return openRoom({ repositoryId: 7 });
}

test('a state is read as it was written, and what is not a state is none', () => {
  const state = openState({ ...open(), standing: { isRed: true } });
  expect(readState(JSON.parse(JSON.stringify(state)), open)).toEqual(state);
  for (const value of [undefined, null, {}, 'text', { version: 'new' }]) expect(readState(value, open)).toBeUndefined();
});

test('a state of the release before keeps how busy the room was, and all else', () => {
  const former = {
    version: 1,
    repositories: [],
    tempo: { commitsPerHour: 12, at: 1000 },
    soundsUntil: 5000,
    unfinished: [],
  };
  expect(readState(former, open)).toEqual({
    ...openState({ ...open(), work: { perHour: 12, at: 1000 } }),
    soundsUntil: 5000,
  });
});

test('a state of a newer release is not read: neither the server part of it nor its music', () => {
  expect(() => readState({ ...openState(open()), version: 3 }, open)).toThrow(RangeError);
  expect(() => readState({ ...openState(open()), piece: { ...open(), version: 99 } }, open)).toThrow(RangeError);
});
