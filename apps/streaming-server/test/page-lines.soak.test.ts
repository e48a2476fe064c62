import type { Browser } from 'playwright';
import { test } from 'vitest';
import { expectWholePhrase } from './far-page.ts';
import { usePageStage } from './page-stage.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

test.each([
  { delayMs: 20, bitsPerSecond: 20e6, pauseMs: 0 },
  { delayMs: 35, bitsPerSecond: 9e6, pauseMs: 0 },
  { delayMs: 75, bitsPerSecond: 1.6e6, pauseMs: 0 },
  { delayMs: 20, bitsPerSecond: 20e6, pauseMs: 300 },
])(
  'the page plays a phrase from its first note over $delayMs ms and $bitsPerSecond bit/s each way, with pauses of $pauseMs ms',
  async (quality) => {
    await expectWholePhrase(browser, server, quality);
  },
  60_000,
);
