import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, byUrl, ClipStage } from './clip-stage.ts';
import { payloadOf } from './payloads.ts';
import { operator } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let stage: ClipStage;
beforeAll(async () => {
  stage = await ClipStage.open();
}, 60_000);
afterAll(() => stage.close());

describe('a clip', () => {
  test('is served for ever under the hash of its bytes, to any origin', async () => {
    const { url, sha256, bytes } = stage.renditionOf('flac');
    for (const method of ['GET', 'HEAD']) {
      const response = await stage.get(url, {}, method);
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'cache-control': 'public, max-age=300, must-revalidate',
        'content-type': 'audio/flac',
        'content-length': String(bytes),
        'accept-ranges': 'bytes',
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
        etag: `"${sha256}"`,
      });
      expect((await bytesOf(response)).length).toBe(method === 'HEAD' ? 0 : bytes);
    }
    expect((await stage.get(stage.renditionOf('opus').url)).headers.get('content-type')).toBe('audio/ogg; codecs=opus');
    expect((await stage.get(stage.renditionOf('pcm-s16le').url)).headers.get('content-type')).toBe(
      'application/octet-stream',
    );
  });

  test('is not sent again to who has it', async () => {
    const { url, sha256 } = stage.renditionOf('flac');
    for (const tag of [`"${sha256}"`, `W/"${sha256}"`, `"other", "${sha256}"`, '*']) {
      const response = await stage.get(url, { 'if-none-match': tag });
      expect([response.status, response.headers.get('etag')]).toEqual([304, `"${sha256}"`]);
      expect((await bytesOf(response)).length).toBe(0);
    }
    const other = await stage.get(url, { 'if-none-match': '"other"' });
    expect((await bytesOf(other)).length).toBe(stage.renditionOf('flac').bytes);
  });

  test('is served in parts', async () => {
    const { url, sha256, bytes } = stage.renditionOf('flac');
    const whole = await stage.fetched(stage.renditionOf('flac'));
    const parts: [range: string, from: number, to: number][] = [
      ['bytes=0-3', 0, 4],
      ['bytes=100-', 100, bytes],
      ['bytes=-10', bytes - 10, bytes],
      [`bytes=5-${bytes + 5}`, 5, bytes],
    ];
    for (const [range, from, to] of parts) {
      const response = await stage.get(url, { range });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${bytes}`);
      expect(Buffer.compare(await bytesOf(response), whole.subarray(from, to))).toBe(0);
    }
    const beyond = await stage.get(url, { range: `bytes=${bytes}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes}`]);
    expect(await beyond.json()).toMatchObject({ statusCode: 416, code: 'CLIP_RANGE_INVALID' });
    for (const [tag, status] of [
      [`"${sha256}"`, 206],
      ['"other"', 200],
    ] as const) {
      const response = await stage.get(url, { range: 'bytes=0-3', 'if-range': tag });
      expect(response.status).toBe(status);
      await response.body?.cancel();
    }
    const several = await stage.get(url, { range: 'bytes=0-1,5-6' });
    expect(several.status).toBe(200);
    await several.body?.cancel();
  });

  test('that is not there is 404 with a code, and a malformed name 400', async () => {
    const { sha256 } = stage.renditionOf('flac');
    const cases: [path: string, status: number, code: string][] = [
      [`/clips/${'0'.repeat(64)}.flac`, 404, 'CLIP_GONE'],
      [`/clips/${sha256}.opus`, 404, 'CLIP_GONE'],
      [`/clips/${sha256}.rooms`, 404, 'CLIP_GONE'],
      [`/clips/${sha256}.constructor`, 400, 'CLIP_NAME_INVALID'],
      ...readdirSync(join(stage.folder, 'clips'))
        .filter((name) => /\.(?:json|clip)$/.test(name))
        .map((name): [string, number, string] => [`/clips/${name}`, 404, 'CLIP_GONE']),
      [`/clips/${sha256}`, 400, 'CLIP_NAME_INVALID'],
      [`/clips/${sha256.toUpperCase()}.flac`, 400, 'CLIP_NAME_INVALID'],
      ['/clips/..%2f..%2fetc%2fpasswd', 400, 'CLIP_NAME_INVALID'],
      [`/clips/${sha256}.flac%00`, 400, 'CLIP_NAME_INVALID'],
      ['/clips/', 400, 'CLIP_NAME_INVALID'],
    ];
    for (const [path, status, code] of cases) {
      const response = await stage.get(path);
      const body = (await response.json()) as Record<string, unknown>;
      expect([path, response.status, body.code]).toEqual([path, status, code]);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('of a private room is 404 to strangers as if it were not there, and the operator gets it uncached', async () => {
    await using stranger = await SSEReader.open(`${stage.server.origin}/stream/octo/owl?delivery=url&format=flac`);
    await stage.server.deliver('push', payloadOf('push', 'octo/owl'));
    const [rendition] = byUrl((await stranger.next('audio_buffer')).data.buffer).renditions;
    const url = rendition?.url ?? '';
    expect((await stage.get(url, {}, 'HEAD')).status).toBe(200);
    await stage.server.deliver(
      'push',
      payloadOf('push', 'octo/owl', (payload) => {
        Object.assign(payload.repository as object, { private: true });
        payload.after = '1'.repeat(40);
      }),
    );
    const missing = await stage.get(`/clips/${'0'.repeat(64)}.flac`);
    const withoutDate = ({ headers }: Response): Record<string, string> =>
      Object.fromEntries([...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id'));
    const body = await missing.text();
    for (const headers of [{}, { 'if-none-match': '*' }, { range: 'bytes=0-1' }]) {
      const refused = await stage.get(url, headers);
      expect(refused.status).toBe(404);
      expect(withoutDate(refused)).toEqual(withoutDate(missing));
      expect(await refused.text()).toBe(body);
    }
    const response = await stage.get(url, operator);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect((await bytesOf(response)).length).toBe(rendition?.bytes);
  });

  test('is there after a restart, and rendered again when it is damaged', async () => {
    const [whole, damaged] = [stage.renditionOf('flac'), stage.renditionOf('opus')];
    await stage.restart(() => writeFileSync(join(stage.folder, damaged.url), new Uint8Array(damaged.bytes)));
    expect((await stage.fetched(whole)).length).toBe(whole.bytes);
    const answer = await stage.get(damaged.url);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'CLIP_GONE']);
    await using late = await SSEReader.open(`${stage.server.origin}/stream/octo/cat?delivery=url&format=opus`);
    const again = byUrl((await late.next('audio_buffer')).data.buffer);
    expect(again.renditions[0]).toEqual(damaged);
    expect((await stage.fetched(damaged)).length).toBe(damaged.bytes);
    expect(await stage.rendered()).toBe(1);
  });
});
