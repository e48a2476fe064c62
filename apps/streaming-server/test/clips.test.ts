import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, deserialize } from '@bnc/buffer-serializer';
import type { AudioBufferLike, Encoding, Rendition, SerializedBuffer, SerializedBufferV2ByUrl } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wireEncodings } from '../src/delivery/delivery.ts';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const encodings = wireEncodings.filter((encoding) => encoding !== 'json');
const operator = { authorization: 'Bearer operator-token-of-32-bytes-or-more' };

let folder: string;
let server: TestServer;
/** What one listener of each kind got of one phrase, by its query. */
const heard = new Map<string, SerializedBuffer>();
let exact: AudioBufferLike;

function start(): Promise<TestServer> {
  return TestServer.start({ dataDir: folder, adminTokens: ['operator-token-of-32-bytes-or-more'] });
}

function byUrl(buffer: SerializedBuffer | undefined): SerializedBufferV2ByUrl {
  if (!buffer || !('renditions' in buffer)) throw new Error('a message with links was expected');
  return buffer;
}

/** The rendition of an encoding that a listener was told of. */
function renditionOf(encoding: Encoding): Rendition {
  const [rendition] = byUrl(heard.get(`delivery=url&format=${encoding}`)).renditions;
  if (!rendition) throw new Error('a rendition was expected');
  return rendition;
}

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(`${server.origin}${path}`, { method, headers });
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await response.arrayBuffer());
}

async function fetched({ url }: Rendition): Promise<Uint8Array<ArrayBuffer>> {
  return bytesOf(await get(url));
}

async function rendered(): Promise<number> {
  return ((await (await get('/health')).json()) as { rendered: number }).rendered;
}

function largestDifference(a: AudioBufferLike, b: AudioBufferLike): number {
  let largest = 0;
  for (let channel = 0; channel < a.numberOfChannels; channel++) {
    const other = b.getChannelData(channel);
    for (const [index, sample] of a.getChannelData(channel).entries()) {
      largest = Math.max(largest, Math.abs(sample - (other[index] ?? Number.NaN)));
    }
  }
  return largest;
}

/** Root mean square of the difference, as a share of that of the sound. */
function noise(a: AudioBufferLike, b: AudioBufferLike): number {
  let [difference, energy] = [0, 0];
  const other = b.getChannelData(0);
  for (const [index, sample] of a.getChannelData(0).entries()) {
    difference += (sample - (other[index] ?? 0)) ** 2;
    energy += sample ** 2;
  }
  return Math.sqrt(difference / energy);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-clips-'));
  server = await start();
  const queries = [
    ...wireEncodings.map((format) => `format=${format}`),
    ...encodings.map((format) => `delivery=url&format=${format}`),
    'delivery=url',
    'delivery=url&format=opus,pcm-s16le',
  ];
  const readers = await Promise.all(
    queries.map((query) => SSEReader.open(`${server.origin}/stream/octo/cat?${query}`)),
  );
  await server.deliver('push', payloadOf('push'));
  for (const [index, reader] of readers.entries()) {
    heard.set(queries[index] ?? '', (await reader.next('audio_buffer', 0, 30_000)).data.buffer);
    await reader.close();
  }
  exact = await deserialize(heard.get('format=pcm-f32le'));
}, 60_000);
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How far a format may be from the samples: nothing, or rounding and dither of 16 bits. */
const atMost: Readonly<Record<string, number>> = { 'pcm-s16le': 2 / 32_768, flac: 2 / 32_768 };

