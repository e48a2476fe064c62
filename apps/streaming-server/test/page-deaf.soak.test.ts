import type { Browser } from 'playwright';
import { describe, expect, test } from 'vitest';
import { Line } from './line.ts';
import { ListeningPage, launchChromium } from './page-recorder.ts';
import { openTab, usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

/** Time in ms until the page says that nothing comes through any more. */
async function toNotice(listener: ListeningPage, states: readonly string[]): Promise<number> {
  const start = performance.now();
  const any = states.map((state) => `#connection[data-state="${state}"]`).join();
  await listener.page.locator(any).waitFor({ timeout: 60_000 });
  return performance.now() - start;
}

describe('the page tells a quiet room from a line', { timeout: 120_000 }, () => {
  test.concurrent('that is dead, within 40 s', async () => {
    await using line = await Line.to(server.origin, { delayMs: 1 });
    const listener = await ListeningPage.open(browser, `${line.origin}/?repo=octo/dead`);
    line.pause(100_000);
    expect(await toNotice(listener, ['lost'])).toBeLessThan(40_000);
    await listener.close();
  });

  test.concurrent('that a proxy holds back, within 40 s, and says which it is', async () => {
    await using line = await Line.to(server.origin, { delayMs: 1 });
    const listener = await ListeningPage.open(browser, `${line.origin}/?repo=octo/held`);
    line.buffer(/ \/stream/);
    expect(await toNotice(listener, ['lost', 'deaf'])).toBeLessThan(40_000);
    await toNotice(listener, ['deaf']);
    // A page that is opened behind such a proxy says so too.
    const other = await listener.page.context().newPage();
    await other.goto(`${line.origin}/?repo=octo/held-too`);
    await other.locator('#connection[data-state="deaf"]').waitFor({ timeout: 30_000 });
    await listener.close();
  });

  test.concurrent('that was cut for a while: it says how much came meanwhile', async () => {
    await using line = await Line.to(server.origin, { delayMs: 1 });
    const listener = await ListeningPage.open(browser, `${line.origin}/?repo=octo/away`);
    line.pause(47_000);
    await server.deliver('push', payloadOf('push', 'octo/away'));
    const sentence = listener.page.getByText('One phrase came while this page was away: see Earlier.');
    await sentence.waitFor({ timeout: 90_000 });
    await listener.close();
  });

  test.concurrent('that is open while its browser took the tab for gone: it comes back', async () => {
    const other = await launchChromium();
    const context = await other.newContext();
    const page = await openTab(context, `${server.origin}/?repo=octo/frozen`);
    // In the worker that holds the connection, an hour passes between two looks at the clock.
    const session = await other.newBrowserCDPSession();
    const { targetInfos } = await session.send('Target.getTargets');
    const { targetId = '' } = targetInfos.find(({ type }) => type === 'shared_worker') ?? {};
    const { sessionId } = await session.send('Target.attachToTarget', { targetId });
    const expression = 'let hours = 0; const { now } = Date; Date.now = () => now() + 3_600_000 * hours++;';
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    await session.send('Target.sendMessageToTarget', { sessionId, message });
    const listeners = async (): Promise<unknown> =>
      ((await (await fetch(`${server.origin}/health/repo/octo/frozen`)).json()) as { activeClients: unknown })
        .activeClients;
    await expect.poll(listeners, { timeout: 40_000 }).toBe(0);
    await expect.poll(listeners, { timeout: 40_000 }).toBe(1);
    await server.deliver('push', payloadOf('push', 'octo/frozen'));
    await page.locator('#now h2').waitFor();
    await other.close();
  });

  test.concurrent('that is quiet: after 45 s it is live still', async () => {
    const listener = await ListeningPage.open(browser, `${server.origin}/?repo=octo/quiet`);
    const before = (await (await fetch(`${server.origin}/health`)).json()) as { clients: { connectedAt: number }[] };
    await listener.page.waitForTimeout(45_000);
    expect(await listener.page.locator('#connection').getAttribute('data-line')).toBe('live');
    const after = (await (await fetch(`${server.origin}/health`)).json()) as { clients: { connectedAt: number }[] };
    const times = ({ clients }: typeof before): number[] => clients.map(({ connectedAt }) => connectedAt);
    expect(times(before).some((time) => times(after).includes(time))).toBe(true);
    await listener.close();
  });
});
