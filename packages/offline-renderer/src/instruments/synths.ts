import type { OscillatorShape, Seconds } from '@bnc/contracts';
import { type Envelope, playEnvelope } from './envelope.ts';
import { Instrument, type InstrumentSettings, type Voice } from './instrument.ts';
import { midiToHertz } from './pitch.ts';
import { createLevel, createOscillator } from './voices.ts';

/** An instrument with an oscillator and an envelope that its user may choose. */
abstract class OscillatorInstrument extends Instrument {
  protected readonly shape: OscillatorShape;
  protected readonly envelope: Envelope;

  constructor(settings: InstrumentSettings, shape: OscillatorShape, envelope: Envelope) {
    super(settings);
    this.shape = settings.oscillator?.type ?? shape;
    this.envelope = { ...envelope, ...settings.envelope };
  }
}

/** One oscillator and an envelope: the plain synthesizer. Two native nodes a voice. */
export class Synth extends OscillatorInstrument {
  override readonly name = 'Synth';

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 8, ...settings }, 'triangle', { attack: 0.005, decay: 0.15, sustain: 0.4, release: 0.5 });
  }

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const [oscillator, frequency] = createOscillator(this.context, this.shape);
    oscillator.connect(gain);
    return {
      level,
      lines: [frequency],
      play: (note) => {
        frequency.step(midiToHertz(note.midi), note.time);
        return playEnvelope(level, this.envelope, { ...note, peak: 0.5 * note.velocity });
      },
    };
  }
}

/** Two saws 6 cents apart through one filter: chords with a soft beat. Three native nodes a voice. */
export class PolySynth extends OscillatorInstrument {
  override readonly name = 'PolySynth';

  constructor(settings: InstrumentSettings) {
    const filter = { type: 'lowpass', frequency: 2600, Q: 0.5 } as const;
    const envelope = { attack: 0.005, decay: 0.3, sustain: 0.5, release: 0.7 };
    super({ maxVoices: 16, filter, ...settings }, 'sawtooth', envelope);
  }

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const pair = ([-3, 3] as const).map((detune) => {
      const [oscillator, frequency] = createOscillator(this.context, this.shape);
      oscillator.detune.value = detune;
      oscillator.connect(gain);
      return frequency;
    });
    return {
      level,
      lines: pair,
      play: (note) => {
        for (const frequency of pair) frequency.step(midiToHertz(note.midi), note.time);
        return playEnvelope(level, this.envelope, { ...note, peak: 0.22 * note.velocity });
      },
    };
  }
}

/** How a modulating oscillator colours a carrier. */
interface Modulation {
  /** Frequency of the modulator over that of the carrier. */
  readonly ratio: number;
  /** Deviation over the modulator's frequency at full velocity, when the note starts. */
  readonly index: number;
  /** Share of the index that is left after `decay`. */
  readonly rest: number;
  readonly decay: Seconds;
}

/** Frequency modulation: a second oscillator bends the first, most at the start of a note. Four native nodes a voice. */
abstract class ModulatedInstrument extends OscillatorInstrument {
  protected abstract readonly modulation: Modulation;

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const [carrier, frequency] = createOscillator(this.context, this.shape);
    carrier.connect(gain);
    const [deviation, depth] = createLevel(this.context, carrier.frequency);
    const [modulator, speed] = createOscillator(this.context, 'sine');
    modulator.connect(deviation);
    return {
      level,
      lines: [frequency, depth, speed],
      play: (note) => {
        const hertz = midiToHertz(note.midi);
        const { ratio, index, rest, decay } = this.modulation;
        // Sidebands above 16 kHz would fold back; high notes get a smaller index.
        const highest = Math.max(0.05, Math.min(index, (16_000 - hertz) / (hertz * ratio) - 1));
        const most = highest * ratio * hertz * (0.4 + 0.6 * note.velocity);
        frequency.step(hertz, note.time);
        speed.step(hertz * ratio, note.time);
        depth.step(most, note.time).exponential(most * rest, note.time + decay);
        return playEnvelope(level, this.envelope, { ...note, peak: 0.4 * note.velocity });
      },
    };
  }
}

/** A bright FM voice with an electric-piano start. */
export class FMSynth extends ModulatedInstrument {
  override readonly name = 'FMSynth';
  protected override readonly modulation = { ratio: 2, index: 2.2, rest: 0.35, decay: 0.4 };

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 10, ...settings }, 'sine', { attack: 0.005, decay: 0.3, sustain: 0.5, release: 0.5 });
  }
}
