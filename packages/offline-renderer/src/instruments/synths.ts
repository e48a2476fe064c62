import type { Hertz, OscillatorShape, ScoreNote, Seconds } from '@bnc/contracts';
import { type Envelope, playEnvelope } from './envelope.ts';
import { Instrument, type InstrumentSettings, type Voice } from './instrument.ts';
import type { Line } from './line.ts';
import { midiToHertz } from './pitch.ts';
import { createTone, type ToneKind, type ToneModulator } from './tone.ts';

/** A low-pass in a voice opens an octave wider when a note starts, and is back after this time. */
const opening: Seconds = 0.25;
/** Notes of more than `longest` get vibrato after `from`; it is full two turns later. */
const vibrato = { longest: 0.5, from: 0.3, rate: 5.2 } as const;

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

/** An instrument with an oscillator and an envelope that its user may choose, whose voices may follow pitch and velocity. */
abstract class OscillatorInstrument extends Instrument {
  /** How loud a note of full velocity is. */
  protected abstract readonly peak: number;
  /** How far each oscillator of a voice is from the pitch, in cents. */
  protected readonly detunes: readonly number[] = [0];
  protected readonly isModulated: boolean = false;
  readonly #wave: OscillatorShape;
  readonly #envelope: Envelope;
  readonly #brightness: number | undefined;
  readonly #vibrato: number;

  constructor(settings: InstrumentSettings, wave: OscillatorShape, envelope: Envelope) {
    super(settings);
    this.#wave = settings.oscillator?.type ?? wave;
    this.#envelope = { ...envelope, ...settings.envelope };
    this.#brightness = settings.brightness;
    this.#vibrato = settings.vibrato ?? 0;
  }

  protected override createVoice(output: AudioNode): Voice {
    const { detunes, isModulated } = this;
    const kind: ToneKind = {
      wave: this.#wave,
      detunes,
      isModulated,
      isFiltered: this.#brightness !== undefined,
    };
    const mixed = this.mix?.addTone(kind, output);
    const tone = mixed?.tone ?? createTone(this.context, kind, output);
    const { level, pitch, modulator, cutoff } = tone;
    return {
      level,
      lines: [pitch, modulator?.speed, modulator?.depth, cutoff].filter((line) => line !== undefined),
      play: (note) => {
        mixed?.flush();
        const hertz = midiToHertz(note.midi);
        this.#playPitch(pitch, hertz, note);
        if (modulator) this.#playModulator(modulator, hertz, note);
        if (cutoff) this.#playCutoff(cutoff, hertz, note);
        const silent = playEnvelope(level, this.#envelope, { ...note, peak: this.peak * note.velocity });
        mixed?.begin(note.time);
        return silent;
      },
    };
  }

  /** Sets a frequency for a note: with vibrato where the note is long. */
  #playPitch(line: Line, hertz: Hertz, { time, duration }: ScoreNote): void {
    line.step(hertz, time);
    if (this.#vibrato === 0 || duration <= vibrato.longest) return;
    line.hold(time + vibrato.from);
    const half = 0.5 / vibrato.rate;
    for (let turn = 0; vibrato.from + (turn + 0.5) * half < duration; turn++) {
      const cents = this.#vibrato * Math.min(1, (turn + 1) / 4) * (turn % 2 === 0 ? 1 : -1);
      line.linear(hertz * 2 ** (cents / 1200), time + vibrato.from + (turn + 0.5) * half);
    }
  }

  #playModulator({ speed, depth }: ToneModulator, hertz: Hertz, note: ScoreNote): void {
    const { ratio, index, rest, decay } = modulation;
    // Sidebands above 16 kHz would fold back; high notes get a smaller index.
    const highest = Math.max(0.05, Math.min(index, (16_000 - hertz) / (hertz * ratio) - 1));
    const most = highest * ratio * hertz * (0.4 + 0.6 * note.velocity);
    this.#playPitch(speed, hertz * ratio, note);
    depth.step(most, note.time).exponential(most * rest, note.time + decay);
  }

  #playCutoff(line: Line, hertz: Hertz, { time, velocity }: ScoreNote): void {
    const highest = 0.45 * this.context.sampleRate;
    const rest = Math.min(highest, hertz * Math.max(1, (this.#brightness ?? 1) * velocity ** 1.5));
    line.step(Math.min(highest, 2 * rest), time).exponential(rest, time + opening);
  }
}

/** One oscillator and an envelope: the plain synthesizer. Two native nodes a voice, one more with `brightness`; none in a mix. */
export class Synth extends OscillatorInstrument {
  override readonly name = 'Synth';
  protected override readonly peak = 0.5;

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 8, ...settings }, 'triangle', { attack: 0.005, decay: 0.15, sustain: 0.4, release: 0.5 });
  }
}

/** Two saws 6 cents apart through one filter, unless each voice has its own: chords with a soft beat. Three native nodes a voice, one more with `brightness`; none in a mix. */
export class PolySynth extends OscillatorInstrument {
  override readonly name = 'PolySynth';
  protected override readonly peak = 0.22;
  protected override readonly detunes: readonly number[] = [-3, 3];

  constructor(settings: InstrumentSettings) {
    const filter = { type: 'lowpass', frequency: 2600, Q: 0.5 } as const;
    const envelope = { attack: 0.005, decay: 0.3, sustain: 0.5, release: 0.7 };
    super({ maxVoices: 16, ...(settings.brightness === undefined && { filter }), ...settings }, 'sawtooth', envelope);
  }
}

/**
 * Frequency modulation: a second oscillator bends the first, most at the start of a note, like an electric piano. Four native
 * nodes a voice, one more with `brightness`; none in a mix.
 */
export class FMSynth extends OscillatorInstrument {
  override readonly name = 'FMSynth';
  protected override readonly peak = 0.4;
  protected override readonly isModulated = true;

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 10, ...settings }, 'sine', { attack: 0.005, decay: 0.3, sustain: 0.5, release: 0.5 });
  }
}
