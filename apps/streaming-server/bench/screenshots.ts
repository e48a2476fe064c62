/**
 * `pnpm screenshots [name]`: opens the page of a real server as listeners have it, and writes pictures of it to
 * `docs/images`. A room of a small team plays meanwhile.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { launchChromium } from '@bnc/testing/browser';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { payloadOf } from '../test/payloads.ts';
import { TestServer } from '../test/server.ts';

const folder = resolve(import.meta.dirname, '../../../docs/images');
const wanted = process.argv[2] ?? '';

type Json = Record<string, unknown>;

/** One thing that somebody does. */
interface Deed {
  readonly event: string;
  readonly who: string;
  readonly change?: (payload: Json) => void;
}

function pull(payload: Json, changes: Json): void {
  Object.assign(payload.pull_request as Json, changes);
}

function pullRequest(who: string, number: number, title: string, action: 'opened' | 'merged'): Deed {
  return {
    event: 'pull_request',
    who,
    change(payload) {
      const isMerged = action === 'merged';
      Object.assign(payload, { action: isMerged ? 'closed' : action, number });
      pull(payload, {
        number,
        title,
        merged: isMerged,
        state: isMerged ? 'closed' : 'open',
        additions: 180,
        deletions: 24,
      });
      if (isMerged) pull(payload, { merged_at: new Date().toISOString(), merged_by: personOf(who) });
    },
  };
}

function push(who: string, message: string): Deed {
  return {
    event: 'push',
    who,
    change(payload) {
      const id = Buffer.from(message).toString('hex').padEnd(40, '0').slice(0, 40);
      const commit = { ...(payload.head_commit as Json), id, message, distinct: true };
      Object.assign(payload, {
        created: false,
        before: '1'.repeat(40),
        after: id,
        head_commit: commit,
        commits: [commit],
      });
    },
  };
}

function issue(who: string, number: number, title: string): Deed {
  return {
    event: 'issues',
    who,
    change(payload) {
      Object.assign(payload, { action: 'opened' });
      Object.assign(payload.issue as Json, { number, title });
    },
  };
}

/** What a small team does in a minute; the last deed is the one in the pictures. */
const deeds: readonly Deed[] = [
  push('sam', 'Tune the strings'),
  issue('ada', 41, 'The purr clips on small loudspeakers'),
  pullRequest('dependabot[bot]', 42, 'Bump fastify from 5.10 to 5.11', 'opened'),
  push('ada', 'Give the pads room'),
  pullRequest('lin', 43, 'Voice the chords', 'opened'),
  pullRequest('lin', 43, 'Voice the chords', 'merged'),
];

function personOf(login: string): Json {
  const id = Number.parseInt(Buffer.from(login).toString('hex').slice(0, 8), 16);
  return { login, id, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
}

async function act(server: TestServer, room: string, { event, who, change }: Deed): Promise<void> {
  const payload = payloadOf(event, room, (json) => {
    Object.assign(json, { sender: personOf(who) });
    if (json.pusher) Object.assign(json.pusher as Json, { name: who });
    change?.(json);
  });
  const { status, body } = await server.deliver(event, payload);
  if (status !== 202) throw new Error(`${event} was answered with ${status}: ${JSON.stringify(body)}`);
}

const laptop: BrowserContextOptions = { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' };
const wall: BrowserContextOptions = { viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  colorScheme: 'dark',
  isMobile: true,
  hasTouch: true,
};

async function open(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext({ ...options, locale: 'en-GB' })).newPage();
  await page.goto(url);
  return page;
}

async function shoot(page: Page, name: string): Promise<void> {
  await keep(page, name, await page.screenshot());
}

/** Writes a picture of a page, which is closed. */
async function keep(page: Page, name: string, picture: Buffer = Buffer.alloc(0)): Promise<void> {
  await page.context().close();
  const file = resolve(folder, `page-${name}.webp`);
  writeFileSync(file, await toWebp(picture));
  console.log(file);
}

/** Writes a PNG as WebP, a fifth of its size, by the browser that took it. */
async function toWebp(png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const data = await page.evaluate(
    async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.9);
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  await page.close();
  return Buffer.from(data.slice(data.indexOf(',') + 1), 'base64');
}

/** The room of a team, on every screen. */
async function team(browser: Browser, server: TestServer): Promise<void> {
  const room = 'acme/rocket';
  const url = `${server.origin}/?repo=${room}`;
  const screens: readonly (readonly [name: string, options: BrowserContextOptions, query: string])[] = [
    ['laptop', laptop, ''],
    ['light', { ...laptop, colorScheme: 'light' }, ''],
    ['tv', wall, ''],
    ['kiosk', wall, '&kiosk'],
    ['phone', phone, ''],
  ];
  const pages: (readonly [string, Page])[] = [];
  for (const [name, options, query] of screens) {
    if (name.includes(wanted)) pages.push([name, await open(browser, `${url}${query}`, options)]);
  }
  for (const [name, page] of pages) if (name !== 'kiosk') await page.locator('#play').click();
  for (const deed of deeds) {
    await act(server, room, deed);
    // The last one is in the pictures while it sounds.
    await pages[0]?.[1].waitForTimeout(deed === deeds.at(-2) ? 12_000 : deed === deeds.at(-1) ? 6000 : 9000);
  }
  const pictures = await Promise.all(pages.map(([, page]) => page.screenshot()));
  for (const [index, [name, page]] of pages.entries()) await keep(page, name, pictures[index]);
}

mkdirSync(folder, { recursive: true });
await using server = await TestServer.start();
const browser = await launchChromium();
if (['laptop', 'light', 'tv', 'kiosk', 'phone'].some((name) => name.includes(wanted))) await team(browser, server);
if ('quiet'.includes(wanted)) {
  const page = await open(browser, `${server.origin}/?repo=acme/quiet`, laptop);
  await page.locator('#connection[data-line="live"]').waitFor();
  await page.waitForTimeout(1500);
  await shoot(page, 'quiet');
}
if ('private'.includes(wanted) || 'refused'.includes(wanted)) {
  await using closed = await TestServer.start({ streamDefaultAccess: 'deny' });
  if ('refused'.includes(wanted)) {
    const page = await open(browser, `${closed.origin}/?repo=acme/no-such-room`, laptop);
    await page.locator('#connection[data-state="refused"]').waitFor();
    await page.waitForTimeout(500);
    await shoot(page, 'refused');
  }
  if ('private'.includes(wanted)) {
    const privatize = (payload: Json): void => {
      Object.assign(payload, { action: 'privatized' });
      Object.assign(payload.repository as Json, { private: true });
    };
    await act(closed, 'acme/secret', push('lin', 'Open for a moment'));
    const page = await open(browser, `${closed.origin}/?repo=acme/secret`, laptop);
    await page.locator('#connection[data-line="live"]').waitFor();
    await act(closed, 'acme/secret', { event: 'repository', who: 'lin', change: privatize });
    await page.locator('#connection[data-state="private"]').waitFor();
    await page.waitForTimeout(500);
    await shoot(page, 'private');
  }
}
if ('first-minute'.includes(wanted)) {
  await using demo = await TestServer.start({ demo: true });
  const page = await open(browser, demo.origin, laptop);
  await page.locator('#now h2').waitFor();
  await page.waitForTimeout(14_000);
  await shoot(page, 'first-minute');
}
await browser.close();
process.exit(0);
