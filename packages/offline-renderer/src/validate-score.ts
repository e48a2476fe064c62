import { checkScore, defaultScoreLimits } from '@bnc/buffer-serializer/score';
import type { Score, ScoreLimits } from '@bnc/contracts';
import { RenderError } from './errors.ts';

/** The limits that apply by default: 120 s, 32 tracks, 10,000 notes, 128 of them at a time. */
export const defaultLimits: ScoreLimits = defaultScoreLimits;

/**
 * Checks that a value is a score within the limits. `render` does this too; use it to refuse a score before it is queued.
 * @throws {RenderError} `RENDER_INVALID_SCORE` naming the first part that is wrong, its range and its value.
 */
export function validateScore(value: unknown, limits: Partial<ScoreLimits> = {}): asserts value is Score {
  try {
    checkScore(value, limits);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new RenderError('RENDER_INVALID_SCORE', `${message} Nothing was rendered.`, { cause });
  }
}
