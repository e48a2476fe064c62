import { peak } from '@bnc/testing/sound';
import type { Browser, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { ListeningPage, monoOf } from './page-recorder.ts';
import { shows, usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import { messageOf, pushOf } from './pushes.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage(
  (stage) => {
    ({ browser, server } = stage);
  },
  { demo: true },
);

/** Opens a room in a browser of its own. */
async function openRoom(room: string, prepare?: () => void): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  if (prepare) await page.addInitScript(prepare);
  await page.goto(`${server.origin}/?repo=${room}`);
  await page.locator('#connection[data-line="live"]').waitFor();
  return page;
}

/** What a page has played: renders that are done, and the length of each recording that it has started, in s. */
interface Sources {
  rendered: number;
  readonly started: number[];
}

/** Runs in the page before its own code. */
function watchSources(): void {
  const sources: Sources = { rendered: 0, started: [] };
  Object.assign(globalThis, { sources });
  const { startRendering } = OfflineAudioContext.prototype;
  OfflineAudioContext.prototype.startRendering = async function watched(this: OfflineAudioContext) {
    const buffer = await startRendering.call(this);
    sources.rendered++;
    return buffer;
  };
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function watched(
    this: AudioBufferSourceNode,
    ...when: [] | [number, number?, number?]
  ) {
    if (this.context instanceof AudioContext) sources.started.push(this.buffer?.duration ?? 0);
    start.apply(this, when);
  };
}

describe('the first minute', { timeout: 60_000 }, () => {
  test('says what the page is, and begins at a press anywhere', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(server.origin);
    await page.locator('#now h2').waitFor();
    expect(await page.locator('#invite').innerText()).toBe('Your repository, as music. Press anywhere.');
    await page.locator('#stage').click();
    await shows(page, 'sounding', 'quiet');
    expect(await page.locator('#invite').isVisible()).toBe(false);
    // A press that stops is meant: the next press anywhere does not begin again.
    await page.keyboard.press('Space');
    await shows(page, 'press');
    await page.locator('#stage').click();
    expect(await page.getByRole('button', { name: 'Play', exact: true }).isVisible()).toBe(true);
    await page.context().close();
  });

  test('a chord replies to the press in a room where nothing happens, before anything else is prepared', async () => {
    const url = `${server.origin}/?repo=octo/silent`;
    const listener = await ListeningPage.open(browser, url, watchSources, { hello: true });
    const { page } = listener;
    const sources = (): Promise<Sources> =>
      page.evaluate(() => (globalThis as unknown as { sources: Sources }).sources);
    await expect.poll(async () => (await sources()).rendered, { timeout: 20_000 }).toBe(1);
    await page.locator('#stage').click();
    await shows(page, 'quiet');
    const heard = monoOf(await listener.hear(0.2));
    expect(peak(heard)).toBeGreaterThan(0.005);
    expect(peak(heard)).toBeLessThan(0.3);
    // It lasts 3.5 s with its reverb; the notes of instruments are shorter.
    expect((await sources()).started[0]).toBeCloseTo(3.5);
    expect(listener.errors).toEqual([]);
    await listener.close();
  });

  test('the sheet of an own repository follows as the ping and the first happening come', async () => {
    const page = await openRoom('octo/silent');
    await page.getByText('Nothing has happened yet.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Set it up' }).click();
    const sheet = page.getByRole('dialog', { name: 'Hear your own repository' });
    await sheet.getByLabel('Repository').fill('https://github.com/octo/mine');
    await sheet.getByLabel('Repository').press('Enter');
    expect(await sheet.getByText(`${server.origin}/webhooks/github`).isVisible()).toBe(true);
    expect(await sheet.getByRole('link', { name: 'its webhook settings' }).getAttribute('href')).toBe(
      'https://github.com/octo/mine/settings/hooks/new',
    );
    const done = sheet.locator('.steps li[data-done]');
    await expect.poll(() => done.count()).toBe(1);
    const push = pushOf('octo/mine', 5501);
    const { repository } = push;
    await server.deliver('ping', { zen: 'Design for failure.', hook_id: 1, repository });
    await expect.poll(() => done.count()).toBe(2);
    await server.deliver('push', push);
    await expect.poll(() => done.last().textContent()).toContain(messageOf(push));
    await page.context().close();
  });
});

