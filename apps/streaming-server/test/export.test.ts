import { setTimeout } from 'node:timers/promises';
import { decodeWav } from '@bnc/buffer-serializer';
import { decodeFlac } from '@bnc/buffer-serializer/flac';
import { decodeOpus } from '@bnc/buffer-serializer/opus';
import type { AudioBufferLike } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const room = 'octo/cat';
const repositoryId = 910;

interface Phrase {
  readonly phraseId: string;
  readonly startAt: number;
  readonly duration: number;
}

/** How alike two sounds are, from a frame on in each: 1 for the same. */
function likeness(one: AudioBufferLike, at: number, other: AudioBufferLike, from: number, frames: number): number {
  const [a, b] = [one.getChannelData(0), other.getChannelData(0)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < frames; i++) {
    const [x, y] = [a[at + i] ?? 0, b[from + i] ?? 0];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

function frameOf(ms: number): number {
  return Math.round((ms * 44_100) / 1000);
}

describe('an export', { timeout: 90_000 }, () => {
  let server: TestServer;
  let phrases: Phrase[] = [];
  let span = { from: 0, to: 0 };
  beforeAll(async () => {
    server = await TestServer.start({ adminTokens: [operatorToken] });
    await server.deliver(
      'ping',
      payloadOf('ping', room, ({ repository }) => Object.assign(repository as object, { id: repositoryId })),
    );
    await using listener = await SSEReader.open(`${server.origin}/stream/${room}?format=score&bed=on`);
    await listener.next('bed', 0, 60_000);
    const post = (body: object): Promise<Response> =>
      fetch(`${server.origin}/stream/${room}/test`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...operator },
        body: JSON.stringify(body),
      });
    for (const tempo of [120, 90]) {
      const { status } = await post({ tempo, duration: 2, bars: 1, scale: ['D4', 'F4', 'A4'] });
      expect(status).toBe(202);
    }
    await listener.next('audio_buffer', 1, 60_000);
    phrases = listener.all('audio_buffer').map(({ data }) => ({
      phraseId: data.phraseId ?? '',
      startAt: data.startAt,
      duration: data.params.duration,
    }));
    const last = phrases.at(-1);
    span = { from: (phrases[0]?.startAt ?? 0) - 700, to: (last?.startAt ?? 0) + (last?.duration ?? 0) * 1000 + 500 };
    await setTimeout(span.to - Date.now() + 50);
  }, 120_000);
  afterAll(() => server.close());

  const fetchSpan = (more = '', headers = {}): Promise<Response> =>
    fetch(`${server.origin}/repos/${room}/export?from=${span.from}&to=${span.to}${more}`, { headers });
  const bytesOf = async (response: Response): Promise<Uint8Array> => {
    expect(response.status).toBe(200);
    return new Uint8Array(await response.arrayBuffer());
  };
  const phraseBytes = async ({ phraseId }: Phrase, format: string): Promise<Uint8Array> =>
    bytesOf(await fetch(`${server.origin}/repos/${room}/phrases/${phraseId}?format=${format}`));

  test.each([
    ['flac', decodeFlac, 'audio/flac'],
    ['opus', decodeOpus, 'audio/ogg; codecs=opus'],
    ['wav', decodeWav, 'audio/wav'],
  ] as const)('as %s has every phrase at its start, and lasts as long as the span', async (format, read, type) => {
    const response = await fetchSpan(`&format=${format}`);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('content-disposition')).toContain(`octo-cat-`);
    expect(response.headers.get('x-engine')).toMatch(/^bots-n-cats \d/);
    const bytes = await bytesOf(response);
    expect(Buffer.from(bytes.subarray(0, 600)).toString('latin1')).toContain(response.headers.get('x-engine'));
    const heard = await read(bytes);
    const { sampleRate } = heard;
    expect(Math.abs(heard.length / sampleRate - (span.to - span.from) / 1000)).toBeLessThan(0.001);
    // Opus comes at 48 kHz.
    if (format === 'opus') return;
    for (const phrase of phrases) {
      const alone = decodeWav(await phraseBytes(phrase, 'wav'));
      const at = frameOf(phrase.startAt - span.from);
      expect(likeness(heard, at, alone, 0, frameOf(1800))).toBeGreaterThan(0.98);
      expect(likeness(heard, at + 441, alone, 0, frameOf(1800))).toBeLessThan(0.9);
    }
    const before = heard.getChannelData(0).subarray(0, frameOf(650));
    expect(before.every((sample) => Math.abs(sample) < 1e-4)).toBe(true);
  });

  test('is the same, byte for byte, each time', async () => {
    for (const format of ['flac', 'mid']) {
      const [one, other] = [
        await bytesOf(await fetchSpan(`&format=${format}`)),
        await bytesOf(await fetchSpan(`&format=${format}`)),
      ];
      expect(Buffer.from(one).equals(Buffer.from(other)), format).toBe(true);
    }
  });

  test('has the bed under it on request', async () => {
    const [without, under] = [
      decodeFlac(await bytesOf(await fetchSpan('&format=flac'))),
      decodeFlac(await bytesOf(await fetchSpan('&format=flac&bed=on'))),
    ];
    expect(under.length).toBe(without.length);
    // It is at about -40 LUFS.
    const added = under.getChannelData(0).map((sample, i) => sample - (without.getChannelData(0)[i] ?? 0));
    const level = (from: number): number =>
      Math.sqrt(added.subarray(from, from + 44_100).reduce((sum, sample) => sum + sample * sample, 0) / 44_100);
    expect(level(added.length - 44_100)).toBeGreaterThan(1e-3);
    expect(level(added.length - 44_100)).toBeLessThan(0.03);
  });

  test('of one phrase is its score, its clip, its sound or its notes', async () => {
    const [phrase] = phrases;
    if (!phrase) throw new Error('no phrase');
    const score = (await (await fetch(`${server.origin}/repos/${room}/phrases/${phrase.phraseId}`)).json()) as {
      buffer: object;
    };
    expect(score.buffer).toMatchObject({ encoding: 'score' });
    const clip = decodeFlac(await phraseBytes(phrase, 'flac'));
    const wav = decodeWav(await phraseBytes(phrase, 'wav'));
    expect(clip.length).toBe(wav.length);
    expect(likeness(clip, 0, wav, 0, wav.length)).toBeGreaterThan(0.999);
    expect(Buffer.from(await phraseBytes(phrase, 'mid')).toString('latin1', 0, 4)).toBe('MThd');
    expect((await phraseBytes(phrase, 'opus')).length).toBeGreaterThan(1000);
    const unknown = await fetch(`${server.origin}/repos/${room}/phrases/abc-99999`);
    expect(((await unknown.json()) as { code: string }).code).toBe('PHRASE_NOT_FOUND');
  });

  test('ends when its client leaves, and gives its place to the next one', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const leaving = new AbortController();
      const response = await fetch(`${server.origin}/repos/${room}/export?from=${span.from}&to=${span.to}&format=wav`, {
        signal: leaving.signal,
      });
      expect([200, 503]).toContain(response.status);
      leaving.abort();
    }
    await expect.poll(async () => (await fetchSpan('&format=mid')).status).toBe(200);
  });

  test.each([
    ['', 'EXPORT_SPAN_INVALID'],
    ['from=1', 'EXPORT_SPAN_INVALID'],
    ['from=5&to=4', 'EXPORT_SPAN_INVALID'],
    ['from=0&to=3600001', 'EXPORT_SPAN_INVALID'],
    ['from=0&to=1e999', 'EXPORT_SPAN_INVALID'],
    ['from=0&to=99999999999999', 'EXPORT_SPAN_INVALID'],
    ['from=0&to=10&format=mp3', 'EXPORT_FORMAT_UNKNOWN'],
    ['from=0&to=10&bed=x', 'REQUEST_INVALID'],
  ])('with "%s" is refused as %s', async (query, code) => {
    const response = await fetch(`${server.origin}/repos/${room}/export?${query}`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, code]);
  });

  test('of silence is refused', async () => {
    const response = await fetch(`${server.origin}/repos/${room}/export?from=0&to=10`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'EXPORT_EMPTY']);
  });
});
