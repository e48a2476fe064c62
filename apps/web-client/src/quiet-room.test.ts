import { expect, test } from 'vitest';
import { isSameDay, momentOf } from './quiet-room.ts';

const now = new Date(2026, 9, 25, 9, 30).getTime();

test.each([
  ['today 09:12', new Date(2026, 9, 25, 9, 12)],
  ['yesterday 17:04', new Date(2026, 9, 24, 17, 4)],
  // By the calendar, not by hours; the night between them may have 25.
  ['yesterday 23:59', new Date(2026, 9, 24, 23, 59)],
  ['on 3 May, 17:04', new Date(2026, 4, 3, 17, 4)],
])('a moment is said as people say it: %s', (words, at) => {
  expect(momentOf(at.getTime(), now, 'en-GB')).toBe(words);
});

test('a day is one of the calendar', () => {
  expect(isSameDay(now, new Date(2026, 9, 25, 0, 1).getTime())).toBe(true);
  expect(isSameDay(now, new Date(2026, 9, 24, 23, 59).getTime())).toBe(false);
});
