import { deserialize } from '@bnc/buffer-serializer';
import type { SerializedBufferV1 } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import { midiToHertz, onsets, peak, rms, slice, spectrum, toMono } from '@bnc/testing/sound';
import type { Browser, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { findClip } from './likeness.ts';
import { ListeningPage, monoOf } from './page-recorder.ts';
import { usePageStage } from './page-stage.ts';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let browser: Browser;
/** For the tests that need no server of their own: each has a room. */
let server: TestServer;
usePageStage((stage) => {
  ({ browser, server } = stage);
});

/** Energy of each pitch class, C first, as shares of the whole. */
function chroma(samples: Float32Array, sampleRate: number): number[] {
  const size = 16_384;
  const classes = Array.from({ length: 12 }, () => 0);
  for (let offset = 0; offset + size <= samples.length; offset += size / 2) {
    const bins = spectrum(samples, size, offset);
    for (let midi = 45; midi <= 84; midi++) {
      const bin = Math.round((midiToHertz(midi) * size) / sampleRate);
      classes[midi % 12] = (classes[midi % 12] ?? 0) + (bins[bin] ?? 0) ** 2;
    }
  }
  const total = classes.reduce((sum, energy) => sum + energy, 0);
  return classes.map((energy) => energy / total);
}

describe('the page', { timeout: 90_000 }, () => {
  test('sounds when a signed push is delivered: the notes of its score, in time and in tune, not clipped', async () => {
    await using reader = await SSEReader.open(`${server.origin}/stream/octo/score?format=pcm-f32le`);
    const listener = await ListeningPage.open(browser, `${server.origin}/?repo=octo/score`);
    await listener.play();
    await server.deliver('push', payloadOf('push', 'octo/score'));

    const { data } = await reader.next('audio_buffer');
    const score = compose(data.params);
    const recording = await listener.hear(score.duration + 0.5);
    const sound = monoOf(recording);
    const { sampleRate } = recording;
    expect(rms(sound)).toBeGreaterThan(0.005);
    expect(peak(recording.left)).toBeLessThan(0.99);
    expect(peak(recording.right)).toBeLessThan(0.99);

    // What sounds is the clip that the server made, but for the volume.
    const clip = await deserialize(data.buffer);
    expect(sampleRate).toBe(clip.sampleRate);
    const { lag, likeness } = findClip(toMono(clip), sound, sampleRate);
    expect(likeness).toBeGreaterThan(0.9);
    const phrase = slice(sound, sampleRate, { from: Math.max(0, lag), to: lag + score.duration });

    // In time: every clear attack of the sound is a note of the score.
    const noteTimes = score.tracks.flatMap(({ notes }) => notes.map(({ time }) => time));
    const heard = onsets(sound, sampleRate)
      .map((time) => time - lag)
      .filter((time) => time < score.duration);
    const onANote = heard.filter((time) => noteTimes.some((note) => Math.abs(note - time) < 0.04));
    expect(heard.length).toBeGreaterThan(2);
    expect(onANote.length / heard.length).toBeGreaterThan(0.8);

    // In tune: the energy lies on the pitch classes that the score plays.
    const pitched = score.tracks.filter(
      ({ instrument }) => !['kick', 'snare', 'hat', 'hiss', 'purr'].includes(instrument),
    );
    const played = new Set(pitched.flatMap(({ notes }) => notes.map(({ midi }) => Math.round(midi) % 12)));
    const shares = chroma(phrase, sampleRate);
    const onScore = shares.filter((_, pitchClass) => played.has(pitchClass)).reduce((sum, share) => sum + share, 0);
    expect(onScore).toBeGreaterThan(0.9);

    expect(listener.errors).toEqual([]);
    await listener.close();
  });

  test('plays the same clip in two browsers of one room, shows why, and is silent in another room', async () => {
    await using reader = await SSEReader.open(`${server.origin}/stream/octo/twins?format=pcm-f32le`);
    const [first, second, other] = await Promise.all(
      ['octo/twins', 'Octo/Twins', 'octo/nobody'].map((repo) =>
        ListeningPage.open(browser, `${server.origin}/?repo=${repo}`),
      ),
    );
    if (!first || !second || !other) throw new Error('three pages were opened');
    await Promise.all([first.play(), second.play(), other.play()]);
    // Their first phrase computes what it needs, which three pages on a busy machine do not finish in time.
    await server.deliver('issues', payloadOf('issues', 'octo/twins'));
    const { data: warmUp } = await reader.next('audio_buffer');
    await Promise.all([first, second].map((page) => page.hear(warmUp.params.duration + 4)));
    await Promise.all([first, second].map((page) => page.forget()));
    await server.deliver('push', payloadOf('push', 'octo/twins'));
    const { data } = await reader.next('audio_buffer', 1);
    const clip = await deserialize(data.buffer);
    // All of it: an excerpt of its soft beginning is a little like much of what follows.
    const { duration } = data.params;
    for (const recording of await Promise.all([first.hear(duration), second.hear(duration)])) {
      // On a busy machine a browser may join in the middle, where the others are.
      const sound = monoOf(recording);
      const heard = sound.subarray(sound.findIndex((sample) => Math.abs(sample) > 1e-3));
      expect(findClip(toMono(clip), heard, recording.sampleRate).likeness).toBeGreaterThan(0.9);
    }

    const now = first.page.locator('#now');
    await expect.poll(() => now.getByRole('link').getAttribute('href')).toMatch(/^https:\/\/github\.com\//);
    expect(await now.locator('.reasons tr').count()).toBeGreaterThan(2);
    expect(peak(monoOf(await other.recording()))).toBe(0);
    expect([...first.errors, ...second.errors, ...other.errors]).toEqual([]);
    await Promise.all([first.close(), second.close(), other.close()]);
  });

  test('mutes what it plays, plays on when it is told to, and names everything that a phrase speaks for', async () => {
    const listener = await ListeningPage.open(browser, `${server.origin}/?repo=octo/mute`);
    await listener.play();
    await listener.page.getByRole('button', { name: 'Mute' }).click();
    await server.deliver('push', payloadOf('push', 'octo/mute'));
    await listener.page.locator('#now').waitFor();
    await listener.page.waitForTimeout(2000);
    expect(peak(monoOf(await listener.recording()))).toBeLessThan(1e-4);
    await listener.page.getByRole('button', { name: 'Mute', pressed: true }).click();
    await server.deliver(
      'pull_request',
      payloadOf('pull_request', 'octo/mute', (payload) => Object.assign(payload, { action: 'opened' })),
    );
    for (const event of ['fork', 'release']) await server.deliver(event, payloadOf(event, 'octo/mute'));
    expect(peak(monoOf(await listener.hear(0.5)))).toBeGreaterThan(1e-3);
    const now = listener.page.locator('#now');
    await expect.poll(() => now.locator('h2').textContent(), { timeout: 30_000 }).toMatch(/ released /);
    expect(await now.locator('.tells li').allTextContents()).toContainEqual(expect.stringMatching(/ forked/));
    await listener.close();
  });

  test('says why a room is not available, and shares one connection among the tabs of a room', async () => {
    await using server = await TestServer.start({ streamDefaultAccess: 'deny' });
    const context = await browser.newContext();
    const open = async (repoId: string): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(`${server.origin}/?repo=${repoId}`);
      return page;
    };
    const refused = await open('octo/unknown');
    await refused.locator('#connection[data-state="refused"]').waitFor();
    expect(await refused.locator('#quiet').textContent()).toBe('There is no such repository here.');

    await server.deliver('push', payloadOf('push'));
    const tabs = [await open('octo/cat')];
    await tabs[0]?.locator('#now').waitFor();
    // Tabs that come later show at once what the first one has heard.
    for (let tab = 1; tab < 3; tab++) tabs.push(await open('octo/cat'));
    for (const tab of tabs) {
      await tab.locator('#connection[data-line="live"]').waitFor();
      await tab.locator('#now h2').waitFor();
    }
    const { activeClients } = (await (await fetch(`${server.origin}/health`)).json()) as { activeClients: number };
    expect(activeClients).toBe(1);
    await context.close();
  });

  test('survives a stop and a start of its server', async () => {
    const first = await TestServer.start();
    const { port } = new URL(first.origin);
    const listener = await ListeningPage.open(browser, `${first.origin}/?repo=octo/cat`);
    await listener.play();
    await first.close();
    await listener.state('lost');
    await using second = await TestServer.start({ port: Number(port) });
    await listener.state('live');
    await second.deliver('push', payloadOf('push'));
    const recording = await listener.hear(0.5);
    expect(rms(monoOf(recording))).toBeGreaterThan(0);
    await listener.close();
  });

  test('plays the demo room within a second of pressing Play, with nothing set up', async () => {
    await using demo = await TestServer.start({ demo: true });
    const listener = await ListeningPage.open(browser, demo.origin);
    await listener.page.locator('#now').waitFor();
    const playedAt = await listener.play();
    const recording = await listener.hear(0.3);
    const heardAt = monoOf(recording).findIndex((sample) => Math.abs(sample) > 1e-3) / recording.sampleRate;
    expect(heardAt).toBeGreaterThanOrEqual(playedAt);
    expect(heardAt - playedAt).toBeLessThan(1);
    expect(listener.errors).toEqual([]);
    await listener.close();
  });

  test('leaves the first design as it was: a client of ten lines that knows nothing else plays a phrase', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${server.origin}/icon.svg`);
    const heard = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const context = new OfflineAudioContext(2, 44_100, 44_100);
          const source = new EventSource('/stream/octo/seed');
          source.onmessage = ({ data }) => {
            const message = JSON.parse(data as string) as { type: string; data: { buffer: SerializedBufferV1 } };
            if (message.type !== 'audio_buffer') return;
            const { channels, length, sampleRate } = message.data.buffer;
            const buffer = context.createBuffer(channels.length, length, sampleRate);
            channels.forEach((samples, channel) => {
              buffer.copyToChannel(Float32Array.from(samples), channel);
            });
            new AudioBufferSourceNode(context, { buffer }).connect(context.destination);
            resolve(buffer.getChannelData(0).reduce((high, sample) => Math.max(high, sample), 0));
          };
        }),
    );
    await expect
      .poll(async () => (await (await fetch(`${server.origin}/health/repo/octo/seed`)).json()) as unknown)
      .toMatchObject({ activeClients: 1 });
    await server.deliver('push', payloadOf('push', 'octo/seed'));
    expect(await heard).toBeGreaterThan(0.05);
    await page.context().close();
  });
});
