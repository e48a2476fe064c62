import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { usePageStage } from './page-stage.ts';
import { pushOf } from './pushes.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage(
  (stage) => {
    ({ browser, server } = stage);
  },
  { demo: true, streamDefaultAccess: 'deny' },
);

/** Opens a page into which the checker may be put. */
async function open(path: string): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.addInitScript(axe.source);
  await page.goto(`${server.origin}${path}`);
  return page;
}

/** What a checker finds in the page as it is: in dark all that it knows, in light the contrasts, which alone differ. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [colorScheme, options] of [
    ['dark', {}],
    ['light', { runOnly: ['color-contrast'] }],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate(
      (how) => (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run(how),
      options,
    );
    for (const { id, nodes } of violations) faults.push(...nodes.map(({ html }) => `${colorScheme} ${id}: ${html}`));
  }
  return faults;
}

describe('a checker of access finds no fault, in dark and in light', { timeout: 60_000 }, () => {
  test('in the demo: before a press, with reasons, in the mixer, the keys, the list, and the sheet of an own repository', async () => {
    const page = await open('/');
    await page.locator('#now h2').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.locator('#stage').click();
    await page.keyboard.press('w');
    expect(await page.locator('#now details').getAttribute('open')).toBe('');
    for (const key of ['x', 'h']) {
      await page.keyboard.press(key);
      await page.locator('dialog[open]').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await page.keyboard.press('Escape');
    }
    await page.getByRole('button', { name: 'Earlier' }).click();
    expect(await faultsOf(page)).toEqual([]);
    await page.context().close();
  });

  test('in a quiet room, and in one that is refused', async () => {
    // The ping makes the room known, and nothing has happened in it.
    const { repository } = pushOf('octo/access', 5601);
    await server.deliver('ping', { zen: 'Design for failure.', hook_id: 1, repository });
    const page = await open('/?repo=octo/unknown');
    await page.locator('#connection[data-state="refused"]').waitFor();
    await page.getByRole('region', { name: 'Sign in' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.route('**/repos/octo/access/history?*', (route) =>
      route.fulfill({ json: { hasWebhook: false, lastHeardAt: Date.now() - 86_400_000, phrases: [] } }),
    );
    await page.goto(`${server.origin}/?repo=octo/access`);
    await page.getByRole('button', { name: 'Set it up' }).click();
    expect(await faultsOf(page)).toEqual([]);
    await page.context().close();
  });

  test('on a wall, without a network, muted, at rest, in the list of rooms, and once the room is private', async () => {
    const id = 5602;
    await server.deliver('push', pushOf('octo/states', id));
    const page = await open('/?repo=octo/states&kiosk');
    await page.locator('#now h2').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.goto(`${server.origin}/?repo=octo/states`);
    await page.locator('#now h2').waitFor();
    await page.locator('#stage').click();
    const states: readonly (readonly [string, () => Promise<void>])[] = [
      ['muted', () => page.keyboard.press('m')],
      [
        'resting',
        async () => {
          await page.keyboard.press('x');
          await page.getByRole('button', { name: 'Quiet until tomorrow' }).click();
        },
      ],
      ['offline', () => page.context().setOffline(true)],
      ['resting', () => page.context().setOffline(false)],
      ['private', async () => void (await server.deliver('push', pushOf('octo/states', id, true)))],
    ];
    for (const [state, reach] of states) {
      await reach();
      await page.locator(`#connection[data-state="${state}"]`).waitFor();
      expect(await faultsOf(page), state).toEqual([]);
    }
    await page.getByRole('button', { name: 'Rooms' }).click();
    expect(await faultsOf(page)).toEqual([]);
    await page.context().close();
  });
});

describe('without a mouse', { timeout: 60_000 }, () => {
  test('the first key leads past what is above the words', async () => {
    const page = await open('/');
    await page.locator('#now h2').waitFor();
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to what happened' });
    expect(await skip.evaluate((link) => link === document.activeElement && link.checkVisibility())).toBe(true);
    expect((await skip.boundingBox())?.height).toBeGreaterThanOrEqual(24);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('#words') !== null)).toBe(true);
    await page.context().close();
  });

  test('every key of the list works, none where one writes, and all can be switched off', async () => {
    const page = await open('/');
    await page.locator('#now h2').waitFor();
    await page.keyboard.press('m');
    expect(await page.getByRole('button', { name: 'Mute', exact: true }).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('j');
    await page.keyboard.press('w');
    // What the eye sees there, a screen reader reads.
    expect(await page.locator('#live').textContent()).not.toBe('');
    const tried = page.waitForRequest(/\/stream\/bots-n-cats\/demo\/try\/merged$/);
    await page.keyboard.press('3');
    await tried;
    await page.getByRole('button', { name: 'Rooms' }).click();
    await page.getByLabel('Listen to another repository').pressSequentially('hx/1');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByRole('checkbox', { name: 'Use these keys' }).uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    await page.context().close();
  });

  test('the page reads at 400 % of its size, and in forced colours', async () => {
    const page = await open('/');
    // 1280 pixels at 400 % are 320.
    await page.setViewportSize({ width: 320, height: 256 });
    await page.emulateMedia({ forcedColors: 'active' });
    await page.locator('#now h2').waitFor();
    const widths = async (): Promise<number[]> =>
      page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.querySelector('dialog[open]')?.scrollWidth ?? 0,
      ]);
    expect(Math.max(...(await widths()))).toBeLessThanOrEqual(320);
    await page.keyboard.press('x');
    expect(Math.max(...(await widths()))).toBeLessThanOrEqual(320);
    await page.context().close();
  });
});

test('a screen reader is given a dozen words at most, and the music is 6 dB softer meanwhile where one wants that', async () => {
  const page = await open('/');
  await page.addInitScript(() => {
    localStorage.setItem('ducks', 'on');
    localStorage.setItem('volume', '100');
    const levels: number[] = [];
    Object.assign(globalThis, { levels });
    const { setTargetAtTime } = AudioParam.prototype;
    AudioParam.prototype.setTargetAtTime = function watched(this: AudioParam, target, ...times) {
      if ([0.5, 1].includes(target)) levels.push(target);
      return setTargetAtTime.call(this, target, ...times);
    };
  });
  await page.reload();
  await page.locator('#stage').click();
  const live = page.locator('#live');
  await expect.poll(() => live.textContent(), { timeout: 30_000 }).not.toBe('');
  expect((await live.textContent())?.split(' ').length).toBeLessThanOrEqual(12);
  const levels = (): Promise<number[]> => page.evaluate(() => (globalThis as unknown as { levels: number[] }).levels);
  await expect.poll(async () => (await levels()).join(), { timeout: 20_000 }).toMatch(/0\.5,(?:.*,)?1$/);
  await page.context().close();
}, 60_000);
