/**
 * Tone.js as the module of a graph sees it. Tone.js sets these constants once, while it is imported, when there is no context
 * yet; here they belong to the context that is global while this file is imported.
 * @module
 */
import { getContext } from 'tone';

// biome-ignore lint/performance/noReExportAll: a module of a graph may use any part of it
export * from 'tone';
export const context: ReturnType<typeof getContext> = getContext();
export const Transport: typeof context.transport = context.transport;
export const Destination: typeof context.destination = context.destination;
export const Master: typeof context.destination = context.destination;
export const Listener: typeof context.listener = context.listener;
export const Draw: typeof context.draw = context.draw;
