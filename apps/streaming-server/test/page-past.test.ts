import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { beforeAll, describe, expect, test } from 'vitest';
import { usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import type { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const room = 'octo/past';
const minuteMs = 60_000;

/** A phrase as the history of the room has it. */
interface KeptPhrase {
  readonly phraseId: string;
  readonly startAt: number;
  readonly activity: Readonly<Record<string, unknown>>;
  readonly tells?: readonly unknown[];
  readonly params: { readonly duration: number };
  readonly buffer?: object;
}

let browser: Browser;
let server: TestServer;
/** A phrase that has sounded. */
let kept: KeptPhrase;
usePageStage((stage) => {
  ({ browser, server } = stage);
});
beforeAll(async () => {
  await using reader = await SSEReader.open(`${server.origin}/stream/${room}?format=score`);
  await server.deliver('push', payloadOf('push', room));
  const { data } = await reader.next('audio_buffer');
  await new Promise((done) => {
    setTimeout(done, data.startAt - Date.now() + 500);
  });
  const response = await fetch(`${server.origin}/repos/${room}/history?limit=1&scores=on`);
  const { phrases } = (await response.json()) as { phrases: KeptPhrase[] };
  if (!phrases[0]) throw new Error('the server has kept no phrase');
  [kept] = phrases;
});

/** The phrase, as it was so many minutes ago. */
function ago(minutes: number, title = `Pushed 1 commit to main: ${minutes} minutes ago`): KeptPhrase {
  const { phraseId, activity } = kept;
  return {
    ...kept,
    phraseId: `${phraseId}-${minutes}`,
    startAt: Date.now() - minutes * minuteMs,
    activity: { ...activity, title },
    tells: [],
  };
}

/**
 * Opens the room with a past, in a page that plays for no one.
 * @param query - what follows the name of the room in the address
 */
async function openPast(
  phrases: readonly KeptPhrase[],
  options: BrowserContextOptions = {},
  query = '',
  prepare: () => void = () => {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark', ...options });
  const page = await context.newPage();
  await page.addInitScript(() => {
    localStorage.setItem('bed', 'off');
    localStorage.setItem('hello', 'off');
  });
  await page.addInitScript(prepare);
  // Nothing comes by the stream: the past is all there is.
  await page.route(`**/repos/${room}-silent*/history?*`, (route) => {
    const { searchParams } = new URL(route.request().url());
    const [limit, before] = [Number(searchParams.get('limit')), searchParams.get('before')];
    const older = phrases.toReversed();
    const from = before === null ? 0 : older.findIndex(({ phraseId }) => phraseId === before) + 1;
    const some = older.slice(from, from + limit);
    const next = some.length === limit ? some.at(-1)?.phraseId : undefined;
    return route.fulfill({
      json: { hasWebhook: true, lastHeardAt: phrases.at(-1)?.startAt, phrases: some, ...(next && { next }) },
    });
  });
  await page.goto(`${server.origin}/?repo=${room}-silent${query}`);
  await page.locator('#connection[data-line="live"]').waitFor();
  await page.locator('#now h2').waitFor();
  return page;
}

function headlineOf(page: Page): Promise<string | null> {
  return page.locator('#now h2').textContent();
}

/** How bright the score is left of the line of the present: the distance of all its pixels from the ground. */
function lightOf(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        requestAnimationFrame(() => {
          const canvas = document.getElementById('scene') as HTMLCanvasElement;
          const width = Math.floor(canvas.width * 0.79);
          const pixels = canvas.getContext('2d')?.getImageData(0, 0, width, canvas.height).data ?? [];
          const ground = [pixels[0] ?? 0, pixels[1] ?? 0, pixels[2] ?? 0];
          let light = 0;
          for (let index = 0; index < pixels.length; index += 4) {
            for (let part = 0; part < 3; part++) light += Math.abs((pixels[index + part] ?? 0) - (ground[part] ?? 0));
          }
          resolve(light);
        });
      }),
  );
}

