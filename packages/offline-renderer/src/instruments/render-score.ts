import type { Hertz, Score } from '@bnc/contracts';
import { validateScore } from '../validate-score.ts';
import { createReverb } from './effects.ts';
import { Phrase } from './phrase.ts';
import { Recordings } from './recordings.ts';
import { Waves } from './stage.ts';

/** Recordings of all renders: what is rendered again and again, such as a bed, has few notes. */
const recordings = new Recordings(16 * 2 ** 20);

/**
 * Renders a score with the browser's own engine, off the main thread, at a fixed gain, to two channels of `length`
 * frames at `sampleRate`. Pass it as `renderScore` to `toAudioBuffer` of `@bnc/buffer-serializer`. Its notes are
 * scheduled in slices of 8 ms, so that the page stays awake. In Node, use `OfflineRenderer`, which also masters.
 * @throws {RenderError} `RENDER_INVALID_SCORE`.
 */
export async function renderScore({
  score,
  gain,
  sampleRate,
  length,
}: {
  readonly score: Score;
  readonly gain: number;
  readonly sampleRate: Hertz;
  readonly length: number;
}): Promise<AudioBuffer> {
  validateScore(score);
  const context = new OfflineAudioContext(2, length, sampleRate);
  const output = context.destination;
  const phrase = new Phrase(
    {
      context,
      output,
      waves: new Waves(context),
      samples: undefined,
      recordings,
      isLive: false,
      isSliced: true,
      reverb: (decay) => createReverb(context, decay, output),
    },
    score,
    0,
    0,
    gain,
    () => undefined,
  );
  phrase.start();
  await phrase.scheduled;
  const buffer = await context.startRendering();
  phrase.finish();
  return buffer;
}
