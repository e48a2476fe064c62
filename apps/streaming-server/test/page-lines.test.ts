import type { Browser } from 'playwright';
import { afterAll, beforeAll, test } from 'vitest';
import { expectWholePhrase } from './far-page.ts';
import { launchChromium } from './page-recorder.ts';
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

test('the page, far from its server, plays a phrase from its first note over 35 ms and 9 Mbit/s each way', async () => {
  await expectWholePhrase(browser, server, { delayMs: 35, bitsPerSecond: 9e6 });
}, 60_000);
