/**
 * The check of scores, by itself: for programs that take scores from strangers and read no audio.
 * @module
 */
export { checkScore, defaultScoreLimits } from './score/check-score.ts';
