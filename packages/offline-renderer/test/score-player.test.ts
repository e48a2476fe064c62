import type { Score } from '@bnc/contracts';
import { onsets, peak, rms } from '@bnc/testing/sound';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phraseOf } from './phrases.ts';
import { compare, openPlayer, type PlayerPage, toSamples } from './player-page.ts';
import { createPiece, scoreOf } from './score.ts';

const { createNativeContext } = await import('../src/engine.ts');
const { ScoreRenderer } = await import('../src/process/render-score.ts');
const { ScorePlayer } = await import('../src/instruments.ts');
const renderer = new ScoreRenderer();

const rate = 44_100;
const block = 128 / rate;
let opened: PlayerPage;
beforeAll(async () => {
  opened = await openPlayer();
});
afterAll(() => opened.close());

/** Eight clicks, four a second. */
const clicks = scoreOf(
  'kick',
  Array.from({ length: 8 }, (_, i) => ({ time: i / 4, duration: 0.05, midi: 36, velocity: 0.8 })),
  { duration: 2 },
);

function hold(midi: number, duration: number): Score {
  const envelope = { attack: 0.01, decay: 0.01, sustain: 1, release: 0.05 };
  const options = { oscillator: { type: 'sine' }, envelope } as const;
  return scoreOf('synth', [{ time: 0, duration, midi, velocity: 0.8 }], { duration, options });
}

/** Level of a sine of a MIDI note in a span. */
function levelOf(samples: Float32Array, midi: number, from: number, to: number): number {
  const turn = (2 * Math.PI * 440 * 2 ** ((midi - 69) / 12)) / rate;
  let [real, imaginary] = [0, 0];
  for (let i = Math.round(from * rate); i < Math.round(to * rate); i++) {
    real += (samples[i] ?? 0) * Math.cos(turn * i);
    imaginary += (samples[i] ?? 0) * Math.sin(turn * i);
  }
  return (2 * Math.hypot(real, imaginary)) / ((to - from) * rate);
}