/** Places left of the line of the present at which something is drawn in the middle of the score, in CSS pixels. */
function litPlaces(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const canvas = document.getElementById('scene') as HTMLCanvasElement;
    const row = canvas.getContext('2d')?.getImageData(0, Math.round(canvas.height / 2), canvas.width, 1).data ?? [];
    const isLit = (x: number): boolean => Math.abs((row[x * 4 + 1] ?? 0) - (row[1] ?? 0)) > 30;
    const lit = Array.from({ length: Math.floor(canvas.width * 0.78) }, (_, x) => x).filter(isLit);
    return lit.map((x) => (x / canvas.width) * canvas.clientWidth);
  });
}

describe('the past of a room', { timeout: 60_000 }, () => {
  test('comes back by the wheel and by a drag, and goes when one comes back to now', async () => {
    const page = await openPast([ago(40), ago(20), ago(2)]);
    const toNow = page.getByRole('button', { name: 'Back to now' });
    const atNow = await lightOf(page);
    for (const scroll of [
      async () => {
        await page.mouse.move(600, 200);
        await page.mouse.wheel(0, -400);
      },
      async () => {
        await page.mouse.move(300, 200);
        await page.mouse.down();
        await page.mouse.move(500, 200, { steps: 4 });
        await page.mouse.move(700, 200, { steps: 4 });
        await page.mouse.up();
      },
    ]) {
      await scroll();
      // What is scrolled to is as bright as it was.
      await expect.poll(() => lightOf(page)).toBeGreaterThan(atNow * 1.3);
      await toNow.click();
      await expect.poll(() => lightOf(page)).toBeLessThan(atNow * 1.1);
    }
    // A drag is no press: nothing plays.
    expect(await page.locator('#connection').getAttribute('data-state')).toBe('press');
    await page.context().close();
  });

  test('is heard again by a press on a phrase, or on its mark in the strip of the day', async () => {
    const page = await openPast([ago(300), ago(1)], { timezoneId: zoneAtNoon() });
    const { width, y, height } = (await page.locator('#day').boundingBox()) ?? { width: 0, y: 0, height: 0 };
    expect(await headlineOf(page)).toContain('1 minutes ago');
    // The strip is as long as the day so far: its first mark stands at its left.
    await page.mouse.click(width * 0.05, y + height / 2);
    await expect.poll(() => headlineOf(page)).toContain('300 minutes ago');
    await page.locator('#connection[data-state="sounding"]').waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.locator('#connection[data-state="quiet"]').waitFor();
    // A press beside all phrases does nothing; one on a phrase plays it.
    const places = await litPlaces(page);
    await page.mouse.click(places.at(-1) ?? 0, 250);
    await page.locator('#connection[data-state="sounding"]').waitFor();
    expect(await headlineOf(page)).toContain('1 minutes ago');
    await page.context().close();
  });

  test('waits until one who presses anywhere to begin has joined what sounds', async () => {
    const now = ago(0);
    const page = await openPast([ago(1), { ...now, params: { ...now.params, duration: 30 } }]);
    const [oldest = 0] = await litPlaces(page);
    await page.mouse.click(oldest + 4, 250);
    await page.locator('#connection:not([data-state="press"])').waitFor();
    const toNow = page.getByRole('button', { name: 'Back to now' });
    expect(await toNow.isVisible()).toBe(false);
    // The next press there plays what is drawn there. It has moved meanwhile.
    const [moved = 0] = await litPlaces(page);
    await page.mouse.click(moved + 4, 250);
    await toNow.waitFor();
    await page.context().close();
  });

  test('dims with the minutes', async () => {
    const [fresh, old] = [await openPast([ago(0.2)]), await openPast([ago(90)])];
    const [bright, dim] = [await lightOf(fresh), await lightOf(old)];
    expect(dim).toBeGreaterThan(0);
    expect(dim / bright).toBeLessThan(0.5);
    for (const page of [fresh, old]) await page.context().close();
  });
});

