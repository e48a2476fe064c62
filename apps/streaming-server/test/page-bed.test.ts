import { rms, slice } from '@bnc/testing/sound';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryOf, runOf } from './builds.ts';
import { ListeningPage, launchChromium, monoOf } from './page-recorder.ts';
import { pushOf } from './pushes.ts';
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
    await server.deliver('push', pushOf(repoId, 900 + query.length));
    // A phrase that is over is not played again by then.
    const page = await ListeningPage.open(browser, `${server.origin}/?repo=${repoId}${query}`, undefined, {
      bed: true,
    });
    await page.play();
    await page.page.locator('#connection[data-state="quiet"]').waitFor({ timeout: 60_000 });
    await expect.poll(() => levelOf(page, 1), { timeout: 60_000 }).toBeLessThan(0.03);
    await expect.poll(() => levelOf(page, 1), { timeout: 60_000 }).toBeGreaterThan(0.0005);
    expect(await page.page.locator('#connection').getAttribute('data-state')).toBe('quiet');
    await page.page.getByRole('button', { name: 'Background' }).click();
    await expect.poll(() => levelOf(page, 1), { timeout: 30_000 }).toBeLessThan(0.00001);
    await page.page.reload();
    const button = page.page.getByRole('button', { name: 'Background' });
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('ends what sounds when bad news comes', async () => {
    const [repoId, id] = ['bed/news', 940];
    const run = (conclusion: 'success' | 'failure', attempt: number) => ({
      ...runOf(repoId, conclusion, attempt),
      ...repositoryOf(repoId, id),
    });
    await server.deliver('workflow_run', run('success', 1));
    const page = await ListeningPage.open(browser, `${server.origin}/?repo=${repoId}`);
    await page.play();
    await page.page.evaluate(() => {
      const times: number[] = [];
      Object.assign(globalThis, { soundTimes: times });
    });
    await page.page.locator('#connection[data-state="quiet"]').waitFor({ timeout: 60_000 });
    await server.deliver('push', pushOf(repoId, id));
    await page.page.locator('#connection[data-state="sounding"]').waitFor({ timeout: 20_000 });
    await server.deliver('workflow_run', run('failure', 2));
    const title = page.page.locator('#now h3');
    await expect.poll(() => title.textContent(), { timeout: 2000 }).toMatch(/fail/i);
    expect(page.errors).toEqual([]);
    await page.close();
  });
});