describe('a quiet room', { timeout: 60_000 }, () => {
  test('says when it was heard last, and lets one hear it', async () => {
    const page = await openRoom('octo/silent');
    // The history of a room that was loud yesterday, as the server tells it.
    await page.route('**/repos/octo/loud/history?*', (route) =>
      route.fulfill({ json: { hasWebhook: true, lastHeardAt: Date.now() - 86_400_000, phrases: [] } }),
    );
    await page.goto(`${server.origin}/?repo=octo/loud`);
    await page.getByText('Nothing yet today.').waitFor();
    expect(await page.locator('#quiet-room').innerText()).toMatch(/Last heard yesterday \d/);
    expect(await page.getByRole('button', { name: 'Set it up' }).count()).toBe(0);
    await server.deliver('push', payloadOf('push', 'octo/loud'));
    await page.locator('#now h2').waitFor();
    expect(await page.locator('#quiet-room').isVisible()).toBe(false);
    await page.context().close();
  });
});

describe('the mixer', { timeout: 90_000 }, () => {
  test('acts on what sounds and on what comes, is kept, and travels in the address', async () => {
    const listener = await ListeningPage.open(browser, `${server.origin}/?repo=octo/mix`);
    const { page } = listener;
    await listener.play();
    await server.deliver('push', pushOf('octo/mix', 5503));
    await listener.hear(0.3);
    await page.keyboard.press('x');
    const mixer = page.getByRole('dialog', { name: 'Mixer' });
    const code = mixer.getByRole('group', { name: 'Code' });
    await code.getByRole('radio', { name: 'off' }).check();
    // What is in the reverb rings out.
    await expect.poll(() => listener.level(), { timeout: 5000 }).toBeLessThan(1e-3);
    await code.getByRole('radio', { name: 'full' }).check();
    await expect.poll(() => listener.level(), { timeout: 5000 }).toBeGreaterThan(2e-3);
    const mute = mixer.getByRole('button', { name: 'Mute Codertocat' });
    await mute.click();
    await expect.poll(() => listener.level(), { timeout: 5000 }).toBeLessThan(1e-3);
    await page.reload();
    await page.keyboard.press('x');
    expect(await mute.getAttribute('aria-pressed')).toBe('true');
    await mute.click();
    // A mix in the address counts there, and takes nothing from this device until it is changed.
    const loaded = page.waitForEvent('load');
    await page.goto(`${server.origin}/?repo=octo/mix#talk=off&mine=mona&theme=lofi`);
    await loaded;
    await page.keyboard.press('x');
    expect(await mixer.getByRole('group', { name: 'Talk' }).getByRole('radio', { name: 'off' }).isChecked()).toBe(true);
    expect(await mixer.getByRole('combobox', { name: 'Theme' }).inputValue()).toBe('lofi');
    expect(await page.evaluate(() => localStorage.getItem('mix'))).toBe('');
    await mixer.getByRole('button', { name: 'Play everything in full' }).click();
    expect(new URL(page.url()).hash).toBe('');
    expect(listener.errors).toEqual([]);
    await listener.close();
  });

  test('lets nothing be heard until tomorrow, also after a reload, and ends that when the volume is moved', async () => {
    const page = await openRoom('octo/silent');
    await page.locator('#stage').click();
    await shows(page, 'quiet');
    await page.keyboard.press('x');
    await page.getByRole('button', { name: 'Quiet until tomorrow' }).click();
    await shows(page, 'resting');
    await page.reload();
    await page.locator('#stage').click();
    await shows(page, 'resting');
    await page.getByRole('slider', { name: 'Volume' }).fill('50');
    await shows(page, 'quiet');
    await page.context().close();
  });
});

