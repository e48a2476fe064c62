import { type BundlePage, openBundle } from './bundle-page.ts';
import type * as Entry from './fixtures/player-entry.ts';

type Player = typeof Entry;

declare global {
  var players: Player;
  var live: Awaited<ReturnType<Player['open']>> | undefined;
}

/** A page of Chromium with a player of scores. */
export interface PlayerPage extends BundlePage {
  /** Renders scores as a page plays them. */
  render(...args: Parameters<Player['render']>): Promise<{ channels: Float32Array[]; late: number[] }>;
  /** Collects garbage, and counts the audio nodes that are left. */
  countNodes(): Promise<number>;
}

/** Opens a page with a player, in a browser of its own. */
export async function openPlayer(): Promise<PlayerPage> {
  const opened = await openBundle(new URL('fixtures/player-entry.ts', import.meta.url), 'players');
  const devtools = await opened.page.context().newCDPSession(opened.page);
  await devtools.send('Performance.enable');
  return {
    ...opened,
    countNodes: async () => {
      await devtools.send('HeapProfiler.collectGarbage');
      const { metrics } = await devtools.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'AudioHandlers')?.value ?? Number.NaN;
    },
    render: async (...args) => {
      const { channels, late } = await opened.page.evaluate((given) => players.render(...given), args);
      return { channels: channels.map(toSamples), late };
    },
  };
}

/** Reads samples that a page sent as text. */
export function toSamples(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** How alike two sounds are, from -1 to 1, whatever their levels; and by what factor the second one is to be multiplied. */
export function compare(
  one: readonly Float32Array[],
  other: readonly Float32Array[],
): { readonly likeness: number; readonly factor: number } {
  let [both, first, second] = [0, 0, 0];
  for (const [side, samples] of one.entries()) {
    for (let i = 0; i < samples.length; i++) {
      const a = samples[i] ?? 0;
      const b = other[side]?.[i] ?? 0;
      both += a * b;
      first += a * a;
      second += b * b;
    }
  }
  return { likeness: both / Math.sqrt(first * second), factor: both / second };
}
