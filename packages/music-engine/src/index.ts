/**
 * Turns code activity into music as data: musical parameters, then a score. Pure and deterministic, in Node and browsers.
 * @module
 */
export { compose } from './compose.ts';
export { explain } from './explain.ts';
export { type Gathered, type GatherState, gather } from './gather.ts';
export { emotionOf } from './happening.ts';
export { type MapContext, mapActivity, strongestOf } from './map-activity.ts';
export { tellsOf } from './tells.ts';
export { foldTempo, type RecentActivity } from './tempo.ts';
export { type Theme, themes } from './themes.ts';
