import { expect, it } from 'vitest';
import { listenTo } from './listen.ts';
import type { Timed } from './payloads.ts';

/** Deliveries, and the lines that are reported. */
type Story = readonly [what: string, deliveries: readonly Timed[], told: readonly string[]];

/** Makes a test of each story, which compares the reported lines. */
export function tellsEach(stories: readonly Story[]): void {
  it.each(stories)('%s', async (_what, deliveries, told) => {
    expect((await listenTo(deliveries)).told).toEqual(told);
  });
}

/** Deliveries in this order, a moment apart. */
export function apart(ms: number, members: readonly ((afterMs: number) => Timed)[]): readonly Timed[] {
  return members.map((member, index) => member(index * ms));
}

export const kitty = { slug: 'kitty-ci', name: 'Kitty CI' } as const;
export const docs = { id: 6, name: 'Docs' } as const;
