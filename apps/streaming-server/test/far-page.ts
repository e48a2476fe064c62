import { deserialize } from '@bnc/buffer-serializer';
import { compose } from '@bnc/music-engine';
import { toMono } from '@bnc/testing/sound';
import type { Browser } from 'playwright';
import { expect } from 'vitest';
import { findClip } from './likeness.ts';
import { Line, type LineQuality } from './line.ts';
import { ListeningPage, monoOf } from './page-recorder.ts';
import { payloadOf } from './payloads.ts';
import type { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

/** Phrases until one must be whole. */
const maxPhrases = 4;

/**
 * Expects a page to play a phrase from its first note, over a line to its server.
 * @param pauseMs - how long nothing comes through when a phrase is sent
 */
export async function expectWholePhrase(
  browser: Browser,
  server: TestServer,
  { pauseMs = 0, ...quality }: LineQuality & { readonly pauseMs?: number },
): Promise<void> {
  const repoId = `octo/far-${quality.delayMs}-${pauseMs}`;
  await using line = await Line.to(server.origin, quality);
  await using near = await SSEReader.open(`${server.origin}/stream/${repoId}?format=pcm-f32le`);
  const listener = await ListeningPage.open(browser, `${line.origin}/?repo=${repoId}`);
  await listener.play();
  // The page says what it needs as soon as it knows how far the server is.
  await listener.page.waitForTimeout(1500);
  // On a busy machine the page learns from its first phrases that it needs more.
  let whole = 0;
  for (let phrase = 0; phrase < maxPhrases && whole < 0.97; phrase++) {
    line.pause(pauseMs);
    whole = await hearPhrase(server, repoId, phrase, { near, listener });
  }
  expect(whole).toBeGreaterThan(0.97);
  expect(listener.errors).toEqual([]);
  await listener.close();
}

/** Plays a phrase; returns how alike its clip and what the page plays are, the beginning for itself where that is less. */
async function hearPhrase(
  server: TestServer,
  repoId: string,
  phrase: number,
  { near, listener }: { near: SSEReader; listener: ListeningPage },
): Promise<number> {
  const push = payloadOf('push', repoId, (json) => {
    json.after = String(phrase).repeat(40);
  });
  await server.deliver('push', push);
  const { data } = await near.next('audio_buffer', phrase);
  const clip = toMono(await deserialize(data.buffer));
  const { duration } = compose(data.params);
  await listener.page.waitForTimeout(Math.max(0, data.startAt - Date.now()) + (duration + 0.5) * 1000);
  const recording = await listener.recording();
  const { sampleRate } = recording;
  const all = monoOf(recording);
  const recent = all.subarray(Math.max(0, all.length - Math.round((duration + 1.2) * sampleRate)));
  const { lag, likeness } = findClip(clip, recent, sampleRate);
  const front = clip.subarray(0, 0.25 * sampleRate);
  const played = recent.subarray(Math.max(0, lag * sampleRate), (lag + 0.25) * sampleRate);
  return Math.min(likeness, findClip(front, played, sampleRate).likeness);
}
