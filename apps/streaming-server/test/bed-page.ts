import { rms, slice } from '@bnc/testing/sound';
import type { Browser } from 'playwright';
import { expect } from 'vitest';
import { ListeningPage, monoOf } from './page-recorder.ts';
import { payloadOf } from './payloads.ts';
import type { TestServer } from './server.ts';

/** Expects a page to play its room's bed under silence, softly, until it is switched off. */
export async function expectBed(browser: Browser, server: TestServer, query: string): Promise<void> {
  const repoId = `bed/page${query.length}`;
  await server.deliver('fork', payloadOf('fork', repoId));
  const url = `${server.origin}/?repo=${repoId}${query}`;
  const listener = await ListeningPage.open(browser, url, undefined, { bed: true });
  const { page } = listener;
  await page.locator('#now').waitFor();
  await listener.play();
  // A tail of a phrase falls through these levels in a second; a bed stays. And a bed alone is nothing that the page speaks of.
  const isBedAlone = async (): Promise<boolean> => {
    const levels = await levelsOf(listener, 3);
    const state = await page.locator('#connection').getAttribute('data-state');
    return state === 'quiet' && levels.every((level) => level > 0.0003 && level < 0.02);
  };
  await expect.poll(isBedAlone, { timeout: 90_000 }).toBe(true);
  const box = page.getByRole('checkbox', { name: 'Background' });
  await page.getByRole('button', { name: 'Mixer' }).click();
  await box.uncheck();
  await expect.poll(async () => (await levelsOf(listener, 1))[0], { timeout: 60_000 }).toBeLessThan(1e-5);
  await page.reload();
  await page.getByRole('button', { name: 'Mixer' }).click();
  expect(await box.isChecked()).toBe(false);
  expect(listener.errors).toEqual([]);
  await listener.close();
}

/** Levels of the last seconds that a page gave to its loudspeakers, one by one. */
async function levelsOf(listener: ListeningPage, seconds: number): Promise<readonly number[]> {
  const recording = await listener.recording();
  const sound = monoOf(recording);
  const end = sound.length / recording.sampleRate;
  return Array.from({ length: seconds }, (_, second) =>
    rms(slice(sound, recording.sampleRate, { from: end - second - 1, to: end - second })),
  );
}
