import { percentile } from '@bnc/bench';
import { deserialize } from '@bnc/buffer-serializer';
import type { StreamMessageOf } from '@bnc/contracts';
import { type Look, lookOf, yOf } from '@bnc/web-client/look';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import type { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

type Message = StreamMessageOf<'audio_buffer'>['data'];

/** What counts in a page how often it is drawn. */
function countFrames(): void {
  const count = { frames: 0 };
  Object.assign(globalThis, { drawn: count });
  const { requestAnimationFrame: native } = globalThis;
  globalThis.requestAnimationFrame = (callback) =>
    native((at) => {
      count.frames++;
      callback(at);
    });
}

async function openPage(room: string, options: BrowserContextOptions = {}, hash = ''): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark', ...options });
  const page = await context.newPage();
  await page.addInitScript(() => localStorage.setItem('bed', 'off'));
  await page.addInitScript(countFrames);
  await page.goto(`${server.origin}/?repo=${room}${hash}`);
  await page.locator('#connection[data-line="live"]').waitFor();
  return page;
}

function framesOf(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as { drawn: { frames: number } }).drawn.frames);
}

/** The measures of the scene, as the page has them. */
async function lookAt(page: Page): Promise<Look> {
  const { width, top, bottom } = await page.evaluate(() => {
    const stage = document.getElementById('stage')?.getBoundingClientRect();
    return { width: document.documentElement.clientWidth, top: stage?.top ?? 0, bottom: stage?.bottom ?? 0 };
  });
  return lookOf({ width, top, bottom });
}

/** How far the pixels of the scene at some places are from its ground, 0-765. */
function pixelsAt(page: Page, places: readonly { readonly x: number; readonly y: number }[]): Promise<number[]> {
  return page.evaluate((all) => {
    const canvas = document.getElementById('scene') as HTMLCanvasElement;
    const pen = canvas.getContext('2d');
    const ground = pen?.getImageData(2, canvas.height - 2, 1, 1).data ?? [];
    return all.map(({ x, y }) => {
      const pixel = pen?.getImageData(Math.round(x), Math.round(y), 1, 1).data ?? [];
      return [0, 1, 2].reduce((sum, part) => sum + Math.abs((pixel[part] ?? 0) - (ground[part] ?? 0)), 0);
    });
  }, places);
}

const voicesThatAreNotNotes = new Set([
  'kick',
  'snare',
  'hat',
  'drum',
  'purr',
  'meow',
  'chirp',
  'trill',
  'mrrp',
  'hiss',
]);

/** The notes of a phrase, with their pitch. */
async function notesOf({
  buffer,
}: Message): Promise<readonly { readonly time: number; readonly midi: number; readonly duration: number }[]> {
  const { score } = (await deserialize(buffer)) as unknown as { score: import('@bnc/contracts').Score };
  return score.tracks.filter(({ instrument }) => !voicesThatAreNotNotes.has(instrument)).flatMap(({ notes }) => notes);
}

async function playOne(room: string, change: (payload: Record<string, unknown>) => void = () => {}): Promise<Message> {
  await using reader = await SSEReader.open(`${server.origin}/stream/${room}?format=score`);
  const { status } = await server.deliver('push', payloadOf('push', room, change));
  expect(status).toBe(202);
  return (await reader.next('audio_buffer')).data;
}

/** Waits until a moment of the server's clock, which is the clock of this machine. */
function until(at: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, Math.max(0, at - Date.now()));
  });
}