describe('a player in Chromium', () => {
  it.each([1, 2, 3])('plays the samples of the clip that the renderer makes (phrase %i)', async (index) => {
    const score = phraseOf(index);
    const clip = await renderer.render(score, rate);
    const seconds = (clip.channels[0]?.length ?? 0) / rate;
    const at = 500 * block;
    const { channels } = await opened.render([{ score, at }], { seconds: at + seconds });
    const played = channels.map((samples) => samples.subarray(500 * 128));
    expect(compare(clip.channels, played).likeness).toBeGreaterThan(0.98);
  });

  it.each(['sawtooth', 'square', 'triangle', 'sine'] as const)('plays a %s as loud as the renderer', async (type) => {
    const options = { oscillator: { type }, envelope: { attack: 0.01, sustain: 1 } };
    const score = scoreOf('synth', [{ time: 0, duration: 1, midi: 57, velocity: 1 }], { duration: 1.5, options });
    const { channels } = await renderer.renderMix(score, rate);
    const played = await opened.render([{ score }], { seconds: 1.5 });
    expect(Math.abs(20 * Math.log10(compare(channels, played.channels).factor))).toBeLessThan(0.15);
  });

  it('leaves out a muted track, and its reverb', async () => {
    const piece = createPiece(1);
    const rest = { ...piece, tracks: piece.tracks.slice(1) };
    const muted = await opened.render([{ score: piece, at: 0.1, muted: [0] }], { seconds: 3 });
    const silent = await opened.render([{ score: { ...piece, tracks: piece.tracks.slice(0, 1) }, muted: [0] }], {
      seconds: 3,
    });
    expect(rms(silent.channels[0] ?? new Float32Array())).toBe(0);
    const alone = await opened.render([{ score: rest, at: 0.1 }], { seconds: 3 });
    // Seeds go by the place of a track, so noise differs; what is left must be about as loud.
    const [one = 0, other = 1] = [muted, alone].map(({ channels }) => rms(channels[0] ?? new Float32Array()));
    expect(one / other).toBeCloseTo(1, 1);
  });

  it('joins in the middle with whole notes, each at its time', async () => {
    const { channels, late } = await opened.render([{ score: clicks, at: 0.2, from: 1.1 }], { seconds: 2.5 });
    expect(onsets(channels[0] ?? new Float32Array(), rate).map((time) => Math.round(time * 20) / 20)).toEqual([
      1.45, 1.7, 1.95,
    ]);
    expect(late).toEqual([0]);
  });

  it('leaves out what is late, says how much, and plays the rest in time', async () => {
    const { channels, late } = await opened.render([{ score: clicks, at: -0.6 }], { seconds: 1.6 });
    expect(onsets(channels[0] ?? new Float32Array(), rate).map((time) => Math.round(time * 20) / 20)).toEqual([
      0.15, 0.4, 0.65, 0.9, 1.15,
    ]);
    expect(late).toEqual([3]);
    expect((await opened.render([{ score: clicks, at: -9 }], { seconds: 1 })).late).toEqual([8]);
  });

  it('lets the oldest of three scores yield when the third begins', async () => {
    const parts = [
      { score: hold(60, 2.5), at: 0 },
      { score: hold(67, 2.5), at: 0.5 },
      { score: hold(76, 2.5), at: 1 },
    ];
    const { channels } = await opened.render(parts, { seconds: 3 });
    const samples = channels[0] ?? new Float32Array();
    expect([60, 67, 76].map((midi) => levelOf(samples, midi, 0.6, 0.95) > 0.05)).toEqual([true, true, false]);
    expect([60, 67, 76].map((midi) => levelOf(samples, midi, 1.1, 2) > 0.05)).toEqual([false, true, true]);
  });

  it('loses no note while the page is blocked for a second', async () => {
    const text = await opened.page.evaluate(async (score) => {
      const { player, context, read } = await players.open();
      const phrase = player.play(score, context.currentTime + 0.1);
      await players.wait(0.3);
      players.block(1);
      await phrase.ended;
      const heard = await read();
      await context.close();
      return heard;
    }, clicks);
    const times = onsets(toSamples(text), rate);
    const [first = 0] = times;
    expect(times.map((time) => Math.round((time - first) * 20) / 20)).toEqual(
      Array.from({ length: 8 }, (_, i) => i / 4),
    );
  });

  it.concurrent('piles nothing up while the context stands still: notes that were missed are left out and counted', async () => {
    const { heard, late } = await opened.page.evaluate(async (score) => {
      const { player, context, read } = await players.open();
      const phrases = [player.play(score, context.currentTime + 0.1)];
      await players.wait(0.5);
      await context.suspend();
      for (let i = 0; i < 4; i++) {
        await players.wait(0.3);
        // What a page does that knows the time of day: 0.1 s from now.
        phrases.push(player.play(score, context.currentTime + 0.1));
      }
      await context.resume();
      await Promise.all(phrases.map(({ ended }) => ended));
      const heard = await read();
      await context.close();
      return { heard, late: phrases.map(({ late }) => late) };
    }, clicks);
    const samples = toSamples(heard);
    // A second and more went by. Each score yields to the one after the next, so that two to four clicks of each are missed.
    for (const missed of late.slice(0, 3)) expect(missed).toBeGreaterThanOrEqual(2);
    expect(late[4]).toBeLessThan(2);
    // Two at a time are at full level. Five clicks at once would be louder than both.
    const [single = 0] = onsets(samples, rate);
    const loudest = peak(samples.subarray(Math.round(single * rate), Math.round((single + 0.1) * rate)));
    expect(peak(samples)).toBeLessThan(2.3 * loudest);
  });

  it.concurrent('plays what was asked for before the first click on the page, where it is by then', async () => {
    const { late, heard } = await opened.page.evaluate(async (score) => {
      const { player, context, read } = await players.open();
      await context.suspend();
      const gone = player.play(score, context.currentTime - 60);
      const phrase = player.play(score, context.currentTime + 0.2);
      await players.wait(1);
      await gone.ended;
      await context.resume();
      await phrase.ended;
      const heard = await read();
      await context.close();
      return { late: [gone.late, phrase.late], heard };
    }, clicks);
    expect(late[0]).toBe(8);
    expect(late[1]).toBeGreaterThanOrEqual(3);
    expect(onsets(toSamples(heard), rate).length).toBe(8 - (late[1] ?? 0));
  });

  it.concurrent('takes another gain before the first note and while it plays', async () => {
    const heard = await opened.page.evaluate(async (score) => {
      const { player, context, read } = await players.open();
      const phrase = player.play(score, context.currentTime + 0.2, { gain: 1 });
      phrase.setGain(0.5);
      const half = score.duration / 2;
      await players.wait(0.2 + half);
      phrase.setGain(0);
      await phrase.ended;
      const heard = await read();
      await context.close();
      return heard;
    }, clicks);
    const samples = toSamples(heard);
    const plain = toSamples(
      await opened.page.evaluate(async (score) => {
        const { player, context, read } = await players.open();
        await player.play(score, context.currentTime + 0.2).ended;
        const heard = await read();
        await context.close();
        return heard;
      }, clicks),
    );
    const quarter = (all: Float32Array): Float32Array =>
      all.subarray(0, Math.round((0.2 + clicks.duration / 4) * rate));
    expect(peak(quarter(samples)) / peak(quarter(plain))).toBeCloseTo(0.5, 1);
    expect(peak(samples.subarray(Math.round((0.3 + clicks.duration / 2) * rate)))).toBeLessThan(0.02);
  });

  it('keeps no node, however many scores it played, and starts no context by itself', async () => {
    await opened.page.reload();
    await opened.load();
    expect(await opened.countNodes()).toBe(0);
    for (const round of [0, 1, 2]) {
      await opened.page.evaluate(
        async ([scores, first]) => {
          globalThis.live ??= await players.open();
          const { player, context } = globalThis.live;
          for (const score of scores) {
            const phrase = player.play(score, context.currentTime + 0.01);
            if (first) await players.wait(0.05);
            phrase.yieldAt(context.currentTime + 0.02);
            await phrase.ended;
          }
        },
        [Array.from({ length: 10 }, (_, i) => phraseOf(i)), round === 0] as const,
      );
    }
    // What is left: the tape and one reverb for each decay. A phrase has a hundred nodes.
    await expect.poll(() => opened.countNodes(), { timeout: 20_000 }).toBeLessThan(20);
    await opened.page.evaluate(async () => {
      globalThis.live?.player.close();
      await globalThis.live?.context.close();
      globalThis.live = undefined;
    });
  });
});

