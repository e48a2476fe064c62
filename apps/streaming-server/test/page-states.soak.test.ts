import type { StreamMessage } from '@bnc/contracts';
import { onsets, peak } from '@bnc/testing/sound';
import type { Browser, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { ListeningPage, monoOf } from './page-recorder.ts';
import { openTab, shows, usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import { pushOf } from './pushes.ts';
import type { TestServer } from './server.ts';

let browser: Browser;
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

async function deliver(event: string, repoId: string): Promise<void> {
  const answer = await server.deliver(event, payloadOf(event, repoId));
  expect(answer.status).toBe(202);
}

describe('the page says what one hears, after what takes long', { timeout: 90_000 }, () => {
  test('in seven tabs of seven rooms over one connection, of which one plays', async () => {
    const before = await activeClients();
    const context = await browser.newContext();
    const rooms = Array.from({ length: 7 }, (_, tab) => `octo/tab-${tab}`);
    const tabs: Page[] = [];
    for (const room of rooms) tabs.push(await openTab(context, `${server.origin}/?repo=${room}`));
    // A tab that opens makes the stream of all open again.
    await expect.poll(activeClients).toBe(before + 1);
    for (const room of rooms) await deliver('push', room);
    for (const [index, tab] of tabs.entries()) {
      await tab.locator('#now h2').waitFor();
      expect(await tab.locator('#room').textContent()).toBe(rooms[index]);
      expect(await tab.locator('#feed li').count()).toBe(0);
    }
    const [first, second] = tabs;
    if (!first || !second) throw new Error('seven tabs were opened');
    await first.getByRole('button', { name: 'Play', exact: true }).click();
    await first.locator('#connection:is([data-state="quiet"], [data-state="sounding"])').waitFor();
    await shows(second, 'elsewhere');
    await second.getByRole('button', { name: 'Play', exact: true }).click();
    await second.locator('#connection:is([data-state="quiet"], [data-state="sounding"])').waitFor();
    await shows(first, 'elsewhere');
    await context.close();
    await expect.poll(activeClients).toBe(before);
  });

  test.each([20_000, 3_600_000])('after its machine slept %i ms: the next phrase sounds when it should', async (ms) => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      const { now } = Performance.prototype;
      const state = { sleptMs: 0 };
      Object.assign(globalThis, { sleeper: state });
      Performance.prototype.now = function slept(): number {
        return now.call(this) - state.sleptMs;
      };
    });
    const page = await openTab(context, `${server.origin}/?repo=octo/sleep-${ms}`);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await shows(page, 'quiet');
    await page.evaluate((sleptMs) => {
      (globalThis as unknown as { sleeper: { sleptMs: number } }).sleeper.sleptMs = sleptMs;
    }, ms);
    // It notices within a second, asks for the time, and opens its connection again.
    await page.waitForTimeout(2500);
    await shows(page, 'quiet');
    await deliver('push', `octo/sleep-${ms}`);
    await page.locator('#connection[data-state="sounding"]').waitFor({ timeout: 5000 });
    await context.close();
  });

  test('while its sound stands still for 34 s: afterwards one phrase sounds, not all that came', async () => {
    const listener = await ListeningPage.open(browser, `${server.origin}/?repo=octo/still`, () => {
      const Native = AudioContext;
      const state: { contexts: AudioContext[]; isHeld: boolean } = { contexts: [], isHeld: false };
      Object.assign(globalThis, { held: state });
      globalThis.AudioContext = class extends Native {
        constructor(options?: AudioContextOptions) {
          super(options);
          state.contexts.push(this);
        }
        override resume(): Promise<void> {
          return state.isHeld ? Promise.resolve() : super.resume();
        }
      };
    });
    await listener.play();
    const hold = (isHeld: boolean): Promise<void> =>
      listener.page.evaluate(async (held) => {
        const state = (globalThis as unknown as { held: { contexts: AudioContext[]; isHeld: boolean } }).held;
        state.isHeld = held;
        for (const context of state.contexts) await (held ? context.suspend() : context.resume());
      }, isHeld);
    await hold(true);
    await shows(listener.page, 'press');
    for (const event of ['push', 'fork', 'release']) {
      await deliver(event, 'octo/still');
      await listener.page.waitForTimeout(11_400);
    }
    await hold(false);
    await listener.page.locator('#connection:is([data-state="quiet"], [data-state="sounding"])').waitFor();
    await listener.page.waitForTimeout(1000);
    const recording = await listener.recording();
    const sound = monoOf(recording);
    expect(peak(sound)).toBeLessThan(0.9);
    // Three phrases at once would begin with three basses and three chords.
    expect(onsets(sound, recording.sampleRate).length).toBeLessThan(20);
    await listener.close();
  });
});

test('on a machine that is too slow for notes the page says that it came late, and takes clips from then on', async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    // What comes is worked on for so long that it is late.
    const { addEventListener: listen } = MessagePort.prototype;
    MessagePort.prototype.addEventListener = function slow(this: MessagePort, type: string, take: EventListener) {
      listen.call(this, type, (event: Event) => {
        const { message } = ((event as MessageEvent).data ?? {}) as { message?: StreamMessage };
        if (message?.type === 'audio_buffer') {
          const { startAt, params } = message.data;
          const { isWorse } = globalThis as { isWorse?: boolean };
          const until = startAt + (isWorse ? params.duration * 1000 - 500 : 500);
          queueMicrotask(() => {
            while (Date.now() < until);
          });
        }
        take(event);
      });
    } as typeof listen;
  });
  const page = await openTab(context, `${server.origin}/?repo=octo/slow`);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await shows(page, 'quiet');
  const forClips: string[] = [];
  server.app.server.on('request', ({ url = '' }) => {
    if (url.startsWith('/stream?format=opus')) forClips.push(url);
  });
  const play = async (sentence: string): Promise<void> => {
    expect((await server.deliver('push', pushOf('octo/slow', 5701))).status).toBe(202);
    await page.getByText(sentence).waitFor();
    await page.locator('#connection[data-state="quiet"]').waitFor({ timeout: 20_000 });
    // The sentence is gone before the next one.
    await page.locator('#quiet:empty').waitFor({ state: 'attached' });
  };
  // A phrase that a busy server sends late says nothing of the machine of its listener.
  for (let phrase = 0; phrase < 8 && forClips.length === 0; phrase++) {
    await play('This phrase came late, so the page joined in partway.');
    if (phrase < 2) expect(forClips).toEqual([]);
  }
  expect(forClips).toHaveLength(1);
  await play('This phrase came late, so the page joins in at the next bar.');
  await page.evaluate(() => Object.assign(globalThis, { isWorse: true }));
  await play('This phrase came too late to be heard.');
  await context.close();
}, 180_000);

async function activeClients(): Promise<number> {
  return ((await (await fetch(`${server.origin}/health`)).json()) as { activeClients: number }).activeClients;
}
