import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { launchChromium } from '@bnc/testing/browser';
import { expect, onTestFinished, test } from 'vitest';
import { encodeEvent, SSEManager } from '../src/index.ts';
import { serve, until } from './support.ts';

/** A module of the client's sources, as a browser takes it. */
function moduleAt(path: string): string {
  return stripTypeScriptTypes(readFileSync(new URL(`../src${path}`, import.meta.url), 'utf8'));
}

const page = `<!doctype html><script type="module">
  import { SSEClient } from '/client.ts';
  window.heard = [];
  window.client = new SSEClient('/stream', {
    share: 'tabs',
    minRetryMs: 10,
    keep: ({ data }) => (data === 'greeting' ? undefined : 'news'),
    onMessage: ({ data }) => heard.push(data),
  });
</script>`;

declare global {
  interface Window {
    heard: string[];
    client: { state: string };
  }
}

async function startSite() {
  const manager = new SSEManager();
  const { port } = await serve((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://x');
    if (pathname === '/stream') {
      manager.connect(req, res, { channel: 'room', lastEventId: searchParams.get('lastEventId') ?? undefined });
    } else if (pathname.endsWith('.ts')) res.setHeader('content-type', 'text/javascript').end(moduleAt(pathname));
    else res.setHeader('content-type', 'text/html').end(page);
  });
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  return { manager, context: await browser.newContext(), url: `http://127.0.0.1:${port}/` };
}

test('seven tabs share one connection, and the next tab takes over without a gap', { timeout: 60_000 }, async () => {
  const { manager, context, url } = await startSite();
  const tabs = [];
  for (let i = 0; i < 7; i++) {
    const tab = await context.newPage();
    await tab.goto(url);
    await tab.waitForFunction(() => window.client !== undefined);
    tabs.push(tab);
  }
  await until(() => manager.count() === 1);
  manager.broadcast('room', { data: 'one' });
  for (const tab of tabs) await tab.waitForFunction(() => window.heard.length === 1);
  expect(manager.stats().opened).toBe(1);
  // Whoever joins later hears what was last said, once, and that the connection stands.
  const late = await context.newPage();
  await late.goto(url);
  await late.waitForFunction(() => window.heard.length === 1 && window.client.state === 'following');
  tabs.push(late);
  const states = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.client.state)));
  expect(states.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'following'), 'open']);
  const leader = tabs[states.indexOf('open')];
  await leader?.close();
  manager.broadcast('room', { data: 'two' });
  await until(() => manager.count() === 1);
  manager.broadcast('room', { data: 'three' });
  for (const tab of tabs.filter((tab) => tab !== leader)) {
    await tab.waitForFunction(() => window.heard.includes('three'));
    expect(await tab.evaluate(() => window.heard)).toEqual(['one', 'two', 'three']);
  }
});

test('Chromium reads back what the encoder wrote', { timeout: 60_000 }, async () => {
  const cases = [
    '',
    ' leading',
    'a\nb',
    'a\r\nb\rc\n\n',
    'data: x\nid: 9\nevent: y',
    '\u2028\u2029\0 emoji 🐈',
    ':colon',
    'x'.repeat(200_000),
  ];
  const { port } = await serve((req, res) => {
    if (req.url !== '/stream') {
      res.setHeader('content-type', 'text/html').end('<!doctype html>');
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [i, data] of cases.entries()) res.write(encodeEvent({ id: `id-${i}`, event: `e:${i} ü`, data }));
  });
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${port}/`);
  const heard = await tab.evaluate(
    (count) =>
      new Promise<string[][]>((resolve) => {
        const got: string[][] = [];
        const source = new EventSource('/stream');
        for (let i = 0; i < count; i++) {
          source.addEventListener(`e:${i} ü`, (event) => {
            const { data, lastEventId } = event as MessageEvent<string>;
            if (got.push([data, lastEventId]) === count) resolve(got);
          });
        }
      }),
    cases.length,
  );
  expect(heard).toEqual(cases.map((data, i) => [data.replaceAll(/\r\n|\r/g, '\n'), `id-${i}`]));
});

test('Chromium goes on from the last id, by a header at home and by the query elsewhere, where it asks for no permission', {
  timeout: 60_000,
}, async () => {
  const manager = new SSEManager();
  const requests: string[] = [];
  const { port } = await serve((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://x');
    if (pathname.endsWith('.ts')) {
      res.setHeader('content-type', 'text/javascript').end(moduleAt(pathname));
    } else if (pathname === '/stream') {
      const inQuery = searchParams.get('lastEventId') ?? undefined;
      requests.push(`${req.method} ${req.headersDistinct['last-event-id']?.[0] ?? '-'} ${inQuery ?? '-'}`);
      const headers = { 'access-control-allow-origin': '*' };
      if (req.method === 'GET') manager.connect(req, res, { channel: 'room', lastEventId: inQuery, headers });
      else res.end();
    } else res.setHeader('content-type', 'text/html').end('<!doctype html>');
  });
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${port}/`);
  for (const host of ['127.0.0.1', 'localhost']) {
    requests.length = 0;
    await tab.evaluate(`import('/client.ts').then(({ SSEClient }) => {
      window.heard = [];
      window.client = new SSEClient('http://${host}:${port}/stream', { minRetryMs: 10, onMessage: ({ data }) => heard.push(data) });
    })`);
    await until(() => manager.count() === 1);
    const { id } = manager.broadcast('room', { data: 'one', retry: 10 });
    await tab.waitForFunction(() => window.heard.length === 1);
    for (const { clientId } of manager.connections()) manager.disconnect(clientId);
    manager.broadcast('room', { data: 'two' });
    await tab.waitForFunction(() => window.heard.length === 2);
    expect(await tab.evaluate(() => window.heard)).toEqual(['one', 'two']);
    expect(requests).toEqual(['GET - -', host === 'localhost' ? `GET - ${id}` : `GET ${id} -`]);
    await tab.evaluate('client.close()');
    await until(() => manager.count() === 0);
  }
});

test('an EventSource that is cut before it has heard anything gets what came meanwhile', async () => {
  const manager = new SSEManager();
  const { port } = await serve((req, res) => {
    if (req.url === '/stream') manager.connect(req, res, { channel: 'room' });
    else res.setHeader('content-type', 'text/html').end('<!doctype html>');
  });
  manager.broadcast('room', { data: 'before' });
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${port}/`);
  await tab.evaluate(`{
    window.heard = [];
    new EventSource('/stream').onmessage = ({ data }) => heard.push(data);
  }`);
  await until(() => manager.count() === 1);
  for (const { clientId } of manager.connections()) manager.disconnect(clientId);
  for (const data of ['one', 'two', 'three']) manager.broadcast('room', { data });
  await tab.waitForFunction(() => window.heard.length === 3);
  expect(await tab.evaluate(() => window.heard)).toEqual(['one', 'two', 'three']);
});
