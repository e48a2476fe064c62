import { randomUUID } from 'node:crypto';
import { type Bench, type Benchmark, median, percentile } from '@bnc/bench';
import { deserialize } from '@bnc/buffer-serializer';
import { launchChromium } from '@bnc/testing/browser';
import { toMono } from '@bnc/testing/sound';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { findClip } from '../test/likeness.ts';
import { Line, type LineQuality } from '../test/line.ts';
import { ListeningPage, monoOf } from '../test/page-recorder.ts';
import { payloadOf } from '../test/payloads.ts';
import { TestServer } from '../test/server.ts';
import { SSEReader } from '../test/sse-reader.ts';
import { sourcesOf, watchSources } from './sources.ts';

/** Phrases that a row is measured with, each in a room of its own so that none waits for a bar line. */
const phrases = 20;

/** The line of a colleague at home. */
const home: LineQuality = { delayMs: 20, bitsPerSecond: 20e6 };

/** A push to a branch that is known: one that makes a branch waits for the news of the branch. */
function newPush(repoId: string): unknown {
  return payloadOf('push', repoId, (json) => {
    json.created = false;
    json.before = '1'.repeat(40);
    json.after = randomUUID().replaceAll('-', '').padEnd(40, '0');
  });
}

async function openPage(browser: Browser, url: string, options?: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.addInitScript(watchSources);
  await page.goto(url);
  await page.locator('#connection[data-line="live"]').waitFor();
  return page;
}

/** Milliseconds since 1970 by a clock that the browser of this machine shares. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** From the POST of a push to the message that has its score, and the size of what a listener gets. */
async function toMessage(bench: Bench, server: TestServer): Promise<void> {
  const times: number[] = [];
  const scores: number[] = [];
  const clips: number[] = [];
  for (let round = -3; round < phrases; round++) {
    const repoId = `octo/message-${round + 3}`;
    await using listener = await SSEReader.open(`${server.origin}/stream/${repoId}?format=score`);
    const start = performance.now();
    await server.deliver('push', newPush(repoId));
    const message = await listener.next('audio_buffer');
    if (round < 0) continue;
    times.push(performance.now() - start);
    scores.push(JSON.stringify(message).length);
    await using other = await SSEReader.open(`${server.origin}/stream/${repoId}?delivery=url&format=flac`);
    const { data } = await other.next('audio_buffer');
    if ('renditions' in data.buffer) clips.push(data.buffer.renditions[0]?.bytes ?? 0);
  }
  bench.record({ name: 'POST to message with a score p50', unit: 'ms', value: median(times), goal: { atMost: 25 } });
  bench.record({
    name: 'a phrase on the wire, whole message',
    unit: 'kB',
    value: median(scores) / 1000,
    peers: { 'FLAC clip': median(clips) / 1000 },
  });
}

/** From the POST of a push to the first sound of a page over a line. */
async function toSound(bench: Bench, browser: Browser, server: TestServer): Promise<void> {
  await using line = await Line.to(server.origin, home);
  const times: number[] = [];
  const clicks: number[] = [];
  for (let round = -1; round < phrases; round++) {
    const repoId = `octo/sound-${round + 1}`;
    const page = await openPage(browser, `${line.origin}/?repo=${repoId}`);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.locator('#connection[data-state="quiet"]').waitFor();
    await page.waitForTimeout(1000);
    const before = (await sourcesOf(page)).length;
    const start = now();
    await server.deliver('push', newPush(repoId));
    await page.locator('#connection[data-state="sounding"]').waitFor();
    const [first] = (await sourcesOf(page)).slice(before);
    if (round >= 0) times.push((first?.at ?? Number.NaN) - start);
    // Stop, and Play again: what sounds is joined at once.
    await page.getByRole('button', { name: 'Stop' }).click();
    const stopped = (await sourcesOf(page)).length;
    await page.evaluate(watchPress);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForTimeout(300);
    const [again] = (await sourcesOf(page)).slice(stopped);
    if (round >= 0 && again) clicks.push(again.at - (await pressedAt(page)));
    await page.context().close();
  }
  const name = `POST to first sound, ${2 * home.delayMs} ms and 20 Mbit`;
  bench.record({ name: `${name}, p50`, unit: 'ms', value: median(times), goal: { atMost: 350 } });
  bench.record({ name: `${name}, p95`, unit: 'ms', value: percentile(times, 0.95), goal: { atMost: 550 } });
  bench.record({ name: 'click to sound p50', unit: 'ms', value: median(clicks), goal: { atMost: 100 } });
}

