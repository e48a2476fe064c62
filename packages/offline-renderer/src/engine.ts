/** The audio engine. It is loaded in render processes only. */
import { OfflineAudioContext } from 'node-web-audio-api';

/** Makes a native offline context. */
export function createNativeContext(channels: number, length: number, sampleRate: number): OfflineAudioContext {
  return new OfflineAudioContext(channels, length, sampleRate);
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
