import type { Page } from 'playwright';

/** A source of sound that was started: when it sounds, in epoch ms. */
export interface StartedSource {
  readonly at: number;
}

/** Runs in the page before its own code: notes when each source of sound begins. */
export function watchSources(): void {
  const started: { at: number }[] = [];
  Object.assign(globalThis, { startedSources: started });
  for (const Source of [OscillatorNode, AudioBufferSourceNode]) {
    const { start } = Source.prototype;
    Source.prototype.start = function watched(this: AudioScheduledSourceNode, ...args: [number?, number?]): void {
      const { currentTime } = this.context;
      const latency = this.context instanceof AudioContext ? this.context.outputLatency : 0;
      const inMs = (Math.max(0, (args[0] ?? currentTime) - currentTime) + latency) * 1000;
      started.push({ at: performance.timeOrigin + performance.now() + inMs });
      start.apply(this, args);
    };
  }
}

/** The sources that a page has started. */
export function sourcesOf(page: Page): Promise<readonly StartedSource[]> {
  return page.evaluate(() => (globalThis as unknown as { startedSources: StartedSource[] }).startedSources);
}
