import { expect, test } from 'vitest';
import { enrol, type Roster } from './roster.ts';

function enrolAll(logins: readonly string[], isProgram = false): { roster: Roster; places: number[] } {
  let roster: Roster = [];
  const places = logins.map((login) => {
    const enrolled = enrol(roster, login, isProgram);
    ({ roster } = enrolled);
    return enrolled.place;
  });
  return { roster, places };
}

test('people keep their place, however often and however spelt they come', () => {
  expect(enrolAll(['mona', 'lisa', 'Mona', 'hubot', 'LISA']).places).toEqual([0, 1, 0, 2, 1]);
});

test('the 49th person takes the place of who has been away longest', () => {
  const logins = Array.from({ length: 48 }, (_, i) => `user-${i}`);
  const { places } = enrolAll([...logins, 'user-0', 'new']);
  expect(places.slice(-2)).toEqual([0, 1]);
});

test('programs have places of their own', () => {
  const { roster } = enrolAll(['mona']);
  expect(enrol(roster, 'dependabot[bot]', true).place).toBe(48);
  expect(enrol(roster, 'lisa', false).place).toBe(1);
});
