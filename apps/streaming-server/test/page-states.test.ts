import type { Browser } from 'playwright';
import { describe, expect, test } from 'vitest';
import { ListeningPage } from './page-recorder.ts';
import { openTab, shows, usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

async function deliver(event: string, repoId: string): Promise<void> {
  const answer = await server.deliver(event, payloadOf(event, repoId));
  expect(answer.status).toBe(202);
}

describe('the page says what one hears', { timeout: 60_000 }, () => {
  test('and mute and volume never contradict each other', async () => {
    const listener = await ListeningPage.open(browser, `${server.origin}/?repo=octo/words`);
    const { page } = listener;
    await shows(page, 'press');
    await listener.play();
    await shows(page, 'quiet');
    await page.getByRole('button', { name: 'Mute' }).click();
    await shows(page, 'muted');
    // Moving the volume ends the mute, and the button says so.
    await page.getByRole('slider', { name: 'Volume' }).fill('60');
    await shows(page, 'quiet');
    expect(await page.getByRole('button', { name: 'Mute' }).getAttribute('aria-pressed')).toBe('false');
    await deliver('push', 'octo/words');
    await shows(page, 'sounding');
    await page.getByRole('button', { name: 'Stop' }).click();
    await shows(page, 'press');
    // Stop and Play within a phrase sounds.
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await shows(page, 'sounding');
    await listener.close();
  });

  test.each([
    ['https://github.com/octo/pasted/pull/3', 'octo/pasted'],
    ['octo/pasted.git', 'octo/pasted'],
  ])('in the room of a pasted address, %s', async (asked, room) => {
    const page = await openTab(await browser.newContext(), `${server.origin}/?repo=${encodeURIComponent(asked)}`);
    expect(await page.locator('#room').textContent()).toBe(room);
    await page.context().close();
  });

  test('for a name that no repository has, a browser that stores nothing, and no network', async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      function deny(): never {
        throw new DOMException('denied', 'SecurityError');
      }
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(globalThis, name, { get: deny });
      // Firefox refuses what tabs share as well.
      Object.assign(globalThis, { SharedWorker: deny, BroadcastChannel: deny });
    });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(`${server.origin}/?repo=..%2Fhealth`);
    await shows(page, 'refused');
    // A page that opens says so until it knows the time: it has not slept.
    const held = Promise.withResolvers<void>();
    await page.route('**/time', (route) => held.promise.then(() => route.continue()));
    await page.goto(`${server.origin}/?repo=octo/words&format=`);
    await page.locator('#connection[data-line="live"]').waitFor();
    expect(await page.locator('#connection').getAttribute('data-state')).toBe('connecting');
    held.resolve();
    await shows(page, 'press');
    await context.setOffline(true);
    await shows(page, 'offline');
    await context.setOffline(false);
    await page.locator('#connection[data-line="live"]').waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  test('once its repository is private: titles go, and other rooms of the browser go on', async () => {
    const context = await browser.newContext();
    const secret = await openTab(context, `${server.origin}/?repo=octo/secret`);
    const open = await openTab(context, `${server.origin}/?repo=octo/stays`);
    for (const room of ['octo/secret', 'octo/stays']) await deliver('push', room);
    for (const tab of [secret, open]) await tab.locator('#now h2').waitFor();
    const privatized = payloadOf('repository', 'octo/secret', (json) => {
      json.action = 'privatized';
      (json.repository as { private: boolean }).private = true;
    });
    expect((await server.deliver('repository', privatized)).status).toBe(202);
    await shows(secret, 'private');
    expect(await secret.locator('#now h2').count()).toBe(0);
    await open.locator('#connection[data-line="live"]').waitFor();
    expect(await open.locator('#now h2').count()).toBe(1);
    await context.close();
  });

  test('on plain http from another host, in several tabs', async () => {
    const { port } = new URL(server.origin);
    const context = await browser.newContext();
    const page = await openTab(context, `http://office-pc:${port}/?repo=octo/plain`);
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    expect(await page.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false]);
    await openTab(context, `http://office-pc:${port}/?repo=octo/other`);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await shows(page, 'quiet');
    await deliver('push', 'octo/plain');
    await shows(page, 'sounding');
    await page.keyboard.press('x');
    await page.getByRole('button', { name: 'Copy a link with this mix' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });
});
