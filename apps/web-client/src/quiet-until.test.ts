import { expect, test } from 'vitest';
import { tomorrowMorning } from './quiet-until.ts';

/** A moment of this machine's time zone. */
function at(day: number, hour: number, minute = 0): number {
  return new Date(2026, 9, day, hour, minute).getTime();
}

test.each([
  ['in the evening', at(6, 18), at(7, 7)],
  ['after midnight', at(7, 1, 30), at(7, 7)],
  ['shortly before seven', at(7, 6), at(8, 7)],
  ['in the morning', at(7, 9), at(8, 7)],
  // The clocks of Europe go back on the 25th, those of North America a week later.
  ['before a long night', at(24, 18), at(25, 7)],
])('quiet that is asked for %s ends at seven in the morning', (_when, now, end) => {
  expect(tomorrowMorning(now)).toBe(end);
});
