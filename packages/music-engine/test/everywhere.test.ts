import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@bnc/testing/browser';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { compose, mapActivity, themes } from '../src/index.ts';
import { corpus } from './corpus.ts';

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));

function scores(): unknown[] {
  return corpus.map((activity, i) =>
    compose(mapActivity(activity, { commitsPerHour: i / 7, theme: themes[i % themes.length] ?? 'chamber' })),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test('another process writes the same scores', async () => {
  const script = `
    import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
    import { compose, mapActivity, themes } from ${JSON.stringify(entry)};
    let input = '';
    for await (const chunk of process.stdin) input += chunk;
    const scores = JSON.parse(input).map((activity, i) =>
      compose(mapActivity(activity, { commitsPerHour: i / 7, theme: themes[i % themes.length] })));
    process.stdout.write(createHash('sha256').update(JSON.stringify(scores)).digest('hex'));
  `;
  const child = spawn(process.execPath, ['--conditions=@bnc/source', '--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(corpus));
  expect(await text(child.stdout)).toBe(sha256(JSON.stringify(scores())));
}, 60_000);

test('Chromium writes the same scores from a bundle without anything of Node', async () => {
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'musicEngine',
    conditions: ['@bnc/source'],
    metafile: true,
  });
  const inputs = Object.keys(bundle.metafile.inputs);
  expect(inputs.filter((input) => /tonejs|node:/.test(input))).toEqual([]);
  const [file] = bundle.outputFiles;
  if (!file) throw new Error('esbuild wrote nothing');
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: file.text });
    const written = await page.evaluate(
      ({ corpus, themes }) => {
        const { compose, mapActivity } = (globalThis as unknown as { musicEngine: typeof import('../src/index.ts') })
          .musicEngine;
        return JSON.stringify(
          corpus.map((activity, i) =>
            compose(mapActivity(activity, { commitsPerHour: i / 7, theme: themes[i % themes.length] ?? 'chamber' })),
          ),
        );
      },
      { corpus: [...corpus], themes: [...themes] },
    );
    expect(sha256(written)).toBe(sha256(JSON.stringify(scores())));
  } finally {
    await browser.close();
  }
}, 60_000);
