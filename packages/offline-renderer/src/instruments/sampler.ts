import type { AudioBufferLike, Hertz, MidiNote, ScoreNote, Seconds } from '@bnc/contracts';
import type { InstrumentContext } from './context.ts';
import { type Envelope, playEnvelope } from './envelope.ts';
import { Instrument, type InstrumentSettings, type Voice } from './instrument.ts';
import { createNoise } from './noise.ts';
import { midiToHertz } from './pitch.ts';
import { createLevel } from './voices.ts';

/** Recordings by the MIDI note that each one sounds at, 0-127. */
export type Samples = Readonly<Record<MidiNote, AudioBufferLike>>;

/** Settings of a sampler. */
export interface SamplerSettings extends InstrumentSettings {
  /**
   * Recordings, at least one. Each note plays the nearest one, faster or slower. Default: a computed plucked string
   * (Karplus-Strong).
   */
  readonly samples?: Samples;
}

/** Plays recordings. A note's envelope is a gain of the pool; its source is a node of its own, which the engine frees when it ends. */
export class Sampler extends Instrument {
  override readonly name = 'Sampler';
  readonly #envelope: Envelope;
  readonly #recordings: readonly { readonly midi: MidiNote; readonly load: () => AudioBufferLike }[];
  /** Recordings that a note has needed, by their note. */
  readonly #buffers = new Map<MidiNote, AudioBuffer>();

  constructor({ samples, ...settings }: SamplerSettings) {
    super({ maxVoices: 16, ...settings });
    this.#envelope = { attack: 0.003, decay: 0.1, sustain: 1, release: 0.4, ...settings.envelope };
    const { sampleRate } = this.context;
    this.#recordings = samples
      ? Object.entries(samples).map(([midi, buffer]) => ({ midi: Number(midi), load: () => buffer }))
      : strings.map((midi) => ({ midi, load: () => createString(midi, sampleRate, settings.seed ?? 1) }));
    if (this.#recordings.length === 0) throw new RangeError('Sampler: samples must hold at least one recording');
  }

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    return {
      level,
      lines: [],
      play: (note) => {
        const silent = playEnvelope(level, this.#envelope, { ...note, peak: 1.2 * note.velocity });
        this.#startSource(note, silent, gain);
        return silent;
      },
    };
  }

  #startSource({ midi, time }: ScoreNote, silent: Seconds, output: AudioNode): void {
    const nearest = this.#recordings.reduce((best, each) =>
      Math.abs(each.midi - midi) < Math.abs(best.midi - midi) ? each : best,
    );
    const source = this.context.createBufferSource();
    const buffer = this.#buffers.get(nearest.midi) ?? toNative(nearest.load(), this.context);
    this.#buffers.set(nearest.midi, buffer);
    source.buffer = buffer;
    source.playbackRate.value = midiToHertz(midi) / midiToHertz(nearest.midi);
    source.connect(output);
    source.start(time);
    source.stop(silent);
  }
}

function toNative(sample: AudioBufferLike, context: InstrumentContext): AudioBuffer {
  const buffer = context.createBuffer(sample.numberOfChannels, sample.length, sample.sampleRate);
  for (let channel = 0; channel < sample.numberOfChannels; channel++) {
    buffer.copyToChannel(new Float32Array(sample.getChannelData(channel)), channel);
  }
  return buffer;
}

/** Plucked strings one octave apart. */
const strings: readonly MidiNote[] = [36, 48, 60, 72, 84, 96];

/** A plucked string, tuned by an all-pass to a fraction of a sample: 2 ms. */
function createString(midi: MidiNote, sampleRate: Hertz, seed: number): AudioBufferLike {
  const samples = pluckString(midiToHertz(midi), sampleRate, seed + midi);
  return {
    numberOfChannels: 1,
    length: samples.length,
    sampleRate,
    duration: samples.length / sampleRate,
    getChannelData: () => samples,
  };
}

/** Karplus-Strong with a tuning all-pass: Jaffe and Smith, "Extensions of the Karplus-Strong Plucked-String Algorithm", 1983. */
function pluckString(hertz: number, sampleRate: number, seed: number): Float32Array {
  const samples = new Float32Array(Math.round(2 * sampleRate));
  const period = sampleRate / hertz;
  // The mean of two samples delays by half a sample; the all-pass gives the rest, 0.1-1.1 samples.
  const whole = Math.floor(period - 0.5 - 0.1);
  const rest = period - 0.5 - whole;
  const allPass = (1 - rest) / (1 + rest);
  const excitation = createNoise(whole, seed);
  const mean = excitation.reduce((sum, each) => sum + each, 0) / whole;
  const loss = 0.001 ** (1 / (hertz * Math.max(0.6, 3.5 - hertz / 500)));
  let lastMean = 0;
  let lastOut = 0;
  for (let i = 0; i < samples.length; i++) {
    if (i < whole) {
      samples[i] = ((excitation[i] ?? 0) - mean) * 0.5;
      continue;
    }
    const average = loss * 0.5 * ((samples[i - whole] ?? 0) + (i > whole ? (samples[i - whole - 1] ?? 0) : 0));
    lastOut = allPass * (average - lastOut) + lastMean;
    lastMean = average;
    samples[i] = lastOut;
  }
  return samples;
}
