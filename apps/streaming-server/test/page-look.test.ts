import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage(
  (stage) => {
    ({ browser, server } = stage);
  },
  { demo: true, streamDefaultAccess: 'deny' },
);

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.goto(`${server.origin}${path}`);
  return page;
}

async function push(room: string, message: string): Promise<void> {
  const { status } = await server.deliver(
    'push',
    payloadOf('push', room, (payload) => {
      Object.assign(payload.head_commit as object, { message });
      Object.assign(payload, { commits: [payload.head_commit] });
    }),
  );
  expect(status).toBe(202);
}

/** What of the page has no place: wider than the window, smaller than a finger, or with a text that does not fit. */
function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth} px wide`);
    const pressed = document.querySelectorAll<HTMLElement>('button, input, select, summary, #moment, #day');
    for (const element of pressed) {
      if (!element.checkVisibility()) continue;
      const { width, height, left, right } = element.getBoundingClientRect();
      const name = `${element.id || element.textContent} (${Math.round(width)} x ${Math.round(height)})`;
      if (Math.min(width, height) < 20 && element.matches('[type="checkbox"]')) faults.push(`small: ${name}`);
      if (Math.min(width, height) < 24 && !element.matches('[type="checkbox"]')) faults.push(`small: ${name}`);
      if (left < -1 || right > clientWidth + 1) faults.push(`outside: ${name}`);
      const isCut = element instanceof HTMLButtonElement && element.scrollWidth > element.clientWidth;
      if (isCut) faults.push(`cut: ${name}`);
    }
    return faults;
  });
}

/** How many of some elements stand in each row, from the top. */
function rowsOf(page: Page, selector: string): Promise<number[]> {
  return page.evaluate((all) => {
    const rows = new Map<number, number>();
    for (const element of document.querySelectorAll(all)) {
      if (!element.checkVisibility() || element.textContent === '') continue;
      const { top, bottom } = element.getBoundingClientRect();
      const middle = Math.round((top + bottom) / 2);
      const near = [...rows.keys()].find((row) => Math.abs(row - middle) < 8) ?? middle;
      rows.set(near, (rows.get(near) ?? 0) + 1);
    }
    return [...rows].sort(([a], [b]) => a - b).map(([, count]) => count);
  }, selector);
}

describe('the page fits', { timeout: 60_000 }, () => {
  test('every window from a magnified one to a wall, with all that is pressed in whole rows', async () => {
    const page = await open('/', { forcedColors: 'active' });
    await page.locator('#now h2').waitFor();
    // 1280 pixels at 400 and 200 % are 320 and 640.
    for (const [width, height] of [
      [320, 256],
      [390, 844],
      [640, 360],
      [768, 1024],
      [1024, 768],
      [1280, 720],
      [1440, 900],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await faultsOf(page), `${width} px`).toEqual([]);
      const tries = await rowsOf(page, '#try button');
      expect([[6], [3, 3]], `${width} px`).toContainEqual(tries);
      const head = await rowsOf(page, '.top :is(h1, p, button)');
      expect(head.length, `${width} px`).toBeLessThanOrEqual(2);
    }
    await page.setViewportSize({ width: 320, height: 256 });
    for (const key of ['x', 'h']) {
      await page.keyboard.press(key);
      await page.locator('dialog[open]').waitFor();
      expect(await faultsOf(page), key).toEqual([]);
      await page.keyboard.press('Escape');
    }
    await page.context().close();
  });

  test('forced colours, in which the score and the choices of the mixer are seen', async () => {
    const page = await open('/', { forcedColors: 'active', colorScheme: 'dark' });
    await page.locator('#now h2').waitFor();
    await page.waitForTimeout(500);
    const colours = await page.evaluate(() => {
      const canvas = document.getElementById('scene') as HTMLCanvasElement;
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const found = new Set<number>();
      for (let index = 0; index < pixels.length; index += 4) {
        found.add(((pixels[index] ?? 0) << 16) | ((pixels[index + 1] ?? 0) << 8) | (pixels[index + 2] ?? 0));
      }
      return { count: found.size, first: `rgb(${[0, 1, 2].map((part) => pixels[part]).join(', ')})` };
    });
    expect(colours.count).toBeGreaterThan(20);
    expect(colours.first).toBe(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
    // What is chosen or pressed has another ground, on which its text is seen.
    await page.keyboard.press('m');
    await page.keyboard.press('x');
    await page.locator('dialog[open]').waitFor();
    const hidden = await page.evaluate(
      () =>
        [...document.querySelectorAll('#play, #mute, #mixer [type="radio"]:checked + span')].filter((element) => {
          const { color, backgroundColor, forcedColorAdjust } = getComputedStyle(element) as CSSStyleDeclaration & {
            forcedColorAdjust: string;
          };
          return color === backgroundColor || forcedColorAdjust !== 'none';
        }).length,
    );
    expect(hidden).toBe(0);
    const [full, soft] = await page.evaluate(() =>
      ['full', 'soft'].map((value) => {
        const text = document.querySelector(`#mixer [name="kind-code"][value="${value}"] + span`);
        return text ? getComputedStyle(text).backgroundColor : '';
      }),
    );
    expect(full).not.toBe(soft);
    await page.context().close();
  });

  test('short words of a headline, which do not break at their hyphens', async () => {
    const page = await open('/?repo=octo/hyphens');
    await push('octo/hyphens', 'Tune the hi-hat');
    await page.reload();
    await page.locator('#now h2 .whole').waitFor();
    for (let width = 320; width <= 480; width += 20) {
      await page.setViewportSize({ width, height: 700 });
      const lines = await page.locator('#now h2 .whole').evaluate((word) => word.getClientRects().length);
      expect(lines, `${width} px`).toBe(1);
    }
    await page.context().close();
  });
});

