/**
 * Renders music offline in Node with Tone.js, in processes of its own.
 * @module
 */
export { RenderError, type RenderErrorCode } from './errors.ts';
export type { Samples } from './instruments/sampler.ts';
export {
  type FinishRenderOptions,
  type GainOptions,
  type GraphInput,
  OfflineRenderer,
  type OfflineRendererOptions,
  type RenderInput,
  type RenderOptions,
  type WarmUpRender,
} from './offline-renderer.ts';
export type { PreviewPart } from './pool/messages.ts';
export type { PoolStats } from './pool/render-pool.ts';
export type { GraphContext } from './process/render-graph.ts';
export { defaultLimits, validateScore } from './validate-score.ts';
