import type { Hertz, OscillatorShape, ScoreNote, Seconds } from '@bnc/contracts';
import { type Envelope, playEnvelope } from './envelope.ts';
import { Instrument, type InstrumentSettings, type Voice } from './instrument.ts';
import type { Line } from './line.ts';
import { midiToHertz } from './pitch.ts';
import { createFilter, createLevel, createOscillator } from './voices.ts';

/** A low-pass in a voice opens an octave wider when a note starts, and is back after this time. */
const opening: Seconds = 0.25;
/** Notes of more than `longest` get vibrato after `from`; it is full two turns later. */
const vibrato = { longest: 0.5, from: 0.3, rate: 5.2 } as const;

/** An instrument with an oscillator and an envelope that its user may choose, whose voices may follow pitch and velocity. */
abstract class OscillatorInstrument extends Instrument {
  protected readonly shape: OscillatorShape;
  protected readonly envelope: Envelope;
  readonly #brightness: number | undefined;
  readonly #vibrato: number;

  constructor(settings: InstrumentSettings, shape: OscillatorShape, envelope: Envelope) {
    super(settings);
    this.shape = settings.oscillator?.type ?? shape;
    this.envelope = { ...envelope, ...settings.envelope };
    this.#brightness = settings.brightness;
    this.#vibrato = settings.vibrato ?? 0;
  }

  protected override createVoice(output: AudioNode): Voice {
    const brightness = this.#brightness;
    if (brightness === undefined) return this.createTone(output);
    const [filter, cutoff] = createFilter(this.context, 'lowpass', { Q: 0 }, output);
    const tone = this.createTone(filter);
    return {
      level: tone.level,
      lines: [...tone.lines, cutoff],
      play: (note) => {
        const hertz = midiToHertz(note.midi);
        const highest = 0.45 * this.context.sampleRate;
        const rest = Math.min(highest, hertz * Math.max(1, brightness * note.velocity ** 1.5));
        cutoff.step(Math.min(highest, 2 * rest), note.time).exponential(rest, note.time + opening);
        return tone.play(note);
      },
    };
  }

  /** Makes a voice without the low-pass that follows the pitch. */
  protected abstract createTone(output: AudioNode): Voice;

  /** Sets a frequency for a note: with vibrato where the note is long. */
  protected playPitch(line: Line, hertz: Hertz, { time, duration }: ScoreNote): void {
    line.step(hertz, time);
    if (this.#vibrato === 0 || duration <= vibrato.longest) return;
    line.hold(time + vibrato.from);
    const half = 0.5 / vibrato.rate;
    for (let turn = 0; vibrato.from + (turn + 0.5) * half < duration; turn++) {
      const cents = this.#vibrato * Math.min(1, (turn + 1) / 4) * (turn % 2 === 0 ? 1 : -1);
      line.linear(hertz * 2 ** (cents / 1200), time + vibrato.from + (turn + 0.5) * half);
    }
  }
}

/** One oscillator and an envelope: the plain synthesizer. Two native nodes a voice. */
export class Synth extends OscillatorInstrument {
  override readonly name = 'Synth';

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 8, ...settings }, 'triangle', { attack: 0.005, decay: 0.15, sustain: 0.4, release: 0.5 });
  }

  protected override createTone(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const [oscillator, frequency] = createOscillator(this.context, this.shape);
    oscillator.connect(gain);
    return {
      level,
      lines: [frequency],
      play: (note) => {
        this.playPitch(frequency, midiToHertz(note.midi), note);
        return playEnvelope(level, this.envelope, { ...note, peak: 0.5 * note.velocity });
      },
    };
  }
}

/** Two saws 6 cents apart through one filter, unless each voice has its own: chords with a soft beat. Three native nodes a voice. */
export class PolySynth extends OscillatorInstrument {
  override readonly name = 'PolySynth';

  constructor(settings: InstrumentSettings) {
    const filter = { type: 'lowpass', frequency: 2600, Q: 0.5 } as const;
    const envelope = { attack: 0.005, decay: 0.3, sustain: 0.5, release: 0.7 };
    super({ maxVoices: 16, ...(settings.brightness === undefined && { filter }), ...settings }, 'sawtooth', envelope);
  }

  protected override createTone(output: AudioNode): Voice {
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
        for (const frequency of pair) this.playPitch(frequency, midiToHertz(note.midi), note);
        return playEnvelope(level, this.envelope, { ...note, peak: 0.22 * note.velocity });
      },
    };
  }
}

/** How the second oscillator colours the first. */
const modulation = {
  /** Frequency of the modulator over that of the carrier. */
  ratio: 2,
  /** Deviation over the modulator's frequency at full velocity, when the note starts. */
  index: 2.2,
  /** Share of the index that is left after `decay` seconds. */
  rest: 0.35,
  decay: 0.4,
} as const;

/**
 * Frequency modulation: a second oscillator bends the first, most at the start of a note, like an electric piano. Four native
 * nodes a voice.
 */
export class FMSynth extends OscillatorInstrument {
  override readonly name = 'FMSynth';

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 10, ...settings }, 'sine', { attack: 0.005, decay: 0.3, sustain: 0.5, release: 0.5 });
  }

  protected override createTone(output: AudioNode): Voice {
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
        const { ratio, index, rest, decay } = modulation;
        // Sidebands above 16 kHz would fold back; high notes get a smaller index.
        const highest = Math.max(0.05, Math.min(index, (16_000 - hertz) / (hertz * ratio) - 1));
        const most = highest * ratio * hertz * (0.4 + 0.6 * note.velocity);
        this.playPitch(frequency, hertz, note);
        this.playPitch(speed, hertz * ratio, note);
        depth.step(most, note.time).exponential(most * rest, note.time + decay);
        return playEnvelope(level, this.envelope, { ...note, peak: 0.4 * note.velocity });
      },
    };
  }
}