describe('those who listen', { timeout: 60_000 }, () => {
  test('see how many they are and how far apart, each browser once', async () => {
    const [one, two] = await Promise.all([openRoom('octo/both'), openRoom('octo/both')]);
    const tab = await one.context().newPage();
    await tab.goto(`${server.origin}/?repo=octo/both`);
    for (const page of [one, two, tab]) {
      const presence = page.locator('#presence');
      await expect.poll(() => presence.textContent(), { timeout: 20_000 }).toMatch(/^in time with 1 other, ± \d+ ms$/);
    }
    await Promise.all([one, two].map((page) => page.context().close()));
  });

  test('keep nothing of a room that is closed to them', async () => {
    const push = pushOf('octo/closing', 5502);
    const page = await openRoom('octo/closing');
    const loaded = page.waitForEvent('load');
    await page.evaluate(() => {
      location.hash = 'talk=off&mute=somebody';
    });
    await loaded;
    await server.deliver('push', push);
    await page.getByText(messageOf(push)).first().waitFor();
    const onLockScreen = await page.evaluate(() => navigator.mediaSession.metadata?.title);
    expect(onLockScreen).toContain(messageOf(push));
    const { pusher } = push as unknown as { pusher: { name: string } };
    await page.keyboard.press('x');
    await page.getByRole('button', { name: `Mute ${pusher.name}` }).waitFor();
    await server.deliver('push', pushOf('octo/closing', 5502, true));
    await shows(page, 'private');
    const left = await page.evaluate(() => [
      document.documentElement.outerHTML,
      document.title,
      location.hash,
      navigator.mediaSession.metadata?.title,
    ]);
    expect(left.join(' ')).not.toContain(messageOf(push));
    expect(left.join(' ')).not.toContain(pusher.name);
    expect(left.slice(1)).toEqual(['bots-n-cats', '', undefined]);
    await page.context().close();
  });
});

test('a phone plays it as music, shows a still of it on its lock screen, and stops and plays from there', async () => {
  const page = await openRoom('octo/phone', () => {
    const session = { type: 'auto' };
    const keys: Record<string, MediaSessionActionHandler | null> = {};
    Object.assign(globalThis, { session, keys });
    Object.defineProperty(navigator, 'audioSession', { value: session });
    const set = MediaSession.prototype.setActionHandler;
    MediaSession.prototype.setActionHandler = function watched(this: MediaSession, action, handler) {
      keys[action] = handler;
      set.call(this, action, handler);
    };
  });
  const press = (action: 'play' | 'pause'): Promise<void> =>
    page.evaluate((key) => {
      const { keys } = globalThis as unknown as { keys: Record<string, MediaSessionActionHandler | null> };
      keys[key]?.({ action: key });
    }, action);
  await press('play');
  await shows(page, 'quiet');
  const push = pushOf('octo/phone', 5504);
  await server.deliver('push', push);
  await shows(page, 'sounding');
  const { type, state, shown } = await page.evaluate(() => {
    const { playbackState, metadata } = navigator.mediaSession;
    const { title = '', artist = '', artwork = [] } = metadata ?? {};
    return {
      type: (globalThis as unknown as { session: { type: string } }).session.type,
      state: playbackState,
      shown: [title, artist, artwork[0]?.src.slice(0, 22)],
    };
  });
  expect({ type, state }).toEqual({ type: 'playback', state: 'playing' });
  expect(shown).toEqual([expect.stringContaining(messageOf(push)), 'octo/phone', 'data:image/png;base64,']);
  await press('pause');
  await shows(page, 'press');
  expect(await page.evaluate(() => navigator.mediaSession.playbackState)).toBe('paused');
  await page.context().close();
}, 60_000);

test('a page that is older than its server loads itself again in a silence', async () => {
  const page = await (await browser.newContext()).newPage();
  let loads = 0;
  await page.route(`${server.origin}/?repo=octo/old`, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/(name="build" content=")\w+/, ++loads === 1 ? '$1older' : '$&');
    await route.fulfill({ response, body });
  });
  await page.goto(`${server.origin}/?repo=octo/old`);
  // Only a page that has come wholly keeps the press: the second answer may still be on its way.
  await page.locator('meta[name="build"]:not([content="older"])').waitFor({ state: 'attached', timeout: 20_000 });
  await page.locator('#connection[data-line="live"]').waitFor();
  expect(loads).toBe(2);
  await page.locator('#stage').click();
  await shows(page, 'quiet');
  await page.context().close();
}, 60_000);
