import type { Browser } from 'playwright';
import { expect, test } from 'vitest';
import { usePageStage } from './page-stage.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

test('the page of the routes shows them with files of this server alone, within its policy', async () => {
  const page = await browser.newPage();
  const said: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (line) => {
    if (line.type() === 'error') said.push(line.text());
  });
  page.on('request', (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && new URL(request.url()).origin !== server.origin) {
      elsewhere.push(request.url());
    }
  });
  await page.goto(`${server.origin}/docs`);
  await page.getByText('/repos/{owner}/{name}/history', { exact: false }).first().waitFor();
  expect(elsewhere).toEqual([]);
  expect(said).toEqual([]);
  await page.close();
});
