import type { BrowserContext, Page } from 'playwright';

/** Opens a tab, once its room is live. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('#connection[data-line="live"]').waitFor();
  return page;
}

/** Waits until a page says what one hears. */
export function shows(page: Page, state: string): Promise<void> {
  return page.locator(`#connection[data-state="${state}"]`).waitFor({ timeout: 20_000 });
}
