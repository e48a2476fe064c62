import { peak } from '@bnc/testing/sound';
import type { Browser } from 'playwright';
import { describe, expect, test } from 'vitest';
import { ListeningPage, monoOf } from './page-recorder.ts';
import { usePageStage } from './page-stage.ts';
import { pushOf } from './pushes.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

/** What comes in place of a clip, and what the page says of it. */
const damages: readonly (readonly [damage: string, change: (clip: Buffer) => Buffer | undefined, words: string])[] = [
  ['is cut short', (clip) => clip.subarray(0, clip.length >> 1), 'its clip is damaged.'],
  ['has other samples', (clip) => clip.fill(0x5a, clip.length >> 1), 'its clip is damaged.'],
  ['is gone', () => undefined, 'its clip could not be fetched.'],
];

describe('a clip that', { timeout: 90_000 }, () => {
  test.concurrent.each(damages)(
    '%s is not heard: the page says so, and plays what follows',
    async (damage, change, words) => {
      const room = `octo/${damage.replaceAll(' ', '-')}`;
      const listener = await ListeningPage.open(browser, `${server.origin}/?repo=${room}&format=flac`);
      let isDamaged = true;
      await listener.page.context().route('**/clips/**', async (route) => {
        if (!isDamaged) return route.continue();
        const body = change(await (await route.fetch()).body());
        await route.fulfill(body ? { body } : { status: 404 });
      });
      await listener.play();
      await server.deliver('push', pushOf(room, 990));
      await listener.page.getByText(`This phrase could not be played: ${words}`).waitFor({ timeout: 30_000 });
      expect(peak(monoOf(await listener.recording()))).toBe(0);
      isDamaged = false;
      await server.deliver('push', pushOf(room, 990));
      expect(peak(monoOf(await listener.hear(0.5)))).toBeLessThanOrEqual(1);
      await listener.close();
    },
  );
});
