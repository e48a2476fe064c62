import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type EncodeOptions, encode, encodeWav, serialize, stringifyV1 } from '@bnc/buffer-serializer';
import type { AudioBufferLike, SerializedBuffer, SerializedBufferV2ByUrl } from '@bnc/contracts';
import { launchChromium } from '@bnc/testing/browser';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chord } from './arbitraries.ts';
import { bundleForBrowsers, serve } from './browser-bundle.ts';

const files = new Map<string, Uint8Array>();
let server: Server;
let origin: string;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const bundle = await bundleForBrowsers(['index.ts', 'flac.ts', 'opus.ts', 'flac-worker.ts', 'opus-worker.ts']);
  for (const [path, contents] of bundle.files) files.set(path, contents);
  ({ server, origin } = await serve(() => files));
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(origin);
  await page.waitForFunction(() => 'BufferSerializer' in globalThis);
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

interface Result {
  readonly length?: number;
  readonly sampleRate?: number;
  readonly channels?: number[][];
  readonly code?: string;
  readonly workers?: number;
}

/** Runs `toAudioBuffer` in the page. */
function inChromium(
  serialized: unknown,
  how: { readonly native?: boolean; readonly options?: object } = {},
): Promise<Result> {
  return page.evaluate(
    async ({ serialized, how }) => {
      const scope = globalThis as unknown as {
        BufferSerializer: typeof import('@bnc/buffer-serializer');
        OfflineAudioContext: typeof OfflineAudioContext;
        Worker: typeof Worker;
      };
      const { OfflineAudioContext: Offline, Worker: RealWorker } = scope;
      let workers = 0;
      scope.Worker = class extends RealWorker {
        constructor(url: string | URL, options?: WorkerOptions) {
          super(url, options);
          workers++;
        }
      };
      const context = new AudioContext();
      if (how.native === false) {
        scope.OfflineAudioContext = class extends Offline {
          override decodeAudioData(): Promise<AudioBuffer> {
            return Promise.reject(new DOMException('no such codec', 'EncodingError'));
          }
        };
      }
      try {
        const buffer = await scope.BufferSerializer.toAudioBuffer(serialized, context, how.options);
        return {
          length: buffer.length,
          sampleRate: buffer.sampleRate,
          channels: Array.from({ length: buffer.numberOfChannels }, (_, c) => Array.from(buffer.getChannelData(c))),
          workers,
        };
      } catch (error) {
        return { code: (error as { code?: string }).code ?? String(error), workers };
      } finally {
        scope.OfflineAudioContext = Offline;
        scope.Worker = RealWorker;
        await context.close();
      }
    },
    { serialized, how },
  );
}

/** Puts renditions of a buffer on the server and writes the message. */
async function publish(buffer: AudioBufferLike, all: readonly EncodeOptions[]): Promise<SerializedBufferV2ByUrl> {
  const renditions = await Promise.all(
    all.map(async (options) => {
      const { data, extension, source: _, ...rendition } = await encode(buffer, options);
      const sha256 = createHash('sha256').update(data).digest('hex');
      const url = `/clips/${sha256}.${extension}`;
      files.set(url, data);
      return { ...rendition, sha256, url };
    }),
  );
  const { sampleRate, length, duration, numberOfChannels } = buffer;
  return { v: 2, sampleRate, length, duration, numberOfChannels, renditions };
}

function farthest(buffer: AudioBufferLike, result: Result): number {
  return Math.max(
    ...(result.channels ?? []).map((samples, channel) => {
      const original = buffer.getChannelData(channel);
      return samples.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (original[i] ?? Number.NaN))), 0);
    }),
  );
}

/** Samples by which `samples` lag behind `original` where they correlate best, by parabola to fractions of one. */
function lagOf(original: Float32Array, samples: readonly number[]): number {
  const scores = Array.from({ length: 21 }, (_, i) => {
    let sum = 0;
    for (let at = 10; at < original.length - 10; at++) sum += (original[at] ?? 0) * (samples[at + i - 10] ?? 0);
    return sum;
  });
  const best = scores.indexOf(Math.max(...scores));
  const [before = 0, top = 0, after = 0] = [scores[best - 1], scores[best], scores[best + 1]];
  return best - 10 + (before - after) / (2 * (before - 2 * top + after));
}

describe('the root for browsers', () => {
  it('imports nothing of Node and stays below 12 kB gzipped, scores included, without what loads on first use', async () => {
    const onFirstUse = [
      'flac/encoder',
      'flac/decoder',
      'flac/frame-header',
      'opus/encoder',
      'opus/decoder',
      'opus/file',
      'sha256',
    ];
    const { files: core } = await bundleForBrowsers(
      ['index.ts'],
      onFirstUse.map((name) => `./${name}.ts`),
    );
    const bytes = [...core.values()].reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
    expect(bytes).toBeLessThan(12_000);
  });
});