describe('a limiter', () => {
  it('passes what is below its knee, and keeps everything else below -1 dBFS', async () => {
    const ramp = Array.from({ length: 2000 }, (_, i) => (i / 1000 - 1) * 6);
    const text = await opened.page.evaluate((samples) => players.limit(samples), ramp);
    const limited = toSamples(text);
    for (const [i, sample] of ramp.entries()) {
      if (Math.abs(sample) < 0.75) expect(limited[i]).toBeCloseTo(sample, 6);
      expect(Math.abs(limited[i] ?? 9)).toBeLessThanOrEqual(10 ** (-1 / 20));
      expect(limited[i]).toBeGreaterThanOrEqual((limited[i - 1] ?? -1) - 1e-6);
    }
  });

  it('keeps three loud scores at once below -1 dBFS', async () => {
    const parts = [0, 1, 2].map((i) => ({ score: createPiece(1, i), at: i / 10, gain: 2 }));
    const { channels } = await opened.render(parts, { seconds: 2.5, limited: true });
    const bare = await opened.render(parts, { seconds: 2.5 });
    expect(peak(bare.channels[0] ?? new Float32Array())).toBeGreaterThan(1);
    for (const samples of channels) expect(peak(samples)).toBeLessThanOrEqual(10 ** (-1 / 20));
  });
});

describe('a player in Node', () => {
  function context(seconds = 1): OfflineAudioContext {
    return createNativeContext(2, Math.ceil(seconds * rate), rate);
  }

  it('plays the same samples as the renderer, before its master', async () => {
    const score = createPiece(1);
    const mix = await renderer.renderMix(score, rate);
    const native = context((mix.channels[0]?.length ?? 0) / rate);
    new ScorePlayer({ context: native, output: native.destination }).play(score, 0);
    const buffer = await native.startRendering();
    const channels = [0, 1].map((side) => buffer.getChannelData(side));
    expect(compare(mix.channels, channels).likeness).toBeGreaterThan(0.9999);
  });

  it('refuses what is not a score, and what is out of range', () => {
    const player = new ScorePlayer({ context: context() });
    expect(() => player.play({ ...clicks, tempo: 0 })).toThrow(
      expect.objectContaining({ code: 'RENDER_INVALID_SCORE' }),
    );
    expect(() => player.play(clicks, Number.NaN)).toThrow(RangeError);
    expect(() => player.play(clicks, 0, { gain: -1 })).toThrow(RangeError);
    expect(() => player.play(clicks, 0, { from: -1 })).toThrow(RangeError);
    expect(() => player.play(clicks, '0' as unknown as number)).toThrow(TypeError);
    expect(() => new ScorePlayer({ context: context(), maxScores: 0 })).toThrow(RangeError);
    player.close();
    expect(() => player.play(clicks)).toThrow(expect.objectContaining({ code: 'RENDER_CLOSED' }));
  });

  it('settles everything when it closes', async () => {
    const player = new ScorePlayer({ context: context() });
    const phrases = [player.play(clicks, 0.1), player.play(clicks, 0.2)];
    player.close();
    await Promise.all(phrases.map(({ ended }) => ended));
  });
});
