import { expect, test } from 'vitest';
import { readState } from './room-state.ts';

test('a state of another version is not understood', () => {
  expect(readState({ version: 2 })).toBeUndefined();
  expect(readState(undefined)).toBeUndefined();
});