describe('toAudioBuffer in Chromium', () => {
  const buffer = chord(0.2, 44_100);

  it.each(['json', 'pcm-f32le', 'f32-shuffle-deflate'] as const)('gives %s back bit for bit', async (encoding) => {
    const serialized: SerializedBuffer = await serialize(buffer, { encoding });
    const result = await inChromium(serialized);
    expect(result).toMatchObject({ length: buffer.length, sampleRate: 44_100 });
    expect(farthest(buffer, result)).toBe(0);
  });

  it('reads the text of version 1', async () => {
    expect(farthest(buffer, await inChromium(JSON.parse(stringifyV1(buffer))))).toBe(0);
  });

  it.each([8000, 22_050, 44_100, 48_000, 96_000, 192_000])(
    'decodes FLAC at %d Hz natively to the frame',
    async (sampleRate) => {
      const clip = chord(0.1, sampleRate);
      for (const bitDepth of [16, 24] as const) {
        const result = await inChromium(await publish(clip, [{ encoding: 'flac', bitDepth }]));
        expect(result).toMatchObject({ length: clip.length, sampleRate, workers: 0 });
        expect(farthest(clip, result)).toBeLessThan(3 / 2 ** (bitDepth - 1));
      }
    },
  );

  it.each([22_050, 32_000, 44_100, 48_000, 96_000])(
    'decodes Opus of a %d Hz buffer natively without lag',
    async (sampleRate) => {
      for (const seconds of [0.1, 0.1371]) {
        const clip = chord(seconds, sampleRate);
        const result = await inChromium(await publish(clip, [{ encoding: 'opus' }]));
        expect(result).toMatchObject({ length: clip.length, sampleRate, workers: 0 });
        expect(Math.abs(lagOf(clip.getChannelData(0), result.channels?.[0] ?? []))).toBeLessThan(0.5);
      }
    },
  );

  it.each(['flac', 'opus'] as const)('decodes %s in a worker where the browser cannot', async (encoding) => {
    const result = await inChromium(await publish(buffer, [{ encoding }]), { native: false });
    expect(result).toMatchObject({ length: buffer.length, sampleRate: 44_100, workers: 1 });
    expect(farthest(buffer, result)).toBeLessThan(encoding === 'flac' ? 1e-6 : 0.05);
  });

  it('keeps peaks beyond ±1 through gain', async () => {
    const loud = chord(0.1, 48_000, 2, 2.9);
    for (const native of [true, false]) {
      for (const encoding of ['flac', 'opus'] as const) {
        const result = await inChromium(await publish(loud, [{ encoding }]), { native });
        expect(farthest(loud, result)).toBeLessThan(encoding === 'flac' ? 1e-6 : 0.2);
      }
    }
  });

  it('decodes FLAC that states no length', async () => {
    const message = await publish(buffer, [{ encoding: 'flac' }]);
    const url = message.renditions[0]?.url ?? '';
    const bytes = files.get(url)?.slice() ?? new Uint8Array();
    bytes[21] = (bytes[21] ?? 0) & 0xf0;
    bytes.fill(0, 22, 42);
    files.set(url, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const renditions = message.renditions.map((rendition) => ({ ...rendition, sha256 }));
    for (const native of [true, false]) {
      const result = await inChromium({ ...message, renditions }, { native });
      expect(result).toMatchObject({ length: buffer.length, sampleRate: 44_100 });
      expect(farthest(buffer, result)).toBeLessThan(1e-6);
    }
  });

  it('writes FLAC by JavaScript where a content security policy forbids WebAssembly', async () => {
    const strict = await browser.newPage();
    try {
      await strict.route(`${origin}/`, async (route) => {
        const response = await route.fetch();
        const headers = { ...response.headers(), 'content-security-policy': "script-src 'self' 'unsafe-inline'" };
        await route.fulfill({ response, headers });
      });
      const write = async (where: Page): Promise<unknown> => {
        await where.goto(origin);
        await where.waitForFunction(() => 'BufferSerializer' in globalThis);
        return where.evaluate(async () => {
          const { BufferSerializer } = globalThis as unknown as {
            BufferSerializer: typeof import('@bnc/buffer-serializer');
          };
          const samples = Float32Array.from({ length: 9000 }, (_, i) => Math.sin(i / 20) / 2);
          const source = BufferSerializer.createAudioBufferLike([samples], 44_100);
          const encoded = await BufferSerializer.encode(source, {
            encoding: 'flac',
            bitDepth: 16,
            compressionLevel: 2,
          });
          const blockLength = new DataView(encoded.data.buffer).getUint16(8);
          return { blockLength, samples: Array.from((await BufferSerializer.decode(encoded)).getChannelData(0)) };
        });
      };
      const [here, there] = [await write(page), await write(strict)] as { blockLength: number; samples: number[] }[];
      expect([here?.blockLength, there?.blockLength]).toEqual([2048, 4096]);
      expect(there?.samples).toEqual(here?.samples);
    } finally {
      await strict.close();
    }
  });

  it('decodes FLAC of 8 channels', async () => {
    const surround = chord(0.05, 48_000, 8);
    expect(farthest(surround, await inChromium(await publish(surround, [{ encoding: 'flac' }])))).toBeLessThan(1e-6);
  });

  it('takes the first rendition, or the first of the encodings asked for', async () => {
    const message = await publish(buffer, [{ encoding: 'opus' }, { encoding: 'f32-shuffle-deflate' }]);
    expect(farthest(buffer, await inChromium(message))).toBeGreaterThan(0);
    expect(
      farthest(buffer, await inChromium(message, { options: { encodings: ['f32-shuffle-deflate', 'opus'] } })),
    ).toBe(0);
    expect(await inChromium(message, { options: { encodings: ['flac'] } })).toMatchObject({
      code: 'SERIALIZER_UNSUPPORTED_ENCODING',
    });
  });

  it('says what is wrong with a clip that is gone, cut short, swapped or foreign', async () => {
    const message = await publish(buffer, [{ encoding: 'flac' }]);
    const [rendition] = message.renditions;
    if (!rendition) throw new Error('no rendition');
    const data = files.get(rendition.url) ?? new Uint8Array();
    const codeOf = async (changes: object): Promise<string | undefined> =>
      (await inChromium({ ...message, renditions: [{ ...rendition, ...changes }] })).code;
    expect(await codeOf({ bytes: data.length - 1 })).toBe('SERIALIZER_LENGTH_MISMATCH');
    expect(await codeOf({ bytes: data.length + 1 })).toBe('SERIALIZER_LENGTH_MISMATCH');
    expect(await codeOf({ bytes: 2 ** 40 })).toBe('SERIALIZER_LIMIT');
    expect(await codeOf({ url: `https://elsewhere.example${rendition.url}` })).toBe('SERIALIZER_URL_REFUSED');
    expect(await codeOf({ url: `/clips/${'0'.repeat(64)}.flac`, sha256: '0'.repeat(64) })).toBe('SERIALIZER_FETCH');
    const swapped = data.slice();
    swapped[swapped.length - 3] = (swapped[swapped.length - 3] ?? 0) ^ 1;
    files.set(rendition.url, swapped);
    expect(await codeOf({})).toBe('SERIALIZER_HASH_MISMATCH');
    files.set(rendition.url, data);
    expect(await codeOf({})).toBeUndefined();
    expect((await inChromium({ ...message, length: 0 })).code).toBe('SERIALIZER_EMPTY');
  });

  it('compares a clip with its hash on a page without Web Crypto, too', async () => {
    const message = await publish(buffer, [{ encoding: 'flac' }]);
    const [rendition] = message.renditions;
    const lie = { ...message, renditions: [{ ...rendition, sha256: '0'.repeat(64) }] };
    await page.evaluate(() => Object.defineProperty(crypto, 'subtle', { value: undefined, configurable: true }));
    try {
      expect((await inChromium(message)).code).toBeUndefined();
      expect((await inChromium(lie)).code).toBe('SERIALIZER_HASH_MISMATCH');
    } finally {
      await page.evaluate(() => Reflect.deleteProperty(crypto, 'subtle'));
    }
  });

  it('reads our WAV files as decodeAudioData does', async () => {
    for (const format of ['pcm16', 'float32'] as const) {
      for (const channels of [1, 2, 6]) {
        const clip = chord(0.05, 48_000, channels);
        files.set('/clip.wav', encodeWav(clip, { format }));
        const native = await page.evaluate(async () => {
          const bytes = await (await fetch('/clip.wav')).arrayBuffer();
          const decoded = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(bytes);
          return Array.from({ length: decoded.numberOfChannels }, (_, c) => Array.from(decoded.getChannelData(c)));
        });
        expect(native).toHaveLength(channels);
        expect(farthest(clip, { channels: native })).toBeLessThanOrEqual(format === 'pcm16' ? 2 / 32_768 : 0);
      }
    }
  });

  it('encodes in the page what Node reads', async () => {
    const message = await page.evaluate(async () => {
      const { BufferSerializer } = globalThis as unknown as {
        BufferSerializer: typeof import('@bnc/buffer-serializer');
      };
      const native = new AudioBuffer({ length: 1000, numberOfChannels: 2, sampleRate: 48_000 });
      native.copyToChannel(
        Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i / 20)),
        0,
      );
      const all = [];
      for (const encoding of ['flac', 'opus', 'f32-shuffle-deflate'] as const) {
        all.push((await BufferSerializer.deserialize(await BufferSerializer.serialize(native, { encoding }))).length);
      }
      return all;
    });
    expect(message).toEqual([1000, 1000, 1000]);
  });
});
