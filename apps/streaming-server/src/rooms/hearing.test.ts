import { describe, expect, test } from 'vitest';
import { deliveryOf } from '../../test/room-stage.ts';
import { Hearing } from './hearing.ts';

/** What the bus takes as the state of a key. */
const maxPayloadBytes = 2 ** 20;

function isOpen(): boolean {
  return true;
}

describe('what a room has heard', () => {
  test('fits into its state, however many busy repositories it merges: those heard last are remembered', () => {
    const hearing = new Hearing([]);
    for (let count = 0; count < 60_000; count++) {
      const occurredAt = 1_764_000_000_000 + count * 1000;
      const repositoryId = 1 + Math.floor(count / 600);
      const same = { thing: `issue ${'é'.repeat(40)}${count}`, state: 'opened', withinMs: 86_400_000 };
      const payload = deliveryOf({ repositoryId, repoId: `owner/r${repositoryId}`, occurredAt, same });
      hearing.hear({ id: `e-${count}`, publishedAt: occurredAt, payload }, isOpen);
    }
    const known = hearing.known([]);
    expect(Buffer.byteLength(JSON.stringify(known))).toBeLessThan(0.7 * maxPayloadBytes);
    expect(known.length).toBeGreaterThan(5);
    expect(known.map(({ repositoryId }) => repositoryId)).toEqual(
      Array.from({ length: known.length }, (_, index) => 101 - known.length + index),
    );
  });

  test('is told by the next owner where it was recalled and did not come before the state was kept', () => {
    const [one, two] = [1, 2].map((repositoryId) => ({
      id: `e-${repositoryId}`,
      publishedAt: 1_764_000_000_000,
      payload: deliveryOf({ repositoryId }),
    }));
    if (!one || !two) throw new Error('no deliveries');
    const owner = new Hearing([]);
    for (const event of [one, two]) owner.recall(event);
    expect(owner.hear(one, isOpen).activities).toHaveLength(1);
    owner.settle(one.payload.deliveryId);
    const next = new Hearing(owner.known([]));
    expect(next.hear(two, isOpen).activities).toHaveLength(1);
    // Once all have come, nothing has to be recalled again, of a quiet repository either.
    owner.hear(two, isOpen);
    expect(owner.known([]).map(({ heardUpTo }) => heardUpTo)).toEqual(['e-2', 'e-2']);
  });

  test('is not remembered of what was told before this owner, once all that is open has come', () => {
    const [told, open, later] = [1, 2, 3].map((number) => ({
      id: `e-${number}`,
      publishedAt: 1_764_000_000_000,
      payload: deliveryOf(),
    }));
    if (!told || !open || !later) throw new Error('no deliveries');
    const hearing = new Hearing([]);
    for (const event of [told, open]) hearing.recall(event);
    const isOneOpen = (deliveryId: string): boolean => deliveryId === open.payload.deliveryId;
    hearing.hear(later, isOneOpen);
    expect(hearing.hear(open, isOneOpen).activities).toHaveLength(1);
    expect(hearing.hear(told, isOneOpen)).toEqual({ activities: [], silent: [told.payload.deliveryId] });
  });
});
