import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { libopusPlain } from '../libopus-plain.ts';

function source(file: string): string {
  return fileURLToPath(new URL(`../src/${file}`, import.meta.url));
}

/** What a bundler makes of the package for browsers, in memory. */
export interface Bundle {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly metafile: Metafile;
}

/** Bundles the package for browsers, with its own build's plugin: any import of a Node module fails. */
export async function bundleForBrowsers(entries: readonly string[], external: readonly string[] = []): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: entries.map(source),
    bundle: true,
    format: 'esm',
    splitting: true,
    platform: 'browser',
    conditions: ['@bnc/source'],
    external: [...external],
    plugins: [libopusPlain],
    outdir: '/out',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return { files: new Map(outputFiles.map((file) => [file.path.replace('/out', ''), file.contents])), metafile };
}

const pageHtml = '<script type="module">import * as it from "/index.js"; globalThis.BufferSerializer = it;</script>';

/** Serves files, and at `/` a page that loads the package, on a free loopback port. */
export async function serve(
  files: () => ReadonlyMap<string, Uint8Array>,
): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const file = files().get(path);
    const type = path.endsWith('.js') ? 'text/javascript' : path === '/' ? 'text/html' : 'application/octet-stream';
    response.writeHead(file || path === '/' ? 200 : 404, { 'content-type': type });
    response.end(file ?? (path === '/' ? pageHtml : ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
