import { applyGain, checkFinite } from './audio-buffer.ts';
import { type CompressedEncoding, decodeCompressed } from './codec.ts';
import { SerializerError, type SerializerErrorCode } from './errors.ts';
import type { Layout } from './limits.ts';

/** A request to the worker; the bytes are transferred. */
export interface DecodeRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encoding: CompressedEncoding;
  readonly layout: Layout;
}

/** The worker's reply: channels, which are transferred, or an error. */
export type DecodeReply =
  | { readonly channels: Float32Array<ArrayBuffer>[] }
  | { readonly code: SerializerErrorCode | undefined; readonly message: string };

/** Resampling 48 kHz to another rate may round the count of frames by one at either end. */
const maxRoundingFrames = 2;

/**
 * Decodes FLAC or Opus with the browser's own decoder, off the main thread, on a context of the buffer's own rate (the
 * playing context would resample). The file's own frame counts are checked first: a native decoder cannot be stopped.
 *
 * @returns undefined where the browser lacks the codec or gives another number of frames.
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

/** Decodes in a worker that lives for this one job; in this thread where there are no workers. */
export async function decodeInWorker(request: DecodeRequest): Promise<Float32Array[]> {
  if (typeof Worker === 'undefined') return decodeCompressed(request.bytes, request.encoding, request.layout);
  // Bundlers look for this exact expression. From the sources, they find the `.ts` behind the name.
  const worker = new Worker(new URL('./decode-worker.js', import.meta.url), { type: 'module' });
  try {
    const reply = await new Promise<DecodeReply>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<DecodeReply>) => resolve(event.data);
      worker.onerror = (event) => reject(new Error(event.message || 'The decoding worker did not start.'));
      worker.postMessage(request, [request.bytes.buffer]);
    });
    if ('channels' in reply) return reply.channels;
    if (reply.code) throw new SerializerError(reply.code, reply.message);
    throw new Error(reply.message);
  } finally {
    worker.terminate();
  }
}
