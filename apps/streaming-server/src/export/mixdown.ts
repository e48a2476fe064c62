import { setImmediate } from 'node:timers/promises';

/** Sample rate of every export in hertz. */
export const sampleRate = 44_100;

/** Frames of a block: a quarter of a second. */
export const blockFrames = 11_025;

/** From silence to full level, or back. */
interface Fade {
  /** First frame. */
  readonly at: number;
  readonly frames: number;
  /** Returns the level at a share of the way from silence. Default: the share itself. */
  readonly levelAt?: (share: number) => number;
}

/** A sound at its place in a piece. */
export interface Part {
  /** Frame at which it begins; below 0 for one that sounds already when the piece begins. */
  readonly at: number;
  readonly fadeIn?: Fade;
  /** Nothing of it sounds after this fade. */
  readonly fadeOut?: Fade;
  /** Makes its samples: two channels. */
  render(): Promise<readonly Float32Array[]>;
}

interface Voice extends Omit<Part, 'render'> {
  readonly channels: readonly Float32Array[];
}

/**
 * Mixes parts into blocks of two channels. Holds in memory only what sounds at one time, and one part ahead. Lets other
 * work of the process run between blocks.
 * @param parts - in the order in which they begin; emptied on the way, so that what has sounded is let go
 */
export async function* mixdown(parts: Part[], length: number): AsyncGenerator<readonly Float32Array[]> {
  let voices: Voice[] = [];
  let ahead = open(parts);
  for (let from = 0; from < length; from += blockFrames) {
    const frames = Math.min(blockFrames, length - from);
    while (ahead && ahead.at < from + frames) {
      voices.push(await ahead.voice);
      ahead = open(parts);
    }
    const block = [new Float32Array(frames), new Float32Array(frames)];
    for (const voice of voices) add(block, voice, from);
    voices = voices.filter((voice) => endOf(voice) > from + frames);
    yield block;
    await setImmediate();
  }
}

/** Begins to render the next part. */
function open(parts: Part[]): { readonly at: number; readonly voice: Promise<Voice> } | undefined {
  const part = parts.shift();
  if (!part) return undefined;
  const { render, ...place } = part;
  const voice = render().then((channels) => ({ ...place, channels }));
  // Awaited when its block comes.
  voice.catch(() => {});
  return { at: part.at, voice };
}

function endOf({ at, channels, fadeOut }: Voice): number {
  const end = at + (channels[0]?.length ?? 0);
  return fadeOut ? Math.min(end, fadeOut.at + fadeOut.frames) : end;
}

function add(block: readonly Float32Array[], voice: Voice, from: number): void {
  const { at, channels, fadeIn, fadeOut } = voice;
  const first = Math.max(0, at - from);
  const last = Math.min(block[0]?.length ?? 0, endOf(voice) - from);
  for (const [channel, out] of block.entries()) {
    const samples = channels[channel] ?? channels[0] ?? new Float32Array();
    for (let i = first; i < last; i++) {
      const frame = from + i;
      let gain = 1;
      if (fadeIn) gain = levelOf(fadeIn, (frame - fadeIn.at) / fadeIn.frames);
      if (fadeOut) gain *= levelOf(fadeOut, 1 - (frame - fadeOut.at) / fadeOut.frames);
      out[i] = (out[i] ?? 0) + gain * (samples[frame - at] ?? 0);
    }
  }
}

function levelOf({ levelAt = (share) => share }: Fade, share: number): number {
  if (share <= 0) return 0;
  return share >= 1 ? 1 : levelAt(share);
}
