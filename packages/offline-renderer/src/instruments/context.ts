import type { OscillatorShape, Seconds } from '@bnc/contracts';

/** What can be connected to: a native node or parameter, or a Tone.js node. */
export type Connectable = AudioNode | AudioParam | { readonly input: Connectable | undefined };

/**
 * What instruments and effects make their nodes with: a native `AudioContext` or `OfflineAudioContext`, a Tone.js context, or
 * a program's own that wraps one.
 */
export interface InstrumentContext
  extends Pick<
    BaseAudioContext,
    | 'createBiquadFilter'
    | 'createBuffer'
    | 'createBufferSource'
    | 'createChannelMerger'
    | 'createConvolver'
    | 'createDelay'
    | 'createGain'
    | 'createIIRFilter'
    | 'createOscillator'
    | 'createPeriodicWave'
    | 'createStereoPanner'
    | 'createWaveShaper'
    | 'sampleRate'
  > {
  /** When sources start. */
  readonly currentTime: Seconds;
  /** Where `toDestination` leads. */
  readonly destination: Connectable;
  /** Returns a wave in place of the engine's own, or `undefined` to keep that. Browsers play saws and squares 1.4 dB softer than Node. */
  waveOf?(shape: OscillatorShape): PeriodicWave | undefined;
}

/** Connects a native node to anything: a Tone.js node is entered by its input. */
export function connect(from: AudioNode, to: Connectable): void {
  if ('input' in to) {
    if (to.input === undefined) throw new TypeError('A node without an input cannot be connected to.');
    connect(from, to.input);
    return;
  }
  // One of two signatures; both take what is here.
  from.connect(to as AudioNode);
}