describe('the scene', { timeout: 60_000 }, () => {
  test('lights each note when it sounds, rests in silence, and turns pages for those who want no motion', async () => {
    const [page, calm] = await Promise.all([
      openPage('octo/notes'),
      openPage('octo/notes', { reducedMotion: 'reduce' }),
    ]);
    const look = await lookAt(page);
    // Beyond the shine of notes that begin.
    const away = Math.ceil(look.semitone * 4);
    // In the page: how bright the rows beside the line of the present are, at each picture.
    const rows = Array.from({ length: 59 }, (_, index) => 34 + index);
    await page.evaluate(
      ({ x, ys, away }) => {
        const pen = (document.getElementById('scene') as HTMLCanvasElement).getContext('2d');
        const samples: { at: number; right: number[]; ghost: number[]; lit: number[] }[] = [];
        Object.assign(globalThis, { samples });
        const brightness = (data: Uint8ClampedArray, y: number): number =>
          (data[y * 4] ?? 0) + (data[y * 4 + 1] ?? 0) + (data[y * 4 + 2] ?? 0);
        setInterval(() => {
          const height = Math.ceil(Math.max(...ys)) + 1;
          const rowsAt = (column: number): number[] => {
            const data = pen?.getImageData(column, 0, 1, height).data;
            return data ? ys.map((y) => brightness(data, Math.round(y))) : [];
          };
          samples.push({ at: Date.now(), right: rowsAt(x + 4), ghost: rowsAt(x + away), lit: rowsAt(x - away) });
        }, 30);
      },
      { x: look.nowX, ys: rows.map((midi) => yOf(midi, look)), away },
    );
    const message = await playOne('octo/notes');
    await until(message.startAt + 200);
    const [begun, calmBegun, from] = [await framesOf(page), await framesOf(calm), Date.now()];
    const calmNames = async (): Promise<number> => {
      const row = Array.from({ length: 1440 }, (_, x) => ({ x, y: look.top + look.letters * 0.9 }));
      return (await pixelsAt(calm, row)).findIndex((distance) => distance > 150);
    };
    const first = await calmNames();
    await until(message.startAt + 2200);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(Math.abs((await calmNames()) - first)).toBeLessThan(3);
    const soundingFrames = (await framesOf(page)) - begun;
    const calmFrames = (await framesOf(calm)) - calmBegun;
    const seconds = (Date.now() - from) / 1000;
    expect(soundingFrames).toBeGreaterThan(8);
    expect(soundingFrames).toBeLessThan(30 * seconds + 2);
    expect(calmFrames).toBeLessThan(5 * seconds + 2);

    await until(message.startAt + message.params.duration * 1000 + 1000);
    const [rests, since] = [await framesOf(page), Date.now()];
    await page.waitForTimeout(2500);
    // One a second, and one that may be due at either end.
    expect((await framesOf(page)) - rests).toBeLessThanOrEqual((Date.now() - since) / 1000 + 2);
    // A page that nobody sees draws nothing.
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    const hidden = await framesOf(page);
    await page.waitForTimeout(1500);
    expect((await framesOf(page)) - hidden).toBeLessThanOrEqual(1);

    const samples = await page.evaluate(
      () =>
        (globalThis as unknown as { samples: { at: number; right: number[]; ghost: number[]; lit: number[] }[] })
          .samples,
    );
    const notes = await notesOf(message);
    const errors = notes.flatMap(({ time, midi }) => {
      const row = rows.indexOf(Math.round(midi));
      // The ghost of a note comes to the line just before the note is heard.
      const due = message.startAt + (time - 4 / look.second) * 1000;
      const near = samples.filter(({ at }) => Math.abs(at - due) < 400);
      const rises = near
        .slice(1)
        .filter(({ right }, index) => (right[row] ?? 0) - (near[index]?.right[row] ?? 0) > 12)
        .map(({ at }) => at - due);
      return rises.length === 0
        ? []
        : [rises.reduce((best, error) => (Math.abs(error) < Math.abs(best) ? error : best))];
    });
    // The same note is a ghost before the line, and lit behind it.
    const lights = notes.map(({ time, midi }) => {
      const row = rows.indexOf(Math.round(midi));
      const peakOf = (side: 'ghost' | 'lit', pixels: number): number => {
        const at = message.startAt + (time + pixels / look.second) * 1000;
        const near = samples.filter((sample) => Math.abs(sample.at - at) < 200);
        return Math.max(0, ...near.map((sample) => sample[side][row] ?? 0));
      };
      return peakOf('lit', away) / Math.max(1, peakOf('ghost', -away));
    });
    expect(percentile(lights, 0.5)).toBeGreaterThan(1.3);
    expect(errors.length).toBeGreaterThan(notes.length / 3);
    // A machine with other work draws late; the clock of the sound is the same.
    expect(Math.abs(percentile(errors, 0.5))).toBeLessThan(250);
    await Promise.all([page.context().close(), calm.context().close()]);
  });

  test('shows what the server has kept at its pitch and time, and plays what is pressed or linked to', async () => {
    const message = await playOne('octo/kept');
    await until(message.startAt + message.params.duration * 1000 + 100);
    const page = await openPage('octo/kept');
    await page.locator('#now h2').waitFor();
    const moment = page.getByRole('slider', { name: 'Moment' });
    await moment.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => moment.getAttribute('aria-valuetext')).toMatch(/Codertocat/);
    await page.locator('#to-now').waitFor();
    await page.waitForTimeout(300);
    const look = await lookAt(page);
    const notes = await notesOf(message);
    const places = notes.map(({ time, duration, midi }) => ({
      x: look.nowX - (message.params.duration - time - Math.min(duration, 0.1) / 2) * look.second,
      y: yOf(midi, look),
    }));
    const lit = (await pixelsAt(page, places)).filter((distance) => distance > 60);
    expect(lit.length / places.length).toBeGreaterThan(0.9);
    // Where no note is near, there is only the ground, its glow and a band.
    const used = new Set(notes.flatMap(({ midi }) => [-2, -1, 0, 1, 2].map((step) => Math.round(midi) + step)));
    const unused = Array.from({ length: 50 }, (_, index) => 36 + index).filter((midi) => !used.has(midi));
    const empty = unused.map((midi) => ({
      x: look.nowX - 0.55 * message.params.duration * look.second,
      y: yOf(midi, look),
    }));
    const dark = (await pixelsAt(page, empty)).filter((distance) => distance < 200);
    expect(dark.length / empty.length).toBeGreaterThan(0.8);

    // A press on it plays it.
    await page.mouse.click(look.nowX - look.second, look.top + 100);
    await page.locator('#connection[data-state="sounding"]').waitFor();
    const href = await page.locator('#now .more a', { hasText: 'Link' }).getAttribute('href');
    expect(await page.locator('#now .more a', { hasText: 'WAV' }).getAttribute('href')).toContain('format=wav');
    await page.context().close();

    const linked = await openPage('octo/kept', {}, new URL(href ?? '', server.origin).hash);
    await linked.locator('#connection[data-state="sounding"]').waitFor();
    expect(await linked.locator('#to-now').isVisible()).toBe(true);
    await linked.context().close();
  });
});

