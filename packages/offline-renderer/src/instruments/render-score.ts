import type { Hertz, Score } from '@bnc/contracts';
import { ScorePlayer } from './score-player.ts';

/**
 * Renders a score with the browser's own engine, off the main thread, at a fixed gain: `renderScore` of `toAudioBuffer` in
 * `@bnc/buffer-serializer`. In Node, use `OfflineRenderer`, which also masters.
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
  const context = new OfflineAudioContext(2, length, sampleRate);
  const player = new ScorePlayer({ context, output: context.destination });
  player.play(score, 0, { gain });
  const buffer = await context.startRendering();
  player.close();
  return buffer;
}
