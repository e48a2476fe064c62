import type { Browser } from 'playwright';
import { test } from 'vitest';
import { expectBed } from './bed-page.ts';
import { usePageStage } from './page-stage.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
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
