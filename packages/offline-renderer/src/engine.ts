/** The audio engine. It is loaded in render processes only. */
import { OfflineAudioContext } from 'node-web-audio-api';

/** Makes a native offline context. */
export function createNativeContext(channels: number, length: number, sampleRate: number): OfflineAudioContext {
  return new OfflineAudioContext(channels, length, sampleRate);
}

/** What the engine's own contexts inherit: the method adds a listener for changes of state. */
interface EnginePrototype {
  onstatechange(listener: unknown): void;
}

let prototype: EnginePrototype | undefined;

/**
 * Makes a native offline context that has no `statechange` events. node-web-audio-api 2.2 never frees the 50 kB of a context
 * that listens to its own state, as its constructor does.
 */
export function createSilentContext(channels: number, length: number, sampleRate: number): OfflineAudioContext {
  prototype ??= prototypeOf(createNativeContext(channels, 128, sampleRate));
  const { onstatechange } = prototype;
  try {
    prototype.onstatechange = () => {};
    return createNativeContext(channels, length, sampleRate);
  } finally {
    prototype.onstatechange = onstatechange;
  }
}

/** Finds the prototype behind a context; a stand-in where another version of the engine has none. */
function prototypeOf(context: OfflineAudioContext): EnginePrototype {
  const parts = Object.getOwnPropertySymbols(context).map((key) => Reflect.get(context, key) as object | undefined);
  const part = parts.find((one) => typeof (one as Partial<EnginePrototype>)?.onstatechange === 'function');
  return part ? (Object.getPrototypeOf(part) as EnginePrototype) : { onstatechange: () => {} };
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
