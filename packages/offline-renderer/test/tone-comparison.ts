import { OfflineRenderer } from '../src/index.ts';
import { master } from '../src/master/master.ts';
import { compare, type Likeness } from './alike.ts';
import { openBundle } from './bundle-page.ts';
import { lengthOf, played, step } from './fixtures/tone-classes.ts';

declare global {
  var classes: Record<'render', (group: string) => Promise<string[]>>;
}

const sampleRate = 44_100;
const module = new URL('fixtures/tone-classes.ts', import.meta.url);

/** Graphs in the renderer and in Chromium. */
export interface Comparison {
  /** Plays a group in both, and says how alike each of its classes sounds: the worse of both channels. */
  compare(group: string): Promise<[string, Likeness][]>;
  close(): Promise<void>;
}

/** Opens a renderer, and a page of Chromium. */
export async function openComparison(): Promise<Comparison> {
  const renderer = new OfflineRenderer({ workers: 1, spares: 0, timeoutMs: 300_000 });
  const opened = await openBundle(new URL('fixtures/tone-classes-entry.ts', import.meta.url), 'classes');
  return {
    async compare(group) {
      const duration = lengthOf(group);
      const buffer = await renderer.render({ module, moduleOptions: group, duration });
      // Tone.js keeps its noise as long as a page lives, and in Node each graph has a process of its own.
      await opened.page.reload();
      await opened.load();
      const texts = await opened.page.evaluate((name) => classes.render(name), group);
      const raw = texts.map((text) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer));
      const { channels: there } = master(raw, { sampleRate, loudness: -16, minLength: buffer.length });
      return Object.keys(played[group] ?? {}).map((name, index) => {
        const [from, to] = [index, index + 1].map((place) => Math.round(place * step * sampleRate));
        const [left, right] = there.map((samples, channel) =>
          compare(samples.subarray(from, to), buffer.getChannelData(channel).subarray(from, to), sampleRate),
        );
        return [
          name,
          {
            envelope: Math.min(left?.envelope ?? 0, right?.envelope ?? 0),
            bands: Math.max(left?.bands ?? 99, right?.bands ?? 99),
          },
        ];
      });
    },
    async close() {
      await Promise.all([renderer.close(), opened.close()]);
    },
  };
}
