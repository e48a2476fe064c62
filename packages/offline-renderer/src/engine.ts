/**
 * Loads the audio engine. Tone.js asks global constructors whether something is a node, so these appear as globals: in the
 * render process only. `AudioContext` stays away, or Tone.js would open a sound card while it is imported.
 */
import * as webAudio from 'node-web-audio-api';

const { AudioBuffer, AudioNode, AudioParam, BaseAudioContext, OfflineAudioContext } = webAudio;
Object.assign(globalThis, {
  window: globalThis,
  AudioBuffer,
  AudioNode,
  AudioParam,
  AudioWorkletNode: webAudio.AudioWorkletNode,
  BaseAudioContext,
  OfflineAudioContext,
  TONE_SILENCE_LOGGING: true,
});

/** Makes a native offline context. */
export function createNativeContext(channels: number, length: number, sampleRate: number): OfflineAudioContext {
  return new OfflineAudioContext(channels, length, sampleRate);
}
