import type { EnvelopeOptions, Seconds } from '@bnc/contracts';
import type { Line } from './line.ts';

/** An envelope with every part given. */
export type Envelope = Required<EnvelopeOptions>;

/** Quieter than this share of the peak (-60 dB) counts as silent. */
const silence = 0.001;
/** Shortest attack or release: faster ones click. */
const shortest = 0.003;

/**
 * Plays an ADSR envelope on a line: straight attack, exponential decay and release, as Tone.js does.
 * @returns when the line has come back to 0.
 */
export function playEnvelope(
  line: Line,
  { attack, decay, sustain, release }: Envelope,
  { time, duration, peak }: { readonly time: Seconds; readonly duration: Seconds; readonly peak: number },
): Seconds {
  const rise = Math.max(attack, shortest);
  const fall = Math.max(decay, shortest);
  const end = time + Math.max(duration, shortest);
  line.step(0, time);
  if (end <= time + rise) {
    line.linear((peak * (end - time)) / rise, end);
  } else {
    line.linear(peak, time + rise);
    const decayed = Math.min(end, time + rise + fall);
    if (decayed > time + rise) {
      line.exponential(peak * Math.max(sustain, silence) ** ((decayed - time - rise) / fall), decayed);
    }
    line.hold(end);
  }
  const silent = end + Math.max(release, shortest);
  const floor = peak * silence;
  if (line.valueAt(end) > floor) line.exponential(floor, silent - shortest / 2);
  line.linear(0, silent);
  return silent;
}
