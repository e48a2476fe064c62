/**
 * Scores by themselves: their check, and their reader without the codecs of the package.
 * @module
 */
export { checkScore, defaultScoreLimits } from './score/check-score.ts';
export { deserializeScore } from './score/serialized-score.ts';