/** How many phrases the page knows of. */
async function countOf(page: Page): Promise<number> {
  return Number(await page.getByRole('slider', { name: 'Moment' }).getAttribute('aria-valuemax')) + 1;
}

describe('what came while a page was away', { timeout: 60_000 }, () => {
  test('is read from the history where the stream has lost it, back to what the page knew, however old that is', async () => {
    const phrases = Array.from({ length: 100 }, (_, index) => ago(5000 - index));
    const page = await openPast(phrases, {}, '', () => {
      // Its stream is one of its own, which can be told that its place is gone.
      Reflect.deleteProperty(globalThis, 'SharedWorker');
    });
    await page.route(/\/stream\?/, (route) =>
      route.continue({ headers: { ...route.request().headers(), 'last-event-id': 'gone' } }),
    );
    // What is older than today is read when one scrolls there.
    await expect.poll(() => countOf(page)).toBe(8);
    phrases.push(...Array.from({ length: 250 }, (_, index) => ago(250 - index)));
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await expect.poll(() => countOf(page)).toBe(308);
    expect(await page.locator('#feed li').count()).toBe(100);
    await page.mouse.move(600, 200);
    const scroll = async (): Promise<number> => {
      await page.mouse.wheel(0, -20_000);
      return countOf(page);
    };
    await expect.poll(scroll).toBe(350);
    await page.context().close();
  });
});

