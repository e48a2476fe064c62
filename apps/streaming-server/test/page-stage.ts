import { launchChromium } from '@bnc/testing/browser';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll } from 'vitest';
import type { Config } from '../src/settings/config.ts';
import { TestServer } from './server.ts';

/** What the tests of a file share: each has a room or a server of its own where it needs one. */
export interface PageStage {
  readonly browser: Browser;
  readonly server: TestServer;
}

/**
 * Starts a browser and a server for the tests of a file, and ends them after these.
 * @param take - called with both before the first test
 */
export function usePageStage(take: (stage: PageStage) => void, settings: Partial<Config> = {}): void {
  let stage: PageStage | undefined;
  beforeAll(async () => {
    const [browser, server] = await Promise.all([launchChromium(), TestServer.start(settings)]);
    stage = { browser, server };
    take(stage);
  });
  afterAll(async () => {
    await stage?.browser.close();
    await stage?.server.close();
  });
}

/** The address of a page that takes phrases in the form that this run is about: scores, as pages do, unless it says clips. */
export function inForm(url: string): string {
  const { PAGE_FORMAT: format } = process.env;
  if (format === undefined) return url;
  const address = new URL(url);
  if (!address.searchParams.has('format')) address.searchParams.set('format', format);
  return address.href;
}

/** Opens a tab, once its room is live. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(inForm(url));
  await page.locator('#connection[data-line="live"]').waitFor();
  return page;
}

/** Waits until a page says what one hears, in one of these words. */
export function shows(page: Page, ...states: string[]): Promise<void> {
  const any = states.map((state) => `[data-state="${state}"]`).join();
  return page.locator(`#connection:is(${any})`).waitFor({ timeout: 30_000 });
}
