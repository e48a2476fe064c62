import type { StreamData } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shortestLeadMs } from '../src/rooms/lead.ts';
import { repositoryOf, runOf } from './builds.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ adminTokens: [operatorToken] });
});
afterAll(() => server.close());

function open(repoId: string, query: string): Promise<SSEReader> {
  return SSEReader.open(`${server.origin}/stream/${repoId}?${query}`);
}

function run(repoId: string, id: number, conclusion: 'success' | 'failure', attempt: number): object {
  return { ...runOf(repoId, conclusion, attempt), ...repositoryOf(repoId, id) };
}

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly settings?: unknown };
}

async function choose(repoId: string, settings: unknown, headers: Record<string, string> = operator): Promise<Answer> {
  const answer = await fetch(`${server.origin}/rooms/${repoId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(settings),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

async function rendersOf(): Promise<number> {
  return ((await (await fetch(`${server.origin}/health`)).json()) as { rendered: number }).rendered;
}

describe('the bed of a room', { timeout: 180_000 }, () => {
  test('comes to those who ask for it: on joining, and when things stand otherwise', async () => {
    await server.deliver('push', pushOf('bed/one', 801));
    await using listener = await open('bed/one', 'format=score&bed=on');
    await using other = await open('bed/one', 'format=score');
    await using seed = await open('bed/one', '');
    // A stream may open before the room has heard of the push: until then it has the bed of a quiet one.
    const green = (): StreamData['bed'] | undefined =>
      listener.all('bed').find(({ data }) => data.state === 'green')?.data;
    await expect.poll(() => green()?.loops.length, { timeout: 60_000 }).toBe(3);
    const first = green() as StreamData['bed'];
    expect(first.loops.map(({ lengthBars }) => lengthBars)).toEqual([8, 11, 13]);
    for (const { buffer } of first.loops) expect(buffer).toMatchObject({ encoding: 'score', gain: expect.any(Number) });
    expect(JSON.stringify(first).length).toBeLessThan(6000);

    await using late = await open('bed/one', 'format=score&bed=on');
    const { id } = (await late.next('bed', 0, 60_000)).data;
    // Every 320 s it is another bed. Servers look once a minute, and give two seconds' notice.
    await expect.poll(() => listener.all('bed').map(({ data }) => data.id), { timeout: 80_000 }).toContain(id);

    await server.deliver('workflow_run', run('bed/one', 801, 'failure', 1));
    const red = (): StreamData['bed'] | undefined => listener.all('bed').find(({ data }) => data.state === 'red')?.data;
    await expect.poll(() => red()?.loops.length, { timeout: 60_000 }).toBe(3);
    expect(red()?.id).not.toBe(first.id);
    expect(red()?.startAt).toBeGreaterThanOrEqual(first.startAt);
    await seed.next('audio_buffer', 0, 60_000);
    for (const one of [other, seed]) expect(one.all('bed')).toEqual([]);
    expect(seed.all('yield')).toEqual([]);
  });

  test('is clips for those who take clips, of little bytes, made once for all rooms that sound alike', async () => {
    await server.deliver('push', pushOf('bed/clip', 802));
    await using listener = await open('bed/clip', 'format=flac&delivery=url&bed=on');
    const { data: bed } = await listener.next('bed', 0, 110_000);
    for (const { buffer } of bed.loops) {
      if (!('renditions' in buffer)) throw new Error('links were asked for');
      const [opus] = buffer.renditions;
      expect(opus?.encoding).toBe('opus');
      const answer = await fetch(`${server.origin}${opus?.url}`);
      const bytes = (await answer.arrayBuffer()).byteLength;
      expect(answer.status).toBe(200);
      expect(bytes).toBe(opus?.bytes);
      expect(bytes).toBeLessThanOrEqual(700_000);
    }
    await listener.next('audio_buffer', 0, 60_000);
    const before = await rendersOf();
    await using again = await open('bed/clip', 'format=opus&delivery=url&bed=on');
    expect((await again.next('bed')).data.loops).toEqual(bed.loops);
    expect(await rendersOf()).toBe(before);
  });

  test('is refused where it is asked for in a way that nobody knows', async () => {
    const answer = await fetch(`${server.origin}/stream/bed/one?bed=soft`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'STREAM_BED_UNKNOWN']);
  });
});

describe('bad news', { timeout: 120_000 }, () => {
  test.each(['format=score', 'format=opus&delivery=url'])('ends what sounds, and does not wait: %s', async (query) => {
    const [repoId, id] = [`news/${query.length}`, 810 + query.length];
    await using listener = await open(repoId, query);
    await server.deliver('release', {
      action: 'published',
      release: { id: 1, tag_name: 'v1', name: 'v1', html_url: '', published_at: '2026-11-16T09:00:00Z' },
      ...repositoryOf(repoId, id),
    });
    const { data: sounding } = await listener.next('audio_buffer', 0, 60_000);
    await server.deliver('workflow_run', run(repoId, id, 'failure', 1));
    const { at } = (await listener.next('yield', 0, 60_000)).data;
    const { data: news } = await listener.next('audio_buffer', 1, 60_000);
    expect(news.startAt).toBe(at);
    expect(listener.messages.findIndex(({ type }) => type === 'yield')).toBeLessThan(
      listener.messages.findLastIndex(({ type }) => type === 'audio_buffer'),
    );
    if (query !== 'format=score') return;
    expect(at).toBeLessThan(sounding.startAt + sounding.params.duration * 1000);
    const history = (await (await fetch(`${server.origin}/history/${repoId}?limit=1`)).json()) as {
      readonly phrases: readonly { readonly receivedAt: number }[];
    };
    // The lead of listeners who need no more, and a sixteenth of the slowest beat.
    expect(at - (history.phrases[0]?.receivedAt ?? 0)).toBeLessThanOrEqual(shortestLeadMs + 250);
  });
});

describe('what an operator chooses for a room', { timeout: 120_000 }, () => {
  test('takes effect with the next phrase, and lasts', async () => {
    await server.deliver('push', pushOf('chosen/one', 830));
    expect(await choose('chosen/one', { theme: '8-bit', tempo: [70, 72] })).toEqual({
      status: 200,
      body: { repoId: 'chosen/one', settings: { theme: '8-bit', tempo: [70, 72] } },
    });
    await using listener = await open('chosen/one', 'format=score');
    await server.deliver('push', pushOf('chosen/one', 830));
    await expect
      .poll(() => listener.all('audio_buffer').at(-1)?.data.params, { timeout: 20_000 })
      .toMatchObject({ theme: '8-bit' });
    expect((await choose('chosen/one', { theme: null })).body.settings).toEqual({ tempo: [70, 72] });
    const kept = await fetch(`${server.origin}/rooms/chosen/one`, { headers: operator });
    expect(await kept.json()).toEqual({ repoId: 'chosen/one', settings: { tempo: [70, 72] } });
  });

  test('has quiet hours: nothing is played, the bed rests, and how things stand is known after them', async () => {
    await server.deliver('push', pushOf('chosen/quiet', 831));
    await using listener = await open('chosen/quiet', 'format=score&bed=on');
    await listener.next('bed', 0, 60_000);
    await listener.next('audio_buffer', 0, 60_000);
    await choose('chosen/quiet', { quietHours: { from: '00:00', to: '23:59', timeZone: 'UTC' } });
    const last = (): StreamData['bed'] | undefined => listener.all('bed').at(-1)?.data;
    await expect.poll(() => last()?.loops.length, { timeout: 60_000 }).toBe(0);
    const phrases = listener.all('audio_buffer').length;
    await server.deliver('workflow_run', run('chosen/quiet', 831, 'failure', 1));
    await choose('chosen/quiet', { quietHours: null });
    await expect.poll(() => last()?.state, { timeout: 60_000 }).toBe('red');
    expect(last()?.loops).toHaveLength(3);
    expect(listener.all('audio_buffer')).toHaveLength(phrases);
  });

  test("is checked, and is the operator's alone", async () => {
    await server.deliver('push', pushOf('chosen/checked', 832));
    for (const settings of [
      { theme: 'polka' },
      { bed: 'on' },
      { tempo: [90] },
      { loud: true },
      { quietHours: { from: '25:00', to: '07:00' } },
      { heard: 1 },
      [],
      'x',
    ]) {
      expect(await choose('chosen/checked', settings)).toMatchObject({
        status: 400,
        body: { code: 'ROOM_SETTINGS_INVALID' },
      });
    }
    expect((await choose('chosen/checked', {}, {})).status).toBe(401);
    expect((await choose('chosen/unknown', {})).body.code).toBe('REPO_NOT_FOUND');
    expect((await choose('../x', {})).status).toBeGreaterThanOrEqual(400);
  });
});
