import type { OscillatorShape, Seconds } from '@bnc/contracts';
import type { InstrumentContext } from './context.ts';

/**
 * Makes the nodes of one phrase in a context that lives on, and lets all of them go at the end. Its sources start together,
 * when the phrase starts: their phases are then those of an offline render. Sources that are never stopped, and nodes that
 * stay connected, are kept by browsers for ever.
 */
export class Stage implements InstrumentContext {
  readonly currentTime: Seconds;
  readonly sampleRate: number;
  readonly destination: AudioNode;
  readonly waveOf: (shape: OscillatorShape) => PeriodicWave | undefined;
  readonly #native: BaseAudioContext;
  readonly #nodes: AudioNode[] = [];
  readonly #sources: (OscillatorNode | AudioBufferSourceNode)[] = [];
  #clock: ConstantSourceNode | undefined;

  constructor(native: BaseAudioContext, start: Seconds, waves: Waves) {
    this.#native = native;
    this.currentTime = start;
    this.sampleRate = native.sampleRate;
    this.destination = native.destination;
    this.waveOf = (shape) => waves.get(shape);
  }

  createBiquadFilter(): BiquadFilterNode {
    return this.#keep(this.#native.createBiquadFilter());
  }

  createBuffer(channels: number, length: number, sampleRate: number): AudioBuffer {
    return this.#native.createBuffer(channels, length, sampleRate);
  }

  createBufferSource(): AudioBufferSourceNode {
    return this.#keepSource(this.#native.createBufferSource());
  }

  createChannelMerger(inputs?: number): ChannelMergerNode {
    return this.#keep(this.#native.createChannelMerger(inputs));
  }

  createConvolver(): ConvolverNode {
    return this.#keep(this.#native.createConvolver());
  }

  createDelay(longest?: Seconds): DelayNode {
    return this.#keep(this.#native.createDelay(longest));
  }

  createGain(): GainNode {
    return this.#keep(this.#native.createGain());
  }

  createIIRFilter(feedforward: Iterable<number>, feedback: Iterable<number>): IIRFilterNode {
    return this.#keep(this.#native.createIIRFilter([...feedforward], [...feedback]));
  }

  createOscillator(): OscillatorNode {
    return this.#keepSource(this.#native.createOscillator());
  }

  createPeriodicWave(
    real: Iterable<number>,
    imag: Iterable<number>,
    constraints?: PeriodicWaveConstraints,
  ): PeriodicWave {
    return this.#native.createPeriodicWave(Float32Array.from(real), Float32Array.from(imag), constraints);
  }

  createStereoPanner(): StereoPannerNode {
    return this.#keep(this.#native.createStereoPanner());
  }

  createWaveShaper(): WaveShaperNode {
    return this.#keep(this.#native.createWaveShaper());
  }

  /** Stops all sources at a time, and calls back at the end. A call with an earlier time ends them sooner. */
  end(silent: Seconds, end: Seconds, ended: () => void): void {
    // Recordings have an end of their own: that of their note.
    for (const source of this.#sources) if (!('buffer' in source)) source.stop(silent);
    // A silent source of our own tells the end, because a timer would not keep the time of the sound.
    if (!this.#clock) {
      this.#clock = this.#keep(this.#native.createConstantSource());
      this.#clock.offset.value = 0;
      this.#clock.connect(this.destination);
      this.#clock.start(this.currentTime);
    }
    this.#clock.onended = ended;
    this.#clock.stop(end);
  }

  /** Lets all nodes go, at once. */
  release(): void {
    if (this.#clock) this.#clock.onended = null;
    for (const node of this.#nodes) node.disconnect();
    for (const source of this.#sources) source.stop();
    this.#nodes.length = 0;
    this.#sources.length = 0;
  }

  #keep<Node extends AudioNode>(node: Node): Node {
    this.#nodes.push(node);
    return node;
  }

  #keepSource<Node extends OscillatorNode | AudioBufferSourceNode>(source: Node): Node {
    this.#sources.push(source);
    return this.#keep(source);
  }
}

/** Harmonics of a wave: all that fit below 22 kHz for a tone of 11 Hz. Chromium holds no more. */
const harmonics = 2048;

/**
 * Saws and squares at full level. Browsers scale their own down until no overshoot is above 1, which makes them 1.2-1.4
 * dB softer than the engine in Node, whose own waves are kept.
 */
export class Waves {
  readonly #context: BaseAudioContext;
  readonly #waves = new Map<OscillatorShape, PeriodicWave>();

  constructor(context: BaseAudioContext) {
    this.#context = context;
  }

  get(shape: OscillatorShape): PeriodicWave | undefined {
    if ((shape !== 'sawtooth' && shape !== 'square') || isNode()) return undefined;
    const known = this.#waves.get(shape);
    if (known) return known;
    const sines = Float32Array.from({ length: harmonics }, (_, n) => {
      if (n === 0) return 0;
      return shape === 'sawtooth' ? (n % 2 === 1 ? 2 : -2) / (n * Math.PI) : n % 2 === 1 ? 4 / (n * Math.PI) : 0;
    });
    const wave = this.#context.createPeriodicWave(new Float32Array(harmonics), sines, { disableNormalization: true });
    this.#waves.set(shape, wave);
    return wave;
  }
}

function isNode(): boolean {
  return globalThis.navigator?.userAgent.startsWith('Node.js') ?? false;
}
