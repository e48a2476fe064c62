/**
 * Turns code activity into music as data: musical parameters, then a score. Pure and deterministic, in Node and browsers.
 * @module
 */
export { compose } from './compose.ts';
export { explain } from './explain.ts';
export { type Gathered, type GatherState, gather } from './gather.ts';
export { emotionOf } from './happening.ts';
export { strongestOf } from './judge.ts';
export { type MapContext, mapActivity } from './map-activity.ts';
export { type Advanced, advance, interrupts, type RoomPhrase } from './room/advance.ts';
export { type Bed, type BedLoop, bedOf } from './room/bed.ts';
export { checkSettings, isQuiet, type QuietHours, type RoomSettings } from './room/settings.ts';
export type { Standing } from './room/standing.ts';
export { changeSettings, openRoom, type RoomState, readRoom } from './room/state.ts';
export { tellsOf } from './tells.ts';
export { type Theme, themes } from './themes.ts';
