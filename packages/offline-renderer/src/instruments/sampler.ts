import type { AudioBufferLike, MidiNote, ScoreNote, Seconds } from '@bnc/contracts';
import { type Envelope, playEnvelope } from './envelope.ts';
import { Instrument, type InstrumentSettings, midiToHertz, type Voice } from './instrument.ts';
import { createNoise } from './noise.ts';
import { createLevel } from './voices.ts';

/** Recordings by the MIDI note that each one sounds at. */
export type Samples = Readonly<Record<MidiNote, AudioBufferLike>>;

/** Settings of a sampler. */
export interface SamplerSettings extends InstrumentSettings {
  /** Recordings. Each note plays the nearest one, faster or slower. Default: a computed plucked string (Karplus-Strong). */
  readonly samples?: Samples;
}

/** Plays recordings. A note's envelope is a gain of the pool; its source is a node of its own, which the engine frees when it ends. */
export class Sampler extends Instrument {
  override readonly name = 'Sampler';
  readonly #envelope: Envelope;
  readonly #samples: readonly { readonly midi: MidiNote; readonly buffer: AudioBuffer }[];

  constructor({ samples, ...settings }: SamplerSettings) {
    super({ maxVoices: 16, ...settings });
    this.#envelope = { attack: 0.003, decay: 0.1, sustain: 1, release: 0.4, ...settings.envelope };
    const { context } = this;
    this.#samples = Object.entries(samples ?? createStrings(context.sampleRate, settings.seed ?? 1)).map(
      ([midi, sample]) => ({
        midi: Number(midi),
        buffer: toNative(sample, (c, l, r) => context.createBuffer(c, l, r)),
      }),
    );
    if (this.#samples.length === 0) throw new RangeError('Sampler: samples must hold at least one recording');
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
    const nearest = this.#samples.reduce((best, each) =>
      Math.abs(each.midi - midi) < Math.abs(best.midi - midi) ? each : best,
    );
    const source = this.context.createBufferSource();
    source.buffer = nearest.buffer;
    source.playbackRate.value = midiToHertz(midi) / midiToHertz(nearest.midi);
    source.connect(output);
    source.start(time);
    source.stop(silent);
  }
}

function toNative(
  sample: AudioBufferLike,
  create: (channels: number, length: number, sampleRate: number) => AudioBuffer,
): AudioBuffer {
  const buffer = create(sample.numberOfChannels, sample.length, sample.sampleRate);
  for (let channel = 0; channel < sample.numberOfChannels; channel++) {
    buffer.copyToChannel(new Float32Array(sample.getChannelData(channel)), channel);
  }
  return buffer;
}

/** Plucked strings one octave apart, each tuned by an all-pass to a fraction of a sample. */
function createStrings(sampleRate: number, seed: number): Samples {
  return Object.fromEntries(
    [36, 48, 60, 72, 84, 96].map((midi) => {
      const samples = pluckString(midiToHertz(midi), sampleRate, seed + midi);
      return [
        midi,
        {
          numberOfChannels: 1,
          length: samples.length,
          sampleRate,
          duration: samples.length / sampleRate,
          getChannelData: () => samples,
        },
      ];
    }),
  );
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
