import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { noticesName } from '@bnc/config/notices';
import { launchChromium } from '@bnc/testing/browser';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'site/dist');
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves the built site as any host of files does: a page without its extension. */
const server = createServer((request, response) => {
  const path = decodeURI(new URL(request.url ?? '/', 'http://site').pathname);
  const file = [path, `${path}.html`, join(path, 'index.html')]
    .map((name) => join(dist, name))
    .find((name) => name.startsWith(dist) && existsSync(name) && statSync(name).isFile());
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(response);
});

// It installs the programs of the site and builds it: for a release, not for every change.
describe.runIf(process.env.BNC_SOAK === 'full')('the site', { timeout: 600_000 }, () => {
  test('has every page of the docs, the API of every package, notices, and a search that finds the pages', async () => {
    await promisify(execFile)('pnpm', ['site'], { cwd: root, maxBuffer: 2 ** 26 });
    const pages = globSync(['docs/**/*.md', 'packages/*/docs/*.md'], { cwd: root })
      .map((file) => file.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html'))
      .filter((file) => !existsSync(join(dist, file)));
    expect(pages).toEqual([]);
    const names = globSync('packages/*/package.json', { cwd: root }).map((file) => file.split(/[\\/]/)[1] ?? '');
    expect(names.filter((name) => !existsSync(join(dist, `api/${name}/src.html`)))).toEqual([]);
    const notices = readFileSync(join(dist, noticesName), 'utf8');
    for (const name of ['@vue/runtime-core', 'minisearch', 'vitepress', 'Lucide']) {
      expect(notices).toContain(`\n${name}`);
    }
    expect(readFileSync(join(dist, 'index.html'), 'utf8')).toContain(`rel="license" href="/${noticesName}"`);
    // Fonts would bring licences that no module shows.
    expect(globSync('**/*.{woff,woff2,ttf,otf}', { cwd: dist })).toEqual([]);

    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const missing: string[] = [];
      page.on('response', (answer) => answer.status() === 404 && missing.push(answer.url()));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/docs/listen`);
      expect(await page.locator('audio').count()).toBe(2);
      await page
        .locator('audio')
        .first()
        .evaluate((audio: HTMLAudioElement) => audio.play());
      await page.getByRole('button', { name: 'Search' }).first().click();
      await page.locator('#localsearch-input').fill('gainOf');
      await page.locator('#localsearch-list a').first().waitFor();
      const results = await page.locator('#localsearch-list a').allTextContents();
      expect(results.join('\n')).toMatch(/gainOf|scores live/i);
      expect(missing).toEqual([]);
    } finally {
      await browser.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
