import { AudioBufferSourceNode } from 'node-web-audio-api';

/**
 * Lets recordings start at the frame that is nearest to their offset, as in browsers, in every context of this process. The engine starts
 * between two frames, and the line that it draws between them takes up to 4 dB from the highest octave of noise, whose offsets are random.
 */
export function mendSources(): void {
  const source = AudioBufferSourceNode.prototype;
  const { start } = source;
  Object.defineProperty(source, 'start', {
    configurable: true,
    value(this: AudioBufferSourceNode, ...given: Parameters<AudioBufferSourceNode['start']>) {
      const [when, offset, ...rest] = given;
      const rate = this.buffer?.sampleRate;
      if (typeof offset !== 'number' || rate === undefined) return start.apply(this, given);
      return start.apply(this, [when, Math.round(offset * rate) / rate, ...rest]);
    },
  });
}
