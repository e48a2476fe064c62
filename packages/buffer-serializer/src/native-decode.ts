import { applyGain, checkFinite } from './audio-buffer.ts';
import { decodeCompressed } from './codec.ts';
import type { DecodeReply, DecodeRequest } from './decode-requests.ts';
import { SerializerError } from './errors.ts';
import type { Layout } from './limits.ts';

/** Resampling 48 kHz to another rate may round the count of frames by one at either end. */
const maxRoundingFrames = 2;

/**
 * Decodes FLAC or Opus with the browser's own decoder, off the main thread, on a context of the buffer's own rate (the
 * playing context would resample). The file's own frame counts are checked first: a native decoder cannot be stopped.
 *
 * @returns undefined where the browser lacks the codec or gives a different number of channels or frames.
 */
export async function decodeNatively(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: 'flac' | 'opus',
  layout: Layout,
): Promise<AudioBuffer | undefined> {
  if (encoding === 'flac') {
    const { checkFlacFrames } = await import('./flac/frame-header.ts');
    checkFlacFrames(bytes, layout);
  } else {
    const { inspectOpusAs } = await import('./opus/file.ts');
    inspectOpusAs(bytes, layout);
  }
  try {
    const context = new OfflineAudioContext(layout.numberOfChannels, 1, layout.sampleRate);
    // decodeAudioData detaches what it is given; the bytes may be needed again.
    const decoded = await context.decodeAudioData(new Uint8Array(bytes).buffer);
    const isExact = decoded.length === layout.length;
    const isClose = encoding === 'opus' && Math.abs(decoded.length - layout.length) <= maxRoundingFrames;
    if (decoded.numberOfChannels !== layout.numberOfChannels || !(isExact || isClose)) return undefined;
    const buffer = isExact ? decoded : withLength(decoded, layout.length);
    const channels = Array.from({ length: layout.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
    applyGain(channels, layout.gain);
    // FLAC holds integers: nothing in it becomes NaN.
    if (encoding === 'opus') checkFinite(channels);
    return buffer;
  } catch (error) {
    if (error instanceof SerializerError) throw error;
    return undefined;
  }
}

function withLength(decoded: AudioBuffer, length: number): AudioBuffer {
  const { numberOfChannels, sampleRate } = decoded;
  const buffer = new AudioBuffer({ numberOfChannels, sampleRate, length });
  for (let channel = 0; channel < numberOfChannels; channel++) {
    buffer.copyToChannel(decoded.getChannelData(channel).subarray(0, length), channel);
  }
  return buffer;
}

/**
 * Decodes in a worker that lives for this one job. Falls back to this thread where there are no workers, or where the
 * worker's file is missing because a bundler did not emit it.
 */
export async function decodeInWorker(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: 'flac' | 'opus',
  layout: Layout,
): Promise<Float32Array[]> {
  const reply = await askWorker(encoding, { bytes, layout });
  if (!reply) return decodeCompressed(bytes, encoding, layout);
  if ('channels' in reply) return reply.channels;
  if (reply.code) throw new SerializerError(reply.code, reply.message);
  throw new Error(reply.message);
}

/** @returns undefined when no worker could be started. */
async function askWorker(encoding: 'flac' | 'opus', request: DecodeRequest): Promise<DecodeReply | undefined> {
  let worker: Worker | undefined;
  try {
    const started = startWorker(encoding);
    worker = started;
    return await new Promise<DecodeReply | undefined>((resolve) => {
      started.onmessage = (event: MessageEvent<DecodeReply>) => resolve(event.data);
      started.onerror = (event) => {
        event.preventDefault();
        resolve(undefined);
      };
      // Copied, not transferred: this thread needs the bytes if the worker does not start.
      started.postMessage(request);
    });
  } catch {
    return undefined; // there are no workers, or a policy forbids them
  } finally {
    worker?.terminate();
  }
}

function startWorker(encoding: 'flac' | 'opus'): Worker {
  // Bundlers look for exactly such expressions. From the sources, they find the `.ts` behind the name.
  return encoding === 'flac'
    ? new Worker(new URL('./flac-worker.js', import.meta.url), { type: 'module' })
    : new Worker(new URL('./opus-worker.js', import.meta.url), { type: 'module' });
}
