import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Access, type Place } from '../rooms/access.ts';
import { MergedRooms, readMergedRooms } from '../rooms/merged-rooms.ts';
import { SqliteTables } from '../rooms/sqlite-tables.ts';
import { SessionKeys } from './session-keys.ts';
import { Tokens } from './tokens.ts';
import { Visitor } from './visitor.ts';

/** A generator of numbers below 1 that are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

describe('5,000 people and 500 repositories', { timeout: 60_000 }, () => {
  const tables = new SqliteTables(':memory:', { keepMs: 1000 });
  const merged = new MergedRooms(readMergedRooms('team:owner-1/*,owner-2/repo-2; all:owner-3/*'));
  const access = new Access({ tables, merged, defaultAccess: 'deny' });
  const tokens = new Tokens(new SessionKeys(['a-secret-of-32-bytes-for-the-people']));
  const random = chance(7);
  /** Where each repository is heard, and what one needs to hear it. */
  const places: {
    readonly place: Place;
    readonly number: number;
    readonly isPublic: boolean;
    readonly isRemoved: boolean;
  }[] = [];
  beforeAll(async () => {
    for (let number = 1; number <= 500; number++) {
      const repoId = `owner-${number % 10}/repo-${number}`;
      const isRemoved = number % 23 === 0;
      const isPublic = number % 7 === 0 && !isRemoved;
      await tables.learn({ repoId, repositoryId: number, isPrivate: number % 7 !== 0, occurredAt: 1, isRemoved });
      places.push({ place: await access.find(repoId), number, isPublic, isRemoved });
    }
    // The rooms of several are complete only now.
    for (const [at, { number, ...rest }] of places.entries()) {
      places[at] = { number, ...rest, place: await access.find(`owner-${number % 10}/repo-${number}`) };
    }
  });
  afterAll(() => tables.close());

  test('hear what their tokens list, and not one room more: 2,500,000 questions', async () => {
    const privateIn = Map.groupBy(
      places.filter(({ number }) => number % 7 !== 0),
      ({ place: { channel } }) => channel,
    );
    let leaks = 0;
    let lockedOut = 0;
    for (let user = 0; user < 5000; user++) {
      const listed = new Set(Array.from({ length: Math.floor(random() * 60) }, () => 1 + Math.floor(random() * 520)));
      const said = { subject: `user ${user}`, repositories: [...listed], renewableUntil: Date.now() };
      // One in ten goes all the way through a token; the others would only take time.
      const grant =
        user % 10 === 0
          ? await tokens.read((await tokens.make(said)).token)
          : { ...said, expiresAt: Date.now() + 60_000 };
      if (typeof grant === 'string') throw new Error(grant);
      const visitor = Visitor.of(grant);
      for (const { place, isPublic, isRemoved, number } of places) {
        const isMerged = place.key !== String(number);
        // In a room of several, one must be allowed to hear all of them.
        const needed = isMerged ? (privateIn.get(place.channel) ?? []) : isPublic ? [] : [{ number }];
        const may = needed.every((one) => listed.has(one.number)) && (isMerged || !isRemoved);
        const does = visitor.mayHear(place);
        if (does && !may) leaks++;
        if (may && !does) lockedOut++;
      }
    }
    expect({ leaks, lockedOut }).toEqual({ leaks: 0, lockedOut: 0 });
    expect(places.filter(({ place }) => Visitor.stranger.mayHear(place)).length).toBe(
      places.filter(({ place, number, isPublic }) => place.key === String(number) && isPublic).length,
    );
  });
});
