import type { Browser } from 'playwright';
import { afterAll, beforeAll, test } from 'vitest';
import { expectBed } from './bed-page.ts';
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

test.each([
  ['scores', ''],
  ['clips', '&format=opus'],
])(
  'the page of a room plays its bed under silence as %s, softly, until it is switched off',
  async (_form, query) => {
    await expectBed(browser, server, query);
  },
  120_000,
);
