import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AudioBufferLike } from '@bnc/contracts';
import { fundamental, onsets, rms, toMono } from '@bnc/testing/sound';
import { afterAll, describe, expect, it } from 'vitest';
import { type GraphInput, OfflineRenderer } from '../src/index.ts';
import type { patches } from './fixtures/patches.ts';
import type { graphs } from './fixtures/tone-graphs.ts';
import { createPiece } from './score.ts';

const renderer = new OfflineRenderer({ workers: 2, spares: 1 });
afterAll(() => renderer.close());

function graph(name: keyof typeof graphs, duration = 0.5): GraphInput {
  return { module: new URL('fixtures/tone-graphs.ts', import.meta.url), moduleOptions: name, duration };
}

function patched(name: keyof typeof patches): Promise<AudioBufferLike> {
  const module = new URL('fixtures/patches.ts', import.meta.url);
  return renderer.render({ module, moduleOptions: name, duration: 0.3 });
}

function samplesOf(buffer: AudioBufferLike): Float32Array {
  return buffer.getChannelData(0);
}

describe("a graph of the caller's own", () => {
  it('may be plain Tone.js, with the copy that it is given or the one that it imports, with a context or without', async () => {
    const [plain, imported, given] = await Promise.all(
      (['plain', 'imported', 'given'] as const).map((name) => renderer.render(graph(name))),
    );
    if (!plain || !imported || !given) throw new Error('no buffers');
    expect(plain.duration).toBe(0.5);
    expect(fundamental(toMono(plain), 44_100, { from: 0.1, to: 0.4 })).toBeCloseTo(440, 0);
    expect(samplesOf(imported)).toEqual(samplesOf(plain));
    expect(samplesOf(given)).toEqual(samplesOf(plain));
  });

  it('plays by the transport, and draws by the clock of the render', async () => {
    const heard = onsets(toMono(await renderer.render(graph('transport', 3))), 44_100);
    expect(heard).toHaveLength(2);
    expect(heard[0]).toBeCloseTo(1, 1);
    expect(heard[1]).toBeCloseTo(2, 1);
  });

  it('has the same noise and the same reverb in every process', async () => {
    const [one, other] = await Promise.all([renderer.render(graph('noise')), renderer.render(graph('noise'))]);
    expect(samplesOf(one).some((sample) => Math.abs(sample) > 0.05)).toBe(true);
    expect(samplesOf(other)).toEqual(samplesOf(one));
  });

  it('leaves nothing behind for the next render', async () => {
    await using alone = new OfflineRenderer({ workers: 1, spares: 0 });
    const before = await alone.render(createPiece(1));
    await alone.render(graph('late'));
    expect(samplesOf(await alone.render(createPiece(1)))).toEqual(samplesOf(before));
    expect(alone.stats()).toMatchObject({ failed: 0, started: 2 });
  });

  it('has the same master, whatever it has replaced in the language and the engine', async () => {
    const [plain, replaced, added] = await Promise.all((['none', 'replaced', 'added'] as const).map(patched));
    if (!plain || !replaced || !added) throw new Error('no buffers');
    expect(rms(samplesOf(plain))).toBeGreaterThan(0.05);
    for (const buffer of [replaced, added]) {
      expect(buffer.numberOfChannels).toBe(2);
      expect(samplesOf(buffer)).toEqual(samplesOf(plain));
    }
  });

  it.each([
    ['for good', 'forGood', 'Array.prototype.map'],
    ['that the engine renders with', 'needed', 'something that the engine needs'],
  ] as const)('fails where it has replaced a part %s', async (_, name, what) => {
    await expect(patched(name)).rejects.toMatchObject({
      code: 'RENDER_MODULE_FAILED',
      message: `The module replaced ${what}, so that there is no sound.`,
    });
  });

  it('is told what it threw where nobody caught it', async () => {
    await expect(renderer.render(graph('escaping'))).rejects.toMatchObject({
      code: 'RENDER_MODULE_FAILED',
      message: 'The module threw outside of its build(): let go',
    });
  });

  it('fails where its sound is not finite, and says when', async () => {
    await expect(renderer.render(graph('infinite'))).rejects.toMatchObject({
      code: 'RENDER_FAILED',
      message: expect.stringMatching(/from 0\.00\d s on/),
    });
  });

  it('is read again after it was edited', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bnc-graph-'));
    const module = pathToFileURL(join(folder, 'graph.mjs'));
    const hertz = async (frequency: number): Promise<number> => {
      writeFileSync(
        module,
        `import * as Tone from 'tone'; export const build = () => new Tone.Oscillator(${frequency}).toDestination().start(0);`,
      );
      const buffer = await renderer.render({ module, duration: 0.5 });
      return fundamental(toMono(buffer), 44_100, { from: 0.1, to: 0.4 });
    };
    expect(await hertz(300)).toBeCloseTo(300, 0);
    expect(await hertz(400)).toBeCloseTo(400, 0);
    rmSync(folder, { recursive: true });
  });
});
