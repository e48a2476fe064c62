/**
 * Renders music offline in Node with Tone.js, in processes of its own.
 * @module
 */
export { RenderError, type RenderErrorCode } from './errors.ts';
export {
  type FinishRenderOptions,
  OfflineRenderer,
  type OfflineRendererOptions,
  type RenderOptions,
} from './offline-renderer.ts';
export type { PoolStats } from './render-pool.ts';
export { defaultLimits, type ScoreLimits, validateScore } from './validate-score.ts';
