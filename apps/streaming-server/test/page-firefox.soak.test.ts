import { findFirefox, launchFirefox } from '@bnc/testing/firefox';
import { findPulseAudio, openLoudspeaker } from '@bnc/testing/loudspeaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';

type Firefox = Awaited<ReturnType<typeof launchFirefox>>;
type Page = Awaited<ReturnType<Firefox['newPage']>>;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

/** Opens a room, and keeps the errors of its page. */
async function open(firefox: Firefox, room: string): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await firefox.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (line) => {
    if (line.type() === 'error') errors.push(line.text());
  });
  await page.goto(`${server.origin}/?repo=${room}`);
  await page.waitForSelector('#connection[data-line="live"]');
  return { page, errors };
}

async function shows(page: Page, state: string): Promise<void> {
  await page.waitForSelector(`#connection[data-state="${state}"]`, { timeout: 20_000 });
}

/** Presses a button as a listener does. */
async function press(page: Page, selector: string): Promise<void> {
  await page.bringToFront();
  await page.click(selector);
}

const withoutFirefox = findFirefox() === undefined;

describe.skipIf(withoutFirefox)('the page in Firefox without a loudspeaker', { timeout: 120_000 }, () => {
  test('says that there is none, whatever is pressed', async () => {
    const firefox = await launchFirefox();
    const { page, errors } = await open(firefox, 'octo/mute-fox');
    await shows(page, 'press');
    await press(page, '#play');
    await shows(page, 'no-loudspeaker');
    expect(errors).toEqual([]);
    await firefox.close();
  });
});

describe.skipIf(withoutFirefox || !findPulseAudio())(
  'the page in Firefox with PulseAudio',
  { timeout: 120_000 },
  () => {
    test('plays a phrase in time in one of two tabs, and shows its notes', async () => {
      await using loudspeaker = await openLoudspeaker();
      const firefox = await launchFirefox(loudspeaker.server);
      const { page, errors } = await open(firefox, 'octo/fox');
      await press(page, '#play');
      await shows(page, 'quiet');
      const other = await open(firefox, 'octo/fox');
      await shows(other.page, 'elsewhere');
      // Both tabs share one connection.
      const health = (await (await fetch(`${server.origin}/health`)).json()) as { activeClients: number };
      expect(health.activeClients).toBe(1);
      const { status } = await server.deliver('push', payloadOf('push', 'octo/fox'));
      expect(status).toBe(202);
      await shows(page, 'sounding');
      for (const tab of [page, other.page]) {
        expect(await tab.$eval('#now h2', ({ textContent }) => textContent)).toContain('Codertocat');
      }
      expect(await page.$eval('#quiet', ({ textContent }) => textContent)).not.toContain('late');
      await shows(page, 'quiet');
      await press(other.page, '#play');
      await shows(page, 'elsewhere');
      expect([...errors, ...other.errors]).toEqual([]);
      await firefox.close();
    });
  },
);