describe('a phrase', () => {
  test('is rendered once for listeners of every format and delivery', async () => {
    expect(await rendered()).toBe(1);
  });

  test.each(wireEncodings)('comes inline as %s', async (format) => {
    const buffer = heard.get(`format=${format}`);
    expect(buffer && 'encoding' in buffer ? buffer.encoding : 'json').toBe(format);
    const decoded = await deserialize(buffer);
    expect(decoded).toMatchObject({ length: exact.length, sampleRate: exact.sampleRate, numberOfChannels: 2 });
    if (format === 'opus') expect(noise(exact, decoded)).toBeLessThan(0.2);
    else expect(largestDifference(exact, decoded)).toBeLessThanOrEqual(atMost[format] ?? 0);
  });

  test.each(encodings)('comes by url as %s, the same bytes as inline', async (format) => {
    const message = byUrl(heard.get(`delivery=url&format=${format}`));
    const rendition = renditionOf(format);
    const { sha256, bytes } = rendition;
    expect(message).toMatchObject({ v: 2, id: expect.stringMatching(/^sha256-[0-9a-f]{64}$/), length: exact.length });
    expect(message.renditions).toHaveLength(1);
    expect(rendition.url).toMatch(new RegExp(`^/clips/${sha256}\\.[a-z]+$`));
    const data = await fetched(rendition);
    expect(data.length).toBe(bytes);
    const inline = heard.get(`format=${format}`);
    expect(inline && 'data' in inline && inline.data === Buffer.from(data).toString('base64')).toBe(true);
    const { sampleRate, length, duration, numberOfChannels } = message;
    const source = { sampleRate, length, duration, numberOfChannels };
    const decoded = await decode({ ...rendition, encoding: format, source, data });
    expect(decoded.length).toBe(exact.length);
    if (format === 'opus') expect(noise(exact, decoded)).toBeLessThan(0.2);
    else expect(largestDifference(exact, decoded)).toBeLessThanOrEqual(atMost[format] ?? 0);
  });

  test('comes in several renditions, in the order asked for, and as FLAC and Opus unless told otherwise', () => {
    const encodingsOf = (query: string): string[] => byUrl(heard.get(query)).renditions.map(({ encoding }) => encoding);
    expect(encodingsOf('delivery=url')).toEqual(['flac', 'opus']);
    expect(encodingsOf('delivery=url&format=opus,pcm-s16le')).toEqual(['opus', 'pcm-s16le']);
  });

  test('is what flac and opusinfo take it for', async () => {
    const [flac, opus] = [join(folder, 'clip.flac'), join(folder, 'clip.opus')];
    writeFileSync(flac, await fetched(renditionOf('flac')));
    writeFileSync(opus, await fetched(renditionOf('opus')));
    execFileSync('flac', ['-t', '-s', flac]);
    const info = execFileSync('opusinfo', [opus], { encoding: 'utf8' });
    expect(info).toContain('Channels: 2');
    expect(info).not.toMatch(/WARNING/i);
  });
});

