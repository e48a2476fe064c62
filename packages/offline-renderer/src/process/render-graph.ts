import type { Hertz, Lufs, Seconds } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';
import * as webAudio from 'node-web-audio-api';
import type * as tone from 'tone';
import { copyChannels, createNativeContext } from '../engine.ts';
import { RenderError } from '../errors.ts';
import type { PlainBuffer } from '../pool/messages.ts';
import { openGraphWorld } from './graph-world.ts';
import { keepIntrinsics } from './intrinsics.ts';
import { toMaster } from './to-master.ts';

/** What `build` of a module is called with. */
export interface GraphContext {
  /** The context of the render. It is also the one of Tone.js: nodes that are given none are made in it. */
  readonly context: tone.OfflineContext;
  /** Tone.js itself, the copy that `context` belongs to. A module that imports `tone` gets the same one. */
  readonly Tone: typeof tone;
  /** Length of the render, in seconds. */
  readonly duration: Seconds;
}

/** Frames a second of `requestAnimationFrame`. */
const frameRate = 60;

/**
 * Renders what a user's function builds to a mastered buffer that is `duration` long. The process is of no use for anything
 * else after that: its globals are those of a page, and whatever the function left in it.
 */
export async function renderGraph(
  build: (graph: GraphContext) => unknown,
  duration: Seconds,
  sampleRate: Hertz,
  loudness?: Lufs,
): Promise<PlainBuffer> {
  openGraphWorld();
  const { OfflineContext, setContext, getContext } = await import('tone');
  const native = createNativeContext(2, Math.ceil(duration * sampleRate), sampleRate);
  const context = new OfflineContext(native);
  Object.assign(globalThis, {
    // Frames follow the clock of the render, so that what they do happens at the same place every time.
    requestAnimationFrame: (draw: (time: number) => void) =>
      context.setTimeout(() => draw(context.currentTime * 1000), 1 / frameRate),
    cancelAnimationFrame: (id: number) => context.clearTimeout(id),
  });
  const before = getContext();
  setContext(context);
  const Tone = await import('./graph-tone.ts');
  // Noise, reverbs and patterns of Tone.js are random: the same ones in every render.
  Math.random = mulberry32(1);
  const restore = keepIntrinsics(webAudio);
  try {
    await build({ context, Tone, duration });
    const buffer = (await context.render()).get();
    // What the module has replaced was its own for as long as it ran. From here on, sound is made of it that the caller gets.
    const replaced = restore();
    if (replaced !== undefined || buffer?.numberOfChannels !== 2 || buffer.length !== native.length) {
      const what = replaced ?? 'something that the engine needs';
      throw new RenderError('RENDER_MODULE_FAILED', `The module replaced ${what}, so that there is no sound.`);
    }
    return toMaster({ sampleRate, channels: copyChannels(buffer) }, { loudness, duration });
  } finally {
    restore();
    setContext(before);
    context.dispose();
  }
}
