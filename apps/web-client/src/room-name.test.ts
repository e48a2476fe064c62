import { describe, expect, test } from 'vitest';
import { readRoomName } from './room-name.ts';

describe('the room that is asked for', () => {
  test.each([
    ['octo/cat', 'octo/cat'],
    [' octo/cat ', 'octo/cat'],
    ['octo/cat/', 'octo/cat'],
    ['octo/cat.git', 'octo/cat'],
    ['our-team', 'our-team'],
    ['https://github.com/octo/cat', 'octo/cat'],
    ['https://github.com/octo/cat.git', 'octo/cat'],
    ['http://www.github.com/octo/cat/pull/12/files?w=1#diff', 'octo/cat'],
    ['github.com/octo/cat', 'octo/cat'],
    ['git@github.com:octo/cat.git', 'octo/cat'],
    ['ssh://git@github.com/octo/cat.git', 'octo/cat'],
    ['git+https://github.com/octo/cat.git', 'octo/cat'],
    ['https://github.example.com/octo/cat', 'octo/cat'],
  ])('is read from %j', (asked, room) => {
    expect(readRoomName(asked)).toBe(room);
  });

  test.each([
    '',
    '../health',
    'octo/..',
    './cat',
    'octo/cat/pull/12',
    'a/b#x/y z',
    'octo/cat\0',
    'https://github.com/octo',
    'octo/<script>',
    'octo cat',
    'x'.repeat(150),
  ])('is nothing for %j', (asked) => {
    expect(readRoomName(asked)).toBeUndefined();
  });
});
