import { launchChromium } from '@bnc/testing/browser';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { deliver } from './server.ts';
import { runServer, settingsFor, useFolder } from './server-process.ts';

/** How much faster the clocks of the server and the page run. */
const times = 20;

/** Half an hour, in ms of these clocks, and the time between two deliveries. */
const longMs = 30 * 60_000;
const everyMs = 9000;

/** Makes all clocks and timers of a program fast; it runs before the program, in Node and in a page. */
function hurry(factor: number): void {
  const { setTimeout: timeout, setInterval: interval } = globalThis;
  const { now } = performance;
  const wall = Date.now;
  const [began, beganAt] = [now.call(performance), wall()];
  Performance.prototype.now = function hurried(): number {
    return began + (now.call(this) - began) * factor;
  };
  Date.now = () => Math.round(beganAt + (wall() - beganAt) * factor);
  const fast =
    (native: typeof setTimeout) =>
    (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      native(run, ms / factor, ...args);
  Object.assign(globalThis, { setTimeout: fast(timeout), setInterval: fast(interval as unknown as typeof setTimeout) });
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
});
const folder = useFolder();

describe('a page that is left open', { timeout: 150_000 }, () => {
  test('shows half an hour of phrases, and grows no more than the phrases that it keeps', async () => {
    const preload = `data:text/javascript,${encodeURIComponent(`(${hurry.toString()})(${times})`)}`;
    const server = runServer([], settingsFor(folder(), { DEMO: 'off', NODE_OPTIONS: `--import=${preload}` }));
    const origin = await server.origin();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.addInitScript(hurry, times);
    await page.goto(`${origin}/?repo=octo/long`);
    await page.locator('#connection[data-line="live"]').waitFor();
    const session = await context.newCDPSession(page);
    const measure = async (): Promise<{ heap: number; nodes: number }> => {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      const { nodes } = await session.send('Memory.getDOMCounters');
      return { heap: usedSize, nodes };
    };
    const count = longMs / everyMs;
    let middle = await measure();
    const began = Date.now();
    for (let index = 0; index < count; index++) {
      const push = payloadOf('push', 'octo/long', (json) => {
        const id = index.toString(16).padStart(40, '0');
        const commit = { ...(json.head_commit as object), id, message: `Change ${index}`, distinct: true };
        Object.assign(json, {
          created: false,
          before: '1'.repeat(40),
          after: id,
          head_commit: commit,
          commits: [commit],
        });
      });
      expect((await deliver(origin, 'push', push)).status).toBe(202);
      await page.waitForTimeout(Math.max(0, began + ((index + 1) * everyMs) / times - Date.now()));
      if (index === Math.floor(count / 2)) middle = await measure();
    }
    await expect
      .poll(() => page.locator('#now h2').textContent(), { timeout: 20_000 })
      .toContain(`Change ${count - 1}`);
    const end = await measure();
    // A list of a hundred, and a phrase of the second half costs what its notes take.
    expect(await page.locator('#feed li').count()).toBe(100);
    expect((end.heap - middle.heap) / (count / 2)).toBeLessThan(60_000);
    expect(end.nodes).toBeLessThan(middle.nodes * 1.6 + 2000);
    expect(errors).toEqual([]);
    await context.close();
  });
});
