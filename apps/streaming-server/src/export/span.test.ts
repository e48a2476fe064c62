import { describe, expect, test } from 'vitest';
import type { KeptPhrase } from '../rooms/tables.ts';
import { mixdown, type Part } from './mixdown.ts';
import { heardIn } from './span.ts';

function kept(startAt: number | undefined, { interrupts = false, duration = 4 } = {}): KeptPhrase {
  const phrase = { musicalParams: { duration }, ...(interrupts && { interrupts }) } as unknown as KeptPhrase['phrase'];
  return { eventId: 'e', phrase, ...(startAt !== undefined && { startAt }) };
}

/** A part of ones, at a frame. */
function ones(at: number, frames: number, more: Partial<Part> = {}): Part {
  return { at, render: async () => [new Float32Array(frames).fill(1), new Float32Array(frames).fill(1)], ...more };
}

async function mixed(parts: Part[], length: number): Promise<Float32Array> {
  const blocks: Float32Array[] = [];
  for await (const [left] of mixdown(parts, length)) if (left) blocks.push(left);
  return Float32Array.from(blocks.flatMap((block) => [...block]));
}

describe('what was heard in a span', () => {
  test('is in the order in which it began, without what nobody has heard', () => {
    const heard = heardIn([kept(9000), kept(undefined), kept(1000)]);
    expect(heard.map(({ startAt, endsAt }) => [startAt, endsAt])).toEqual([
      [1000, undefined],
      [9000, undefined],
    ]);
  });

  test('ends where bad news interrupts it, even while it rings out, and where another phrase begins before its end', () => {
    const endsOf = (...phrases: readonly KeptPhrase[]): unknown => heardIn(phrases).map(({ endsAt }) => endsAt);
    expect(endsOf(kept(1000), kept(3000))).toEqual([3000, undefined]);
    expect(endsOf(kept(1000), kept(5000))).toEqual([undefined, undefined]);
    expect(endsOf(kept(1000), kept(5500, { interrupts: true }))).toEqual([5500, undefined]);
  });
});

describe('a mixdown', () => {
  test('has each part at its frame, across blocks, before the beginning and after the end', async () => {
    const sound = await mixed([ones(-50, 100), ones(11_000, 100), ones(20_000, 50_000)], 30_000);
    expect(sound).toHaveLength(30_000);
    const expected = new Float32Array(30_000).fill(1, 0, 50).fill(1, 11_000, 11_100).fill(1, 20_000);
    expect(sound).toEqual(expected);
  });

  test('adds what sounds together, and fades', async () => {
    const sound = await mixed(
      [ones(0, 1000, { fadeIn: { at: 0, frames: 10 } }), ones(500, 500, { fadeOut: { at: 600, frames: 100 } })],
      1000,
    );
    expect([...sound.subarray(0, 12)].map((x) => Math.round(x * 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]);
    expect([sound[499], sound[550], sound[650], sound[750]]).toEqual([1, 2, 1.5, 1]);
  });

  test('renders one part ahead, and lets go of what has sounded', async () => {
    let made = 0;
    const parts = Array.from({ length: 20 }, (_, place) => {
      const part = ones(place * 11_025, 11_025);
      const render: Part['render'] = () => {
        made++;
        return part.render();
      };
      return { ...part, render };
    });
    const blocks = mixdown(parts, 20 * 11_025);
    for (let block = 0; block < 5; block++) await blocks.next();
    expect(made).toBe(6);
    expect(parts).toHaveLength(14);
    await blocks.return(undefined);
  });
});