describe('a page that one reads', { timeout: 60_000 }, () => {
  const focused = (page: Page): Promise<string> =>
    page.evaluate(() => {
      const { activeElement: element } = document;
      const rows = [...document.querySelectorAll('#feed li')];
      return `${element?.textContent} ${rows.findIndex((row) => row.contains(element))}`;
    });

  test('keeps what is open, and the focus, when the headline changes and the list grows', async () => {
    // Here something comes by the stream.
    const page = await openPast([ago(40), ago(20), ago(2)], {}, '-read');
    await page.keyboard.press('w');
    await page.keyboard.press('j');
    expect(await headlineOf(page)).toContain('20 minutes ago');
    expect(await focused(page)).toBe('Why? -1');
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await page.getByRole('button', { name: 'Earlier' }).click();
    await page.locator('#feed').getByRole('button', { name: 'Hear' }).first().focus();
    expect(await focused(page)).toBe('Hear 0');
    await server.deliver('push', payloadOf('push', `${room}-silent-read`));
    await expect.poll(() => page.locator('#feed li').count(), { timeout: 10_000 }).toBe(3);
    expect(await focused(page)).toBe('Hear 1');
    expect(await page.locator('#now details').getAttribute('open')).toBe('');
    await page.context().close();
  });

  test('scrolls by the wheel where it is magnified, and is drawn wholly on a screen with finer pixels', async () => {
    const page = await openPast([ago(2)]);
    await page.setViewportSize({ width: 320, height: 256 });
    await page.mouse.move(160, 150);
    await page.mouse.wheel(0, 100);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(50);
    const session = await page.context().newCDPSession(page);
    const screen = { width: 1280, height: 800, mobile: false };
    await session.send('Emulation.setDeviceMetricsOverride', { ...screen, deviceScaleFactor: 1 });
    const pixels = (): Promise<number> =>
      page.locator('#scene').evaluate((canvas) => (canvas as HTMLCanvasElement).width);
    await expect.poll(pixels).toBe(1280);
    await session.send('Emulation.setDeviceMetricsOverride', { ...screen, deviceScaleFactor: 1.5 });
    await expect.poll(pixels).toBe(1920);
    await page.context().close();
  });

  test('draws a phrase whose score it cannot read by what is told of it, and all others', async () => {
    const strange = { ...ago(2), buffer: { ...kept.buffer, score: { v: 99 } } };
    const page = await openPast([ago(20), strange]);
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await expect.poll(() => lightOf(page)).toBeGreaterThan(10_000);
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.locator('#quiet').getByText('This phrase could not be played').waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('follows a link to a phrase that is opened in it, and says where the phrase is no longer kept', async () => {
    const page = await openPast([ago(20), ago(2)]);
    const follow = (phraseId: string): Promise<void> =>
      page.evaluate((id) => {
        location.hash = `phrase=${encodeURIComponent(id)}`;
      }, phraseId);
    for (const phraseId of ['gone', '\0', '../x', 'x'.repeat(3000)]) {
      await follow(phraseId);
      await page.locator('#quiet').getByText('The phrase that this link leads to is no longer kept.').waitFor();
      await page.locator('#quiet').evaluate((quiet) => quiet.replaceChildren());
    }
    await follow(ago(20).phraseId);
    await expect.poll(() => headlineOf(page)).toContain('20 minutes ago');
    await page.locator('#connection[data-state="sounding"]').waitFor();
    await page.context().close();
  });
});

describe('a wall', { timeout: 60_000 }, () => {
  test('has no bright pixel that stays bright for half an hour', async () => {
    const page = await openPast([ago(30)], { viewport: { width: 960, height: 540 } }, '&kiosk', () => {
      // Its minutes pass when the test says so.
      const moves: (() => void)[] = [];
      const { setInterval: native } = globalThis;
      Object.assign(globalThis, {
        moves,
        setInterval: (run: () => void, ms: number) => (ms === 60_000 ? moves.push(run) : native(run, ms)),
      });
    });
    const pictures: string[] = [];
    for (let minute = 0; minute < 8; minute++) {
      pictures.push((await page.screenshot()).toString('base64'));
      await page.evaluate(() => {
        for (const move of (globalThis as unknown as { moves: (() => void)[] }).moves) move();
      });
    }
    const counts = await page.evaluate(async (all) => {
      let always: Uint8Array | undefined;
      let first = 0;
      for (const picture of all) {
        const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
        pen?.drawImage(image, 0, 0);
        const pixels = pen?.getImageData(0, 0, image.width, image.height).data ?? [];
        const bright = Uint8Array.from({ length: pixels.length / 4 }, (_, index) =>
          (pixels[index * 4] ?? 0) + (pixels[index * 4 + 1] ?? 0) + (pixels[index * 4 + 2] ?? 0) > 450 ? 1 : 0,
        );
        first ||= bright.reduce((sum, one) => sum + one, 0);
        always = always ? always.map((was, index) => was & (bright[index] ?? 0)) : bright;
      }
      return { first, always: always?.reduce((sum, one) => sum + one, 0) ?? 0 };
    }, pictures);
    expect(counts.first).toBeGreaterThan(1000);
    expect(counts.always / counts.first).toBeLessThan(0.01);
    await page.context().close();
  });

  test('keeps its screen awake on request alone, also when it is seen again', async () => {
    const watch = (): void => {
      const asked: string[] = [];
      Object.assign(globalThis, { asked });
      Object.defineProperty(navigator, 'wakeLock', {
        value: {
          request(what: string) {
            asked.push(what);
            return Promise.reject(new DOMException('The battery is low.', 'NotAllowedError'));
          },
        },
      });
    };
    const askedBy = (page: Page): Promise<string[]> =>
      page.evaluate(() => {
        document.dispatchEvent(new Event('visibilitychange'));
        return (globalThis as unknown as { asked: string[] }).asked;
      });
    const awake = await openPast([ago(1)], {}, '&kiosk&awake', watch);
    expect(await askedBy(awake)).toEqual(['screen', 'screen']);
    await awake.context().close();
    const asleep = await openPast([ago(1)], {}, '&kiosk', watch);
    expect(await askedBy(asleep)).toEqual([]);
    await asleep.context().close();
  });
});

/** A time zone in which it is about noon: the day has a morning, whenever the test runs. */
function zoneAtNoon(): string {
  const hours = 12 - new Date().getUTCHours();
  // The signs of these names are turned round.
  return hours === 0 ? 'UTC' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
}