/** Runs in a page: notes when it is pressed next, in epoch ms. */
function watchPress(): void {
  document.addEventListener(
    'pointerdown',
    ({ timeStamp }) => Object.assign(globalThis, { pressedAt: performance.timeOrigin + timeStamp }),
    { capture: true, once: true },
  );
}

function pressedAt(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as { pressedAt: number }).pressedAt);
}

/** Runs in a page before its own code: its clock is five seconds off and 200 ppm fast. */
function strayClock(): void {
  const { now } = Performance.prototype;
  const date = Date.now;
  const begin = now.call(performance);
  const fastMs = (): number => (now.call(performance) - begin) * 200e-6;
  Performance.prototype.now = function stray(): number {
    return now.call(this) + fastMs();
  };
  Date.now = () => Math.round(date() + 5000 + fastMs());
  const { getOutputTimestamp } = AudioContext.prototype;
  AudioContext.prototype.getOutputTimestamp = function stray(): AudioTimestamp {
    const { contextTime = 0, performanceTime = 0 } = getOutputTimestamp.call(this);
    return { contextTime, performanceTime: performanceTime + fastMs() };
  };
}

/** How far apart two pages of a room play phrases, by what leaves them in some minutes. */
async function skew(
  bench: Bench,
  browser: Browser,
  server: TestServer,
  { name, prepare, minutes }: { name: string; prepare?: () => void; minutes: number },
): Promise<void> {
  const repoId = `octo/skew-${minutes}`;
  const begunAt = performance.now();
  const skews: number[] = [];
  await using near = await SSEReader.open(`${server.origin}/stream/${repoId}?format=pcm-f32le`);
  const open = (before?: () => void): Promise<ListeningPage> =>
    ListeningPage.open(browser, `${server.origin}/?repo=${repoId}`, before);
  const [one, other] = [await open(), await open(prepare)];
  await Promise.all([one.play(), other.play()]);
  for (let phrase = 0; phrase <= phrases; phrase++) {
    const dueAt = begunAt + (phrase / phrases) * minutes * 60_000;
    await one.page.waitForTimeout(Math.max(0, dueAt - performance.now()));
    for (const page of [one, other]) await page.forget();
    await server.deliver('push', newPush(repoId));
    const { data } = await near.next('audio_buffer', phrase, 30_000);
    const clip = toMono(await deserialize(data.buffer));
    await one.page.waitForTimeout(Math.max(0, data.startAt - Date.now()) + 1000 * data.params.duration + 500);
    const starts: number[] = [];
    for (const page of [one, other]) {
      const recording = await page.recording();
      const { lag } = findClip(clip, monoOf(recording), recording.sampleRate);
      starts.push(await page.leftAt(lag));
    }
    const [first = 0, second = 0] = starts;
    // The first phrase comes while the pages still learn what they need.
    if (phrase > 0) skews.push(Math.abs(first - second));
  }
  bench.record({ name: `${name}, median`, unit: 'ms', value: median(skews), goal: { atMost: 5 } });
  bench.record({ name: `${name}, p95`, unit: 'ms', value: percentile(skews, 0.95), goal: { atMost: 15 } });
  await Promise.all([one.close(), other.close()]);
}

/** What the first visit loads, on the wire. */
async function firstLoad(bench: Bench, browser: Browser, server: TestServer): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(`${server.origin}/?repo=octo/first`);
  await page.locator('#connection[data-line="live"]').waitFor();
  await page.waitForTimeout(1000);
  bench.record({ name: 'first load on the wire', unit: 'kB', value: bytes / 1000, goal: { atMost: 150 } });
  const paints: number[] = [];
  for (let round = 0; round < 5; round++) {
    const other = await (await browser.newContext()).newPage();
    await other.goto(`${server.origin}/?repo=octo/first`);
    // The page may have loaded before it is painted.
    const painted = await other.waitForFunction(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    );
    paints.push((await painted.jsonValue()) ?? Number.NaN);
    await other.context().close();
  }
  bench.record({ name: 'first paint on loopback', unit: 'ms', value: median(paints), goal: { atMost: 500 } });
  await context.close();
}

/** The longest time for which a page that plays does nothing else. */
async function longestTask(bench: Bench, browser: Browser, server: TestServer): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { tasks });
    // Browsers tell only those that are longer than 50 ms.
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
      buffered: true,
    });
  });
  await page.goto(`${server.origin}/?repo=octo/tasks`);
  await page.locator('#connection[data-line="live"]').waitFor();
  await page.waitForTimeout(1000);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  for (let phrase = 0; phrase < 6; phrase++) {
    await server.deliver('push', newPush('octo/tasks'));
    await page.waitForTimeout(6000);
  }
  const tasks = await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks);
  bench.record({
    name: 'longest task over 50 ms, first load and six phrases',
    unit: 'ms',
    value: Math.max(0, ...tasks),
    goal: { atMost: 50 },
  });
  await context.close();
}

