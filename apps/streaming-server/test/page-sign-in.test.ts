import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doorsWith, listenerOf } from './listeners.ts';
import { LoopbackGitHub } from './loopback-github.ts';
import { launchChromium } from './page-recorder.ts';
import { shows } from './page-stage.ts';
import { messageOf, pushOf } from './pushes.ts';
import { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
let github: LoopbackGitHub;
beforeAll(async () => {
  [browser, github] = await Promise.all([launchChromium(), LoopbackGitHub.start()]);
  server = await TestServer.start({ streamDefaultAccess: 'deny', doors: doorsWith({ github: github.config }) });
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await github[Symbol.asyncDispose]();
});

/** Opens a private room in a browser of its own, which is refused. */
async function openRefused(room: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.origin}/?repo=${room}`);
  await shows(page, 'refused');
  await page.getByRole('region', { name: 'Sign in' }).waitFor();
  return page;
}

/** Plays a phrase there, and returns its title once the page shows it. */
async function play(page: Page, room: string, id: number): Promise<string> {
  const push = pushOf(room, id, true);
  await server.deliver('push', push);
  await page.getByText(messageOf(push)).first().waitFor();
  return messageOf(push);
}

describe('the page of a private room', { timeout: 60_000 }, () => {
  test('opens with a token, and shows nothing of the room any more once the token has ended', async () => {
    await server.deliver('push', pushOf('acme/page', 961, true));
    const page = await openRefused('acme/page');
    const field = page.getByLabel('Token');
    await field.fill('not-a-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This token is not valid, or has ended.').waitFor();
    const { authorization } = await listenerOf([961], { subject: 'Ada', expiresAt: Date.now() + 20_000 });
    await field.fill(authorization.slice('Bearer '.length));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await shows(page, 'press');
    expect(await page.getByRole('region', { name: 'Sign in' }).isVisible()).toBe(false);
    expect(await page.locator('#who').textContent()).toBe('Ada');
    const titles = [await play(page, 'acme/page', 961), await play(page, 'acme/page', 961)];
    await shows(page, 'private');
    await page.getByRole('region', { name: 'Sign in' }).waitFor();
    const html = await page.content();
    for (const title of titles) expect(html).not.toContain(title);
    await page.context().close();
  });

  test('opens by a button to those whom GitHub lets read it, also after a reload, and signing out wipes it', async () => {
    await server.deliver('push', pushOf('acme/hub', 962, true));
    github.user = { id: 7, login: 'grace', mayRead: new Map([['acme/hub', 962]]) };
    const page = await openRefused('acme/hub');
    await page.getByRole('link', { name: 'Sign in with GitHub' }).click();
    await shows(page, 'press');
    expect(new URL(page.url()).hash).toBe('');
    expect(await page.locator('#who').textContent()).toBe('grace');
    await page.reload();
    await shows(page, 'press');
    const title = await play(page, 'acme/hub', 962);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('region', { name: 'Sign in' }).waitFor();
    expect(await page.content()).not.toContain(title);
    expect(await page.locator('#signed-in').isVisible()).toBe(false);
    await page.context().close();
  });

  test('stays shut to those whom GitHub does not let read it', async () => {
    github.user = { id: 8, login: 'eve', mayRead: new Map() };
    const page = await openRefused('acme/hub');
    await page.getByRole('link', { name: 'Sign in with GitHub' }).click();
    await page.locator('#who').getByText('eve').waitFor();
    await shows(page, 'refused');
    await page.getByRole('region', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});
