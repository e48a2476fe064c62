import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { launchChromium } from '@bnc/testing/browser';
import { build } from 'esbuild';

type Browser = Awaited<ReturnType<typeof launchChromium>>;

/** A page of Chromium that holds what a module exports, as a global of a name. */
export interface BundlePage {
  readonly page: Awaited<ReturnType<Browser['newPage']>>;
  /** Loads the module again, after the page was. */
  load(): Promise<void>;
  close(): Promise<void>;
}

/** Bundles a module for browsers: what it exports becomes a global of a name. */
export async function bundleOf(entry: URL, globalName: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry.pathname],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName,
    conditions: ['@bnc/source'],
  });
  return outputFiles[0]?.text ?? '';
}

/** Bundles a module for browsers and opens it in a page of its own. */
export async function openBundle(entry: URL, globalName: string): Promise<BundlePage> {
  const content = await bundleOf(entry, globalName);
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><meta charset="utf-8">');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const load = async (): Promise<void> => void (await page.addScriptTag({ content }));
  await load();
  return {
    page,
    load,
    async close() {
      await browser.close();
      server.close();
    },
  };
}