describe('the page holds', { timeout: 60_000 }, () => {
  test('titles, names and links of every kind on every screen', async () => {
    const room = 'octo/titles';
    const markup = '<img src=x onerror="hacked = 1"><script>hacked = 1</script>';
    const turned = `\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0639\u0631\u0628\u064a\u0629${'\u0301'.repeat(20)}`;
    const title = `${markup} ${turned} ${'a'.repeat(5000)}`;
    const page = await openPage(room, { viewport: { width: 320, height: 640 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const login = 'long-name'.repeat(10);
    await server.deliver(
      'issues',
      payloadOf('issues', room, (payload) => {
        Object.assign(payload, { action: 'opened' });
        Object.assign(payload.issue as object, { title, html_url: 'data:text/html,<script>hacked = 1</script>' });
        Object.assign(payload.sender as object, { login });
      }),
    );
    await page.locator('#now h2').waitFor();
    await playOne(room, (payload) => {
      Object.assign(payload.head_commit as object, { message: title, url: 'javascript:hacked = 1' });
      Object.assign(payload, { commits: [payload.head_commit] });
      Object.assign(payload.sender as object, { login: '<b>mona</b>\u202e' });
    });
    await page.locator('#feed h3').first().waitFor({ state: 'attached' });
    for (const [width, height] of [
      [320, 640],
      [390, 844],
      [1440, 900],
      [3840, 2160],
    ] as const) {
      await page.setViewportSize({ width, height });
      const { inner, outer } = await page.evaluate(() => ({
        inner: document.documentElement.scrollWidth,
        outer: document.documentElement.clientWidth,
      }));
      expect(inner, `${width} px`).toBeLessThanOrEqual(outer);
      // What is pressed is on the screen, and large enough.
      const play = await page.locator('#play').boundingBox();
      expect(play?.height).toBeGreaterThanOrEqual(24);
      expect((play?.y ?? 0) > height / 2).toBe(true);
    }
    expect(await page.locator('#now h2 bdi').count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    // In all other places that show them: the reasons, the list, who is there, the line of time and the lock screen.
    await page.setViewportSize({ width: 320, height: 640 });
    await page.keyboard.press('w');
    await page.keyboard.press('j');
    await page.getByRole('button', { name: 'Earlier' }).click();
    expect(await page.locator('#feed h3 bdi').count()).toBeGreaterThan(0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    await page.getByRole('button', { name: `Mute ${login}` }).waitFor();
    const shown = await page.evaluate(() => ({
      links: [...document.querySelectorAll('a')]
        .map(({ protocol }) => protocol)
        .filter((name) => !/^https?:$/.test(name)),
      // Every element is one that the page makes.
      strange: document.querySelectorAll(
        'main :is(img, script, b b), dialog :is(img, script, b), #feed :is(img, script, b)',
      ).length,
      wide: [document.documentElement, ...document.querySelectorAll('dialog[open]')].filter(
        ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth,
      ).length,
      onLockScreen: navigator.mediaSession.metadata?.title ?? '',
      hacked: (globalThis as { hacked?: number }).hacked,
    }));
    expect(shown).toMatchObject({ links: [], strange: 0, wide: 0, hacked: undefined });
    expect(shown.onLockScreen).toContain('<img src=x');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('a wall without anything to press, whose picture moves', async () => {
    const page = await openPage('octo/wall&kiosk', { viewport: { width: 1920, height: 1080 } });
    await playOne('octo/wall');
    await page.locator('#now h2').waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.locator('#clock').textContent()).toMatch(/\d:\d\d/);
    const styles = await page.evaluate(() => {
      const headline = document.querySelector('#now h2');
      return {
        size: headline ? getComputedStyle(headline).fontSize : '',
        moved: getComputedStyle(document.getElementById('scene') ?? document.body).translate,
      };
    });
    expect(styles.size).toBe('96px');
    expect(styles.moved).not.toBe('none');
    await page.context().close();
  });
});
