import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deliveryOf, RoomStage } from '../../test/room-stage.ts';
import { countNeeds } from './lead.ts';

const startsAt = 1_764_000_000_000;

function many(length: number) {
  return Array.from({ length }, () => deliveryOf());
}

let stage: RoomStage;
beforeEach(async () => {
  vi.useFakeTimers({ now: startsAt });
  stage = new RoomStage();
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
});

describe('a room whose listeners take scores', () => {
  test('starts a phrase at once, without a render, and has nothing left to do for it', async () => {
    await stage.server();
    await stage.listen('owner/repo', { forms: [], needs: countNeeds([], 1) });
    await stage.deliver(deliveryOf());
    expect(stage.sounds.map(({ startAt }) => startAt)).toEqual([startsAt + 150]);
    await stage.pass(30_000);
    expect(stage.rendered).toBe(0);
    expect(stage.sounds).toHaveLength(1);
    const [group] = (await stage.bus.stats()).groups;
    expect([group?.lag, group?.pending]).toEqual([0, 0]);
    const [kept] = await stage.tables.phrases('1', { limit: 1 });
    expect(kept?.startAt).toBe(startsAt + 150);
    expect(kept?.messageId).toBe(kept?.eventId);
  });

  test('gives them the lead that nine out of ten need', async () => {
    await stage.server();
    await stage.listen('owner/repo', { forms: [], needs: countNeeds([290, ...Array.from({ length: 8 }, () => 10)]) });
    await stage.deliver(deliveryOf());
    expect(stage.sounds[0]?.startAt).toBe(startsAt + 300);
  });

  test('has clips made for those who take them, which start when the scores do, and never overlaps', async () => {
    await stage.server();
    await stage.listen('owner/repo', { forms: ['json'], needs: countNeeds([], 3) });
    await stage.deliver(deliveryOf());
    await stage.deliver(...many(11));
    await stage.pass(60_000);
    expect(stage.told).toEqual([1, 11]);
    expect(stage.rendered).toBe(2);
    expect(stage.clips).toEqual(stage.sounds.map(({ phrase, startAt }) => ({ phraseId: phrase.phraseId, startAt })));
    expect(stage.sounds[1]?.startAt).toBe(Math.round(stage.sounds[0]?.endsAt ?? 0));
    expect(stage.overlaps).toBe(0);
  });

  test('keeps the start of a phrase whose clips fail at first, or whose owner goes before they are made', async () => {
    const first = await stage.server();
    await stage.listen('owner/repo', { forms: ['json'], needs: countNeeds([], 1) });
    stage.failing = 1;
    await stage.deliver(deliveryOf());
    await stage.pass(stage.renderMs);
    const closing = first.close({ drainMs: 0 });
    await stage.pass(100);
    await closing;
    await stage.server();
    await stage.pass(60_000);
    expect(stage.sounds.map(({ startAt }) => startAt)).toEqual([startsAt + 150]);
    expect(stage.clips.map(({ startAt }) => startAt)).toEqual([startsAt + 150]);
    await stage.deliver(deliveryOf());
    await stage.pass(60_000);
    expect(stage.sounds).toHaveLength(2);
    expect(stage.overlaps).toBe(0);
  });
});
