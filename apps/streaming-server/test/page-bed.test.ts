import { rms, slice } from '@bnc/testing/sound';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ListeningPage, launchChromium, monoOf } from './page-recorder.ts';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), TestServer.start()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Level of the last seconds that a page gave to its loudspeakers. */
async function levelOf(listener: ListeningPage, seconds: number): Promise<number> {
  const recording = await listener.recording();
  const sound = monoOf(recording);
  const end = sound.length / recording.sampleRate;
  return rms(slice(sound, recording.sampleRate, { from: end - seconds, to: end }));
}

describe('the page of a room with a bed', { timeout: 120_000 }, () => {
  test.each([
    ['scores', ''],
    ['clips', '&format=opus'],
  ])('plays it under silence as %s, softly, until it is switched off', async (_form, query) => {
    const repoId = `bed/page${query.length}`;
    await server.deliver('fork', payloadOf('fork', repoId));
    const url = `${server.origin}/?repo=${repoId}${query}`;
    const listener = await ListeningPage.open(browser, url, undefined, { bed: true });
    const { page } = listener;
    await page.locator('#now').waitFor();
    await listener.play();
    await page.locator('#connection[data-state="quiet"]').waitFor({ timeout: 60_000 });
    // The tail of the phrase ends, and the bed comes.
    await expect.poll(() => levelOf(listener, 1), { timeout: 60_000 }).toBeLessThan(0.02);
    await expect.poll(() => levelOf(listener, 1), { timeout: 60_000 }).toBeGreaterThan(0.0003);
    expect(await levelOf(listener, 1)).toBeLessThan(0.02);
    // A bed alone is nothing that the page speaks of.
    expect(await page.locator('#connection').getAttribute('data-state')).toBe('quiet');
    const button = page.getByRole('button', { name: 'Background' });
    await button.click();
    await expect.poll(() => levelOf(listener, 1), { timeout: 60_000 }).toBeLessThan(1e-5);
    await page.reload();
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    expect(listener.errors).toEqual([]);
    await listener.close();
  });
});
