/** The audio engine. It is loaded in render processes only. */
import { OfflineAudioContext } from 'node-web-audio-api';

/** Makes a native offline context. */
export function createNativeContext(channels: number, length: number, sampleRate: number): OfflineAudioContext {
  return new OfflineAudioContext(channels, length, sampleRate);
}

/** What all contexts of the engine are told changes of state by. */
let teller: { onstatechange(listener: unknown): void } | undefined;

/**
 * Makes a native offline context that has no `statechange` events. node-web-audio-api 2.2 never frees the 50 kB of a context
 * that listens to its own state, as its constructor does.
 */
export function createSilentContext(channels: number, length: number, sampleRate: number): OfflineAudioContext {
  teller ??= tellerOf(createNativeContext(channels, 128, sampleRate));
  const tell = teller.onstatechange;
  try {
    teller.onstatechange = () => {};
    return createNativeContext(channels, length, sampleRate);
  } finally {
    teller.onstatechange = tell;
  }
}

/** Finds what tells the contexts of the engine their state; in another version that may be nothing of ours. */
function tellerOf(context: OfflineAudioContext): typeof teller & {} {
  const parts = Object.getOwnPropertySymbols(context).map((key) => Reflect.get(context, key) as object | undefined);
  const part = parts.find((part) => typeof (part as typeof teller)?.onstatechange === 'function');
  return (part ? Object.getPrototypeOf(part) : { onstatechange: () => {} }) as typeof teller & {};
}

/**
 * Copies the channels of a buffer of the engine. What its `getChannelData` returns is memory of the engine, which is freed with
 * the buffer, although the array lives on.
 */
export function copyChannels(buffer: AudioBuffer): Float32Array<ArrayBuffer>[] {
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => {
    const samples = new Float32Array(buffer.length);
    buffer.copyFromChannel(samples, channel);
    return samples;
  });
}