describe('a room that is closed to a listener', { timeout: 60_000 }, () => {
  test('says why once, and offers what one can do there: nothing to play, no keys, and another room', async () => {
    const page = await open('/?repo=octo/closed');
    await page.getByRole('region', { name: 'Sign in' }).waitFor();
    const buttons = await page.getByRole('button').allTextContents();
    expect(buttons.toSorted()).toEqual(['Listen to another repository', 'Rooms', 'Sign in']);
    expect((await page.locator('main').innerText()).split(/\n+/)).toEqual([
      'There is no such repository here.',
      'If it is private, sign in to hear it.',
      'Token',
      'Sign in',
      'Ask the people who run this server for a token.',
      'Listen to another repository',
    ]);
    expect(await page.locator('#presence').textContent()).toBe('');
    for (const key of ['x', 'h', 'Space']) await page.keyboard.press(key);
    expect(await page.locator('dialog[open]').count()).toBe(0);
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Listen to another repository' }).press('Enter');
    await page.getByLabel('Listen to another repository').fill('bots-n-cats/demo');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await page.context().close();
  });

  test('says nothing of signing in where no room can have such a name', async () => {
    const page = await open('/?repo=..%2Fhealth');
    await page.getByText('This is not a valid repository name.').waitFor();
    expect((await page.getByRole('button').allTextContents()).toSorted()).toEqual([
      'Listen to another repository',
      'Rooms',
    ]);
    await page.context().close();
  });
});

/** Opens a link in the tab of the room that it is for: the page loads itself again, as the link brings another mix. */
async function follow(page: Page, link: string): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.goto(new URL(link, server.origin).href);
  await loaded;
  await page.locator('#now h2').waitFor();
}

describe('a link with a mix', { timeout: 60_000 }, () => {
  test('carries kinds, people, theme, background and volume, and not the timing of a loudspeaker', async () => {
    const page = await open('/', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.evaluate(() => localStorage.setItem('trim', '120'));
    await follow(page, '/#talk=off&mute=kai,nobody&mine=mona&theme=lofi&volume=35');
    await page.getByRole('slider', { name: 'Volume' }).fill('40');
    await page.keyboard.press('x');
    expect(await page.getByLabel('Delay the sound by').inputValue()).toBe('120');
    // Who is muted can be heard again, also where they have not been heard here.
    const mute = page.getByRole('button', { name: 'Mute nobody' });
    expect(await mute.getAttribute('aria-pressed')).toBe('true');
    await mute.click();
    await page.getByRole('checkbox', { name: /Background/ }).uncheck();
    // A change goes into the address that brought the mix.
    await expect.poll(() => new URL(page.url()).hash).toContain('volume=40');
    expect(new URL(page.url()).hash).toContain('bed=off');
    await page.getByRole('button', { name: 'Copy a link with this mix' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(new URL(link).hash).toBe('#talk=off&mute=kai&mine=mona&theme=lofi&bed=off&volume=40');
    await page.context().close();

    const other = await open('/');
    await other.evaluate(() => localStorage.setItem('volume', '70'));
    await follow(other, link);
    const volume = other.getByRole('slider', { name: 'Volume' });
    expect(await volume.inputValue()).toBe('40');
    await other.keyboard.press('x');
    expect(await other.getByRole('checkbox', { name: /Background/ }).isChecked()).toBe(false);
    // It takes nothing from those who only open it.
    expect(await other.evaluate(() => ['volume', 'mix', 'bed'].map((name) => localStorage.getItem(name)))).toEqual([
      '70',
      null,
      null,
    ]);
    // Whoever wrote it may write anything.
    await follow(other, '/#volume=1e9&bed=maybe&trim=-9999&talk=never&theme=__proto__&mute=%3Cimg%3E');
    expect(await volume.inputValue()).toBe('70');
    await other.keyboard.press('x');
    expect(await other.getByRole('combobox', { name: 'Theme' }).inputValue()).toBe('');
    expect(await other.getByRole('button', { name: '<img>' }).count()).toBe(0);
    expect(await other.getByRole('combobox', { name: 'Theme' }).locator(':checked').textContent()).toBe(
      'as the room plays',
    );
    // A wall that keeps nothing has its timing in its address.
    await follow(other, '/#trim=-60');
    await other.keyboard.press('x');
    expect(await other.getByLabel('Delay the sound by').inputValue()).toBe('-60');
    await other.context().close();
  });
});
