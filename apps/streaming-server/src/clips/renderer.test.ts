import { compose, themes } from '@bnc/music-engine';
import { instrumentNames } from '@bnc/offline-renderer/instruments';
import { expect, test } from 'vitest';
import type { EncodedClip } from './encode-clip.ts';
import { createRenderer, finishModule, firstBars } from './renderer.ts';

test('a render process plays itself in with a bar of each theme, and with nearly every instrument', () => {
  const scores = firstBars.map((params) => compose(params));
  expect(firstBars.map(({ theme }) => theme)).toEqual(themes);
  for (const { duration } of scores) expect(duration).toBeLessThan(3);
  const played = new Set(scores.flatMap(({ tracks }) => tracks.map(({ instrument }) => instrument)));
  expect(played.size).toBeGreaterThan(0.75 * instrumentNames.length);
});

test('the renderer of a server makes clips while it plays itself in', async () => {
  await using renderer = createRenderer();
  const [input] = firstBars;
  if (!input) throw new Error('no bars');
  const finishOptions = { encodings: ['flac'] };
  const { renditions } = await renderer.render<EncodedClip>(input, { finish: finishModule, finishOptions });
  expect(renditions.map(({ rendition }) => rendition.encoding)).toEqual(['flac']);
});
