import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAudioBufferLike, encode, type ToAudioBufferOptions, toAudioBuffer } from '@bnc/buffer-serializer';
import type { Rendition, SerializedBufferV2ByUrl } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chord } from './arbitraries.ts';

const files = new Map<string, Uint8Array>();
const asked: string[] = [];
let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const file = files.get(path);
    response.writeHead(file ? 200 : 404).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

const buffer = chord(0.05, 8000, 1);

/** Puts a clip on the server and writes the message. */
async function publish(path: string, url = path): Promise<{ message: SerializedBufferV2ByUrl; rendition: Rendition }> {
  const { data, extension: _, source, ...facts } = await encode(buffer, { encoding: 'pcm-f32le' });
  files.set(path, data);
  const rendition: Rendition = { ...facts, sha256: createHash('sha256').update(data).digest('hex'), url };
  return { message: { v: 2, ...source, renditions: [rendition] }, rendition };
}

/** A context outside browsers. */
const context = {
  createBuffer: (channels: number, length: number, sampleRate: number): AudioBuffer => {
    const planar = Array.from({ length: channels }, () => new Float32Array(length));
    return Object.assign(createAudioBufferLike(planar, sampleRate), {
      getChannelData: (channel: number) => planar[channel] ?? new Float32Array(),
      copyFromChannel: (samples: Float32Array, channel: number) => samples.set(planar[channel] ?? []),
      copyToChannel: (samples: Float32Array, channel: number) => planar[channel]?.set(samples),
    });
  },
};

