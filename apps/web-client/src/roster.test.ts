import { expect, test } from 'vitest';
import { Roster, type RosterPhrase } from './roster.ts';

function phrase(actor: string, signature: number, startAt: number): RosterPhrase {
  const params = { tempo: 90, scale: ['C4'], instrumentType: 'synth', duration: 4, signature } as const;
  return { params, activity: { title: '', url: '', actor, event: 'push', emotion: 'activity' }, startAt };
}

test('the roster lists people and then programs by name, each once, and changes when someone is new', () => {
  const roster = new Roster();
  expect([
    roster.add(phrase('octocat', 1, 10)),
    roster.add(phrase('dependabot[bot]', 48, 20)),
    roster.add(phrase('Lisa', 0, 30)),
    roster.add(phrase('lisa', 0, 40)),
    roster.add(phrase('lisa', 0, 5)),
    roster.add(phrase('octocat and lisa', 1, 50)),
  ]).toEqual([true, true, true, false, false, false]);
  expect(roster.players.map(({ login, isProgram }) => [login, isProgram])).toEqual([
    ['lisa', false],
    ['octocat', false],
    ['dependabot[bot]', true],
  ]);
});

test('a place that has gone to someone else names the one who was heard last', () => {
  const roster = new Roster();
  roster.add(phrase('mona', 3, 10));
  roster.add(phrase('hubot', 3, 20));
  expect(roster.players.map(({ login }) => login)).toEqual(['hubot']);
  roster.clear();
  expect(roster.players).toEqual([]);
});
