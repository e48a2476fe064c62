/**
 * Renders music offline in Node with Tone.js, in processes of its own.
 * @module
 */
export { RenderError, type RenderErrorCode } from './errors.ts';
export type { PreviewPart } from './messages.ts';
export {
  type FinishRenderOptions,
  type GraphInput,
  OfflineRenderer,
  type OfflineRendererOptions,
  type RenderInput,
  type RenderOptions,
} from './offline-renderer.ts';
export type { PoolStats } from './render-pool.ts';
export type { GraphContext } from './render-score.ts';
export type { Samples } from './sampler.ts';
export { defaultLimits, type ScoreLimits, validateScore } from './validate-score.ts';