/** What comes of a message: `read`, or the code; with a page's own fetch, whose paths are those of its origin. */
async function outcomeOf(message: unknown, options: ToAudioBufferOptions = {}): Promise<string> {
  try {
    const read = await toAudioBuffer(message, context, { fetch: (url) => fetch(new URL(url, origin)), ...options });
    expect(read.getChannelData(0)).toEqual(buffer.getChannelData(0));
    return 'read';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('without resolveUrl', () => {
  it.each(['/clips/a.pcm', '/a', '/deep/er/prefix/a.pcm', '/a%20b.pcm', '/a//b.pcm', '/a@b:c.pcm'])(
    'the path %s of the same origin is fetched',
    async (path) => {
      expect(await outcomeOf((await publish(path)).message)).toBe('read');
    },
  );

  it.each([
    'https://elsewhere.example/a.pcm',
    'http://127.0.0.1/a.pcm',
    '//elsewhere.example/a.pcm',
    '///elsewhere.example/a.pcm',
    '/\\elsewhere.example/a.pcm',
    '\\\\elsewhere.example/a.pcm',
    '/\t/elsewhere.example/a.pcm',
    '/\n/elsewhere.example/a.pcm',
    ' /a.pcm',
    'javascript:alert(1)',
    'javascript:/a.pcm',
    'data:application/octet-stream;base64,AAAA',
    'data:/a.pcm',
    'blob:http://127.0.0.1/0',
    'file:///etc/passwd',
    'a.pcm',
    './a.pcm',
    '../a.pcm',
    '/../a.pcm',
    '/clips/../a.pcm',
    '/clips/..//elsewhere.example/a.pcm',
    '/.//elsewhere.example/a.pcm',
    '/clips/%2e%2e/a.pcm',
    '/a.pcm?token=1',
    '/a.pcm#b',
    '/a b.pcm',
    '/é.pcm',
    '//',
    '//[',
    '',
  ])('%j is refused before anything is fetched', async (url) => {
    const { message } = await publish('/a.pcm', url);
    let fetched = 0;
    const fetchNothing = (): Promise<Response> => {
      fetched++;
      return Promise.reject(new Error('fetched'));
    };
    await expect(toAudioBuffer(message, context, { fetch: fetchNothing })).rejects.toMatchObject({
      code: 'SERIALIZER_URL_REFUSED',
      message: expect.stringContaining('pass resolveUrl to allow it'),
    });
    expect(fetched).toBe(0);
  });

  it('a path of the same origin that holds something else is refused by its size or its hash', async () => {
    const { message, rendition } = await publish(`/clips/${'0'.repeat(64)}.pcm`);
    const other = new Uint8Array(rendition.bytes).fill(7);
    files.set('/other', other);
    files.set('/shorter', other.subarray(1));
    files.set('/longer', new Uint8Array(rendition.bytes + 1));
    const at = (url: string): unknown => ({ ...message, renditions: [{ ...rendition, url }] });
    expect(await outcomeOf(at('/other'))).toBe('SERIALIZER_HASH_MISMATCH');
    expect(await outcomeOf(at('/shorter'))).toBe('SERIALIZER_LENGTH_MISMATCH');
    expect(await outcomeOf(at('/longer'))).toBe('SERIALIZER_LENGTH_MISMATCH');
    expect(await outcomeOf(at('/missing'))).toBe('SERIALIZER_FETCH');
  });

  it.each([
    { sha256: undefined },
    { sha256: 'F'.repeat(64) },
    { sha256: '0'.repeat(63) },
    { sha256: `${'0'.repeat(64)}\n` },
    { url: undefined },
    { url: 7 },
  ])('a rendition with %j is invalid', async (changes) => {
    const { message, rendition } = await publish('/a.pcm');
    expect(await outcomeOf({ ...message, renditions: [{ ...rendition, ...changes }] })).toBe('SERIALIZER_INVALID');
  });
});

describe('with resolveUrl', () => {
  it('clips are fetched from a prefix or a host of the caller, whatever the message says', async () => {
    const { message } = await publish('/music/v1/a.pcm', 'a.pcm');
    const fetchAsIs = { fetch: (url: string) => fetch(url) };
    expect(await outcomeOf(message, { resolveUrl: (url) => `/music/v1/${url}` })).toBe('read');
    expect(await outcomeOf(message, { ...fetchAsIs, resolveUrl: (url) => new URL(url, `${origin}/music/v1/`) })).toBe(
      'read',
    );
    const byHost = await publish('/cdn/a.pcm', `${origin}/cdn/a.pcm?signature=1`);
    files.set('/cdn/a.pcm?signature=1', files.get('/cdn/a.pcm') ?? new Uint8Array());
    expect(await outcomeOf(byHost.message, { ...fetchAsIs, resolveUrl: (url) => url })).toBe('read');
    expect(asked.at(-1)).toBe('/cdn/a.pcm?signature=1');
  });

  it('is called with the url and the facts of its rendition', async () => {
    const { message, rendition } = await publish('/a.pcm');
    const calls: unknown[] = [];
    const resolveUrl: ToAudioBufferOptions['resolveUrl'] = (...args) => {
      calls.push(args);
      return args[0];
    };
    expect(await outcomeOf(message, { resolveUrl })).toBe('read');
    const { encoding, bytes, sha256 } = rendition;
    expect(calls).toEqual([['/a.pcm', { encoding, bytes, sha256 }]]);
  });

  it('what it throws is the cause of the refusal, and nothing is fetched', async () => {
    const { message } = await publish('/a.pcm');
    const cause = new Error('not on our list');
    const before = asked.length;
    await expect(
      toAudioBuffer(message, context, {
        resolveUrl: () => {
          throw cause;
        },
      }),
    ).rejects.toMatchObject({ code: 'SERIALIZER_URL_REFUSED', cause });
    expect(asked.length).toBe(before);
  });

  it('bytes from an allowed host are checked against the hash all the same', async () => {
    const { message, rendition } = await publish('/a.pcm', 'https://cdn.example/a.pcm');
    files.set('/forged.pcm', new Uint8Array(rendition.bytes));
    const resolveUrl = (): string => '/forged.pcm';
    expect(await outcomeOf(message, { resolveUrl })).toBe('SERIALIZER_HASH_MISMATCH');
  });
});