/** Processor time that a page takes, in percent of one core. */
async function load(bench: Bench, browser: Browser, server: TestServer): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const spent = async (): Promise<number> => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  const share = async (ms: number, run: () => Promise<void>): Promise<number> => {
    const [cpu, at] = [await spent(), performance.now()];
    await run();
    await new Promise((resolve) => {
      setTimeout(resolve, ms);
    });
    return ((await spent()) - cpu) / ((performance.now() - at) / 1000);
  };
  const nothing = async (): Promise<void> => {};
  const empty = await browser.newContext();
  await (await empty.newPage()).goto('about:blank');
  const blank = await share(5000, nothing);
  await empty.close();
  // Reduced motion: without drawing. The bed is a row of its own, as it is rendered once in some minutes.
  const page = await openPage(browser, `${server.origin}/?repo=octo/load#bed=off`, { reducedMotion: 'reduce' });
  await page.waitForTimeout(3000);
  const before = (await share(8000, nothing)) - blank;
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForTimeout(6000);
  const silent = (await share(8000, nothing)) - blank;
  bench.record({ name: 'CPU before Play', unit: '% of a core', value: 100 * before, goal: { atMost: 0.5 } });
  bench.record({ name: 'CPU listening in silence', unit: '% of a core', value: 100 * silent, goal: { atMost: 2.5 } });
  const sounding: number[] = [];
  for (let phrase = 0; phrase < 7; phrase++) {
    sounding.push((await share(3000, async () => void (await server.deliver('push', newPush('octo/load'))))) - blank);
    await page.waitForTimeout(9000);
  }
  bench.record({
    name: 'CPU of one phrase, above silence, median',
    unit: '% of a core',
    value: 100 * (median(sounding) - silent),
    peers: { 'the first one': 100 * ((sounding[0] ?? 0) - silent) },
    goal: { atMost: 10 },
  });
  await page.context().close();
  await drawing(bench, browser, { server, share, blank });
}

/** Processor time that the page takes while the scene moves, and in silence, compared with one that turns pages. */
async function drawing(
  bench: Bench,
  browser: Browser,
  {
    server,
    share,
    blank,
  }: {
    readonly server: TestServer;
    readonly blank: number;
    share(ms: number, run: () => Promise<void>): Promise<number>;
  },
): Promise<void> {
  const play = async (): Promise<void> => void (await server.deliver('push', newPush('octo/scene')));
  const shares: number[] = [];
  const silences: number[] = [];
  for (const reducedMotion of ['no-preference', 'reduce'] as const) {
    // Without Play: nothing is heard, and the scene moves all the same.
    const page = await openPage(browser, `${server.origin}/?repo=octo/scene`, { reducedMotion });
    await play();
    await page.locator('#now h2').waitFor();
    await page.waitForTimeout(8000);
    shares.push((await share(3500, play)) - blank);
    await page.waitForTimeout(10_000);
    silences.push((await share(8000, async () => {})) - blank);
    await page.context().close();
  }
  const [moving = 0, turning = 0] = shares;
  const [stepping = 0, still = 0] = silences;
  bench.record({
    name: 'CPU of the scene that moves, without a GPU',
    unit: '% of a core',
    value: 100 * moving,
    peers: { 'turning pages': 100 * turning },
    goal: { atMost: 15 },
  });
  bench.record({
    name: 'CPU of the scene in silence, one step a second',
    unit: '% of a core',
    value: 100 * stepping,
    peers: { 'turning pages': 100 * still },
    goal: { atMost: 2.5 },
  });
}

/** The page, as a listener has it. */
export const benchmark: Benchmark = {
  name: 'web-client',
  async run(bench: Bench): Promise<void> {
    await using server = await TestServer.start();
    await toMessage(bench, server);
    const browser = await launchChromium();
    await firstLoad(bench, browser, server);
    await toSound(bench, browser, server);
    await skew(bench, browser, server, { name: 'two pages of a room apart', minutes: 2 });
    await skew(bench, browser, server, {
      name: 'two pages apart in 5 min, one clock 5 s off and 200 ppm fast',
      prepare: strayClock,
      minutes: 5,
    });
    await longestTask(bench, browser, server);
    await load(bench, browser, server);
    await browser.close();
  },
};