describe('a clip', () => {
  test('is served for ever under the hash of its bytes, to any origin', async () => {
    const { url, sha256, bytes } = renditionOf('flac');
    for (const method of ['GET', 'HEAD']) {
      const response = await get(url, {}, method);
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': 'audio/flac',
        'content-length': String(bytes),
        'accept-ranges': 'bytes',
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
        etag: `"${sha256}"`,
      });
      expect((await bytesOf(response)).length).toBe(method === 'HEAD' ? 0 : bytes);
    }
    expect((await get(renditionOf('opus').url)).headers.get('content-type')).toBe('audio/ogg; codecs=opus');
    expect((await get(renditionOf('pcm-s16le').url)).headers.get('content-type')).toBe('application/octet-stream');
  });

  test('is not sent again to who has it', async () => {
    const { url, sha256 } = renditionOf('flac');
    for (const tag of [`"${sha256}"`, `W/"${sha256}"`, `"other", "${sha256}"`, '*']) {
      const response = await get(url, { 'if-none-match': tag });
      expect([response.status, response.headers.get('etag')]).toEqual([304, `"${sha256}"`]);
      expect((await bytesOf(response)).length).toBe(0);
    }
    const other = await get(url, { 'if-none-match': '"other"' });
    expect((await bytesOf(other)).length).toBe(renditionOf('flac').bytes);
  });

  test('is served in parts', async () => {
    const { url, sha256, bytes } = renditionOf('flac');
    const whole = await fetched(renditionOf('flac'));
    const parts: [range: string, from: number, to: number][] = [
      ['bytes=0-3', 0, 4],
      ['bytes=100-', 100, bytes],
      ['bytes=-10', bytes - 10, bytes],
      [`bytes=5-${bytes + 5}`, 5, bytes],
    ];
    for (const [range, from, to] of parts) {
      const response = await get(url, { range });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${bytes}`);
      expect(Buffer.compare(await bytesOf(response), whole.subarray(from, to))).toBe(0);
    }
    const beyond = await get(url, { range: `bytes=${bytes}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes}`]);
    expect(await beyond.json()).toMatchObject({ statusCode: 416, code: 'CLIP_RANGE_INVALID' });
    for (const [tag, status] of [
      [`"${sha256}"`, 206],
      ['"other"', 200],
    ] as const) {
      const response = await get(url, { range: 'bytes=0-3', 'if-range': tag });
      expect(response.status).toBe(status);
      await response.body?.cancel();
    }
    const several = await get(url, { range: 'bytes=0-1,5-6' });
    expect(several.status).toBe(200);
    await several.body?.cancel();
  });

  test('that is not there is 404 with a code, and a malformed name 400', async () => {
    const { sha256 } = renditionOf('flac');
    const cases: [path: string, status: number, code: string][] = [
      [`/clips/${'0'.repeat(64)}.flac`, 404, 'CLIP_GONE'],
      [`/clips/${sha256}.opus`, 404, 'CLIP_GONE'],
      [`/clips/${sha256}.rooms`, 404, 'CLIP_GONE'],
      [`/clips/${sha256}.constructor`, 400, 'CLIP_NAME_INVALID'],
      ...readdirSync(join(folder, 'clips'))
        .filter((name) => /\.(?:json|clip)$/.test(name))
        .map((name): [string, number, string] => [`/clips/${name}`, 404, 'CLIP_GONE']),
      [`/clips/${sha256}`, 400, 'CLIP_NAME_INVALID'],
      [`/clips/${sha256.toUpperCase()}.flac`, 400, 'CLIP_NAME_INVALID'],
      ['/clips/..%2f..%2fetc%2fpasswd', 400, 'CLIP_NAME_INVALID'],
      [`/clips/${sha256}.flac%00`, 400, 'CLIP_NAME_INVALID'],
      ['/clips/', 400, 'CLIP_NAME_INVALID'],
    ];
    for (const [path, status, code] of cases) {
      const response = await get(path);
      const body = (await response.json()) as Record<string, unknown>;
      expect([path, response.status, body.code]).toEqual([path, status, code]);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('of a private room is 404 to strangers as if it were not there, and the operator gets it uncached', async () => {
    await using stranger = await SSEReader.open(`${server.origin}/stream/octo/owl?delivery=url&format=flac`);
    await server.deliver('push', payloadOf('push', 'octo/owl'));
    const [rendition] = byUrl((await stranger.next('audio_buffer')).data.buffer).renditions;
    const url = rendition?.url ?? '';
    expect((await get(url, {}, 'HEAD')).status).toBe(200);
    await server.deliver(
      'push',
      payloadOf('push', 'octo/owl', (payload) => {
        Object.assign(payload.repository as object, { private: true });
        payload.after = '1'.repeat(40);
      }),
    );
    const missing = await get(`/clips/${'0'.repeat(64)}.flac`);
    const withoutDate = ({ headers }: Response): Record<string, string> =>
      Object.fromEntries([...headers].filter(([name]) => name !== 'date'));
    const body = await missing.text();
    for (const headers of [{}, { 'if-none-match': '*' }, { range: 'bytes=0-1' }]) {
      const refused = await get(url, headers);
      expect(refused.status).toBe(404);
      expect(withoutDate(refused)).toEqual(withoutDate(missing));
      expect(await refused.text()).toBe(body);
    }
    const response = await get(url, operator);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect((await bytesOf(response)).length).toBe(rendition?.bytes);
  });

  test('is there after a restart, and rendered again when it is damaged', async () => {
    const [whole, damaged] = [renditionOf('flac'), renditionOf('opus')];
    await server.close();
    writeFileSync(join(folder, damaged.url), new Uint8Array(damaged.bytes));
    server = await start();
    expect((await fetched(whole)).length).toBe(whole.bytes);
    const answer = await get(damaged.url);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'CLIP_GONE']);
    await using late = await SSEReader.open(`${server.origin}/stream/octo/cat?delivery=url&format=opus`);
    const again = byUrl((await late.next('audio_buffer')).data.buffer);
    expect(again.renditions[0]).toEqual(damaged);
    expect((await fetched(damaged)).length).toBe(damaged.bytes);
    expect(await rendered()).toBe(1);
  });
});
