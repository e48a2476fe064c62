import { describe, expect, test } from 'vitest';
import { MergedRooms, readMergedRooms } from './merged-rooms.ts';

describe('the setting of merged rooms', () => {
  test('names rooms and what they merge', () => {
    expect(readMergedRooms('Team:Owner/*, other/repo; second:third/one;')).toEqual([
      { name: 'team', repositories: ['owner/*', 'other/repo'] },
      { name: 'second', repositories: ['third/one'] },
    ]);
    expect(readMergedRooms('')).toEqual([]);
  });

  test.each([
    ['team', 'must be rooms such as'],
    ['team:', 'must be rooms such as'],
    ['team:owner/repo:more', 'must be rooms such as'],
    ['owner/team:owner/repo', 'must name a room'],
    ['-team:owner/repo', 'must name a room'],
    // Nor the number of a repository, whose key it would be.
    ['1296269:owner/repo', 'must name a room'],
    ['team:owner', 'must merge names'],
    ['team:*/repo', 'must merge names'],
    ['team:owner/r*', 'must merge names'],
    [`team:${Array.from({ length: 201 }, (_, index) => `owner/r${index}`).join(',')}`, 'at most 200'],
  ])('refuses %s', (text, problem) => {
    expect(() => readMergedRooms(text)).toThrow(problem);
  });
});

test('a repository is in the room that names it, before the one that names its owner', () => {
  const merged = new MergedRooms(readMergedRooms('all:owner/*; one:owner/repo'));
  expect(merged.of('Owner/Repo')).toBe('one');
  expect(merged.of('owner/else')).toBe('all');
  expect(merged.of('stranger/repo')).toBeUndefined();
  expect(merged.keyOf({ repoId: 'stranger/repo', repositoryId: 5 })).toBe('5');
  expect(merged.channelOf('Stranger/Repo')).toBe('stranger/repo');
});
