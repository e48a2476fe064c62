import { deserialize } from '@bnc/buffer-serializer';
import type { SerializedBuffer } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

interface Count {
  readonly activeClients: number;
}

function open(repoId: string, query: string): Promise<SSEReader> {
  return SSEReader.open(`${server.origin}/stream/${repoId}?${query}`);
}

function encodingOf(buffer: SerializedBuffer): string {
  return 'renditions' in buffer ? 'by url' : 'encoding' in buffer ? buffer.encoding : 'json';
}

async function rendersOf(): Promise<number> {
  return ((await (await fetch(`${server.origin}/health`)).json()) as { rendered: number }).rendered;
}

describe('a listener of scores', () => {
  test('gets the very notes of the phrase, in a message of few bytes, with no render on the server', async () => {
    const before = await rendersOf();
    await using listener = await open('octo/score', 'format=score');
    await server.deliver('push', payloadOf('push', 'octo/score'));
    const message = await listener.next('audio_buffer');
    const { buffer, params, startAt } = message.data;
    expect(encodingOf(buffer)).toBe('score');
    if (!('score' in buffer)) throw new Error('a score was asked for');
    expect(deserialize(buffer).score).toEqual(compose(params));
    expect(JSON.stringify(buffer).length).toBeLessThanOrEqual(2500);
    expect(startAt).toBeGreaterThan(message.timestamp);
    expect(startAt - message.timestamp).toBeLessThanOrEqual(150);
    expect(await rendersOf()).toBe(before);
  });

  test('gets the measured gain of a phrase that came with an estimate, and so do later listeners', async () => {
    await using listener = await open('octo/loud', 'format=score');
    await using json = await open('octo/loud', 'format=json');
    // The first phrases of a server have nothing to estimate from.
    await server.deliver('release', payloadOf('release', 'octo/loud'));
    const { data } = await listener.next('audio_buffer');
    const { phraseId, gain } = (await listener.next('gain')).data;
    expect(phraseId).toBe(data.phraseId);
    if (!('score' in data.buffer)) throw new Error('a score was asked for');
    expect(Math.abs(20 * Math.log10(gain / (data.buffer.gain ?? 1)))).toBeGreaterThan(0.5);
    await using late = await open('octo/loud', 'format=score');
    await late.next('audio_buffer');
    expect((await late.next('gain')).data).toEqual({ phraseId, gain });
    expect(json.all('gain')).toEqual([]);
  });

  test('hears a phrase at the moment that those who take clips are told, long before these have them', async () => {
    await using score = await open('octo/both', 'format=score');
    await using clip = await open('octo/both', 'delivery=url&format=flac');
    await using json = await open('octo/both', 'format=json');
    await server.deliver('push', payloadOf('push', 'octo/both'));
    const [first, second, third] = await Promise.all([score, clip, json].map((one) => one.next('audio_buffer')));
    expect([first, second, third].map((message) => message && encodingOf(message.data.buffer))).toEqual([
      'score',
      'by url',
      'json',
    ]);
    expect(second?.data.startAt).toBe(first?.data.startAt);
    expect(third?.data.startAt).toBe(first?.data.startAt);
    expect(second?.data.phraseId).toBe(first?.data.phraseId);
    expect(score.all('clip')).toEqual([]);
  });

  test('gets links too where it asks for both, once they work', async () => {
    await using listener = await open('octo/links', 'delivery=url&format=score,opus');
    await server.deliver('push', payloadOf('push', 'octo/links'));
    const { data } = await listener.next('audio_buffer');
    expect(encodingOf(data.buffer)).toBe('score');
    const { data: clip } = await listener.next('clip');
    expect(clip.phraseId).toBe(data.phraseId);
    if (!('renditions' in clip.buffer)) throw new Error('links were asked for');
    const [opus] = clip.buffer.renditions;
    expect(opus?.encoding).toBe('opus');
    expect((await fetch(`${server.origin}${opus?.url}`)).headers.get('content-type')).toContain('audio/ogg');

    await using late = await open('octo/links', 'delivery=url&format=score,opus');
    expect((await late.next('clip')).data).toEqual(clip);
  });

  test('gets the newest phrase when it comes later, and what it missed when it comes back, whatever was asked before', async () => {
    await using json = await open('octo/late', 'format=json');
    await server.deliver('push', payloadOf('push', 'octo/late'));
    const { data } = await json.next('audio_buffer');
    await using late = await open('octo/late', 'format=score');
    const { data: again } = await late.next('audio_buffer');
    expect([again.phraseId, again.startAt, encodingOf(again.buffer)]).toEqual([data.phraseId, data.startAt, 'score']);
    const id = late.ids[late.messages.findIndex(({ type }) => type === 'audio_buffer')];
    await late.close();
    await server.deliver('fork', payloadOf('fork', 'octo/late'));
    await json.next('audio_buffer', 1);
    await using back = await SSEReader.open(`${server.origin}/stream/octo/late?format=score`, {
      'last-event-id': id ?? '',
    });
    expect(back.all('connected')[0]?.data.resumed).toBe('replayed');
    expect((await back.next('audio_buffer')).data.activity.event).toBe('fork');
    expect(back.all('audio_buffer')).toHaveLength(1);
  });

  test('has the room start phrases as late as most of its listeners of scores need, and no later', async () => {
    const post = (clientId: string, body: unknown): Promise<Response> =>
      fetch(`${server.origin}/session/${clientId}/lead`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await using listener = await open('octo/far', 'format=score');
    await using clip = await open('octo/far', 'format=pcm-s16le');
    const [{ clientId, resumeKey } = { clientId: '', resumeKey: '' }] = listener
      .all('connected')
      .map(({ data }) => data);
    expect((await post(clientId, { resumeKey, leadMs: 280 })).status).toBe(204);
    await server.deliver('push', payloadOf('push', 'octo/far'));
    const { data, timestamp } = await listener.next('audio_buffer');
    expect(data.startAt - timestamp).toBeGreaterThan(230);
    expect(data.startAt - timestamp).toBeLessThanOrEqual(300);

    // Clips do not count, nor does a listener who cannot say who it is.
    const [other] = clip.all('connected').map((message) => message.data);
    const answers = await Promise.all([
      post(other?.clientId ?? '', { resumeKey: other?.resumeKey, leadMs: 300 }),
      post(clientId, { resumeKey: 'guess', leadMs: 300 }),
      post('nobody', { resumeKey, leadMs: 300 }),
      post(clientId, { resumeKey, leadMs: -1 }),
      post(clientId, { resumeKey, leadMs: '300' }),
      post(clientId, { leadMs: 300 }),
      post(clientId, undefined),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 400, 400, 400, 400]);
  });
});

describe('one stream of several rooms', () => {
  const several = (query: string): string => `${server.origin}/stream?format=score&${query}`;

  test('brings what happens in each, counts in each, and goes on in all of them after a cut', async () => {
    const url = several('repo=octo/left&repo=Octo/Right&repo=octo/left');
    const listener = await SSEReader.open(url);
    expect(listener.all('connected')[0]?.data).toMatchObject({
      rooms: [
        { asked: 'octo/left', channel: 'octo/left' },
        { asked: 'Octo/Right', channel: 'octo/right' },
      ],
      refused: [],
    });
    for (const room of ['octo/left', 'octo/right']) {
      const { activeClients } = (await (await fetch(`${server.origin}/health/repo/${room}`)).json()) as Count;
      expect(activeClients).toBe(1);
    }
    await server.deliver('push', payloadOf('push', 'octo/right'));
    expect((await listener.next('audio_buffer')).data.repoId).toBe('octo/right');
    const id = listener.ids[listener.messages.findIndex(({ type }) => type === 'audio_buffer')] ?? '';
    await listener.close();
    await server.deliver('fork', payloadOf('fork', 'octo/left'));
    await server.deliver('fork', payloadOf('fork', 'octo/right'));
    await using json = await SSEReader.open(`${server.origin}/stream/octo/left?format=json`);
    await json.next('audio_buffer');
    await using back = await SSEReader.open(url, { 'last-event-id': id });
    await expect.poll(() => back.all('audio_buffer').length).toBe(2);
    expect(
      back
        .all('audio_buffer')
        .map(({ data }) => `${data.activity.event} in ${data.repoId}`)
        .toSorted(),
    ).toEqual(['fork in octo/left', 'fork in octo/right']);
  });

  test('names the rooms that the request may not have, and is refused where it may have none', async () => {
    const payload = payloadOf('push', 'octo/hidden', (json) => {
      (json.repository as { private: boolean }).private = true;
    });
    await server.deliver('push', payload);
    await using listener = await SSEReader.open(several('repo=octo/hidden&repo=octo/open'));
    expect(listener.all('connected')[0]?.data).toMatchObject({
      rooms: [{ asked: 'octo/open' }],
      refused: [{ asked: 'octo/hidden', code: 'REPO_NOT_FOUND' }],
    });
    const statusOf = async (query: string): Promise<unknown> => {
      const answer = await fetch(several(query));
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await statusOf('repo=octo/hidden')).toEqual([404, 'REPO_NOT_FOUND']);
    expect(await statusOf('')).toEqual([400, 'STREAM_ROOMS_INVALID']);
    expect(await statusOf(Array.from({ length: 17 }, (_, room) => `repo=octo/r${room}`).join('&'))).toEqual([
      400,
      'STREAM_ROOMS_INVALID',
    ]);
    expect(await statusOf('repo=octo/open&repo=../health')).toEqual([400, 'REPO_ID_INVALID']);
  });
});
