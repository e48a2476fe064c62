import type { Browser } from 'playwright';
import { expect, test } from 'vitest';
import { ListeningPage } from './page-recorder.ts';
import { shows, usePageStage } from './page-stage.ts';
import { pushOf } from './pushes.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage(
  (stage) => {
    ({ browser, server } = stage);
  },
  { demo: true },
);

test('the page asks for an own repository after the third phrase that a newcomer hears', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.origin);
  await page.locator('#stage').click();
  await shows(page, 'sounding', 'quiet');
  const button = page.getByRole('button', { name: 'Hear your own repository' });
  expect(await button.isVisible()).toBe(false);
  await button.waitFor({ timeout: 60_000 });
  await page.context().close();
}, 90_000);

test('a newcomer lets six things happen, as often as they like, and hears and reads of each', async () => {
  const listener = await ListeningPage.open(browser, server.origin);
  const { page } = listener;
  await listener.play();
  const things = {
    deploy: /deployed/,
    green: /passed|passes|green/,
    merged: /merged/,
    red: /failed|red/,
    push: /pushed/,
    opened: /opened/,
  };
  const deliveries = new Set<string>();
  await page.route('**/try/*', async (route) => {
    const response = await route.fetch();
    expect(response.status()).toBe(202);
    deliveries.add(((await response.json()) as { deliveryId: string }).deliveryId);
    await route.fulfill({ response });
  });
  for (const [name, words] of Object.entries(things)) {
    await page.locator('#try').getByRole('button', { name }).click();
    await expect.poll(() => page.locator('#now').innerText(), { message: name, timeout: 20_000 }).toMatch(words);
    expect(await listener.level(), name).toBeGreaterThan(1e-4);
  }
  await page.keyboard.press('1');
  await expect.poll(() => deliveries.size).toBe(7);
  expect(listener.errors).toEqual([]);
  await listener.close();
}, 120_000);

test('the mixer plays a signature, and another theme than the room', async () => {
  const listener = await ListeningPage.open(browser, `${server.origin}/?repo=octo/mix`);
  const { page } = listener;
  await listener.play();
  await server.deliver('push', pushOf('octo/mix', 5503));
  await listener.hear(0.3);
  await page.keyboard.press('x');
  const mixer = page.getByRole('dialog', { name: 'Mixer' });
  await expect.poll(() => listener.level(), { timeout: 20_000 }).toBeLessThan(1e-4);
  await mixer.getByRole('button', { name: 'Hear the signature of Codertocat' }).click();
  await expect.poll(() => listener.level(), { timeout: 10_000 }).toBeGreaterThan(1e-3);
  await mixer.getByRole('combobox', { name: 'Theme' }).selectOption('8-bit');
  await expect.poll(() => listener.level(), { timeout: 20_000 }).toBeLessThan(1e-4);
  await server.deliver('push', pushOf('octo/mix', 5503));
  await expect.poll(() => listener.level(), { timeout: 10_000 }).toBeGreaterThan(1e-3);
  expect(listener.errors).toEqual([]);
  await listener.close();
}, 90_000);

test('a page that is older than its server loads itself again once while it plays, and says why one has to press', async () => {
  const page = await (await browser.newContext()).newPage();
  // The page of an earlier build, which the server does not know.
  let loads = 0;
  await page.route(`${server.origin}/?repo=octo/old`, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/(name="build" content=")\w+/, '$1older');
    loads++;
    await route.fulfill({ response, body });
  });
  await page.goto(`${server.origin}/?repo=octo/old`);
  await page.locator('#stage').click();
  await shows(page, 'quiet');
  await expect.poll(() => loads, { timeout: 20_000 }).toBe(2);
  // A browser that lets pages play goes on; one that does not asks for a press.
  await shows(page, 'quiet', 'press');
  if (await page.locator('#invite').isVisible()) {
    expect(await page.locator('#invite').innerText()).toBe('The page has been updated. Press anywhere to go on.');
  }
  await page.waitForTimeout(5000);
  expect(loads).toBe(2);
  await page.context().close();
}, 90_000);
