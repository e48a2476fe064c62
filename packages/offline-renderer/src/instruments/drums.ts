import { playEnvelope } from './envelope.ts';
import { type InstrumentSettings, midiToHertz, type Voice } from './instrument.ts';
import { NoisyInstrument } from './noisy-instrument.ts';
import { createFilter, createLevel, createOscillator } from './voices.ts';

/** A drum: its sound dies away by itself. `midi` is a colour: higher is tighter and brighter. */
abstract class Drum extends NoisyInstrument {
  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 2, ...settings });
  }
}

/** A bass drum: a sine that falls from four times its pitch (about 50 Hz at MIDI 36). Two native nodes a voice. */
export class Kick extends Drum {
  override readonly name = 'Kick';

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const [oscillator, frequency] = createOscillator(this.context, 'sine');
    oscillator.connect(gain);
    return {
      level,
      lines: [frequency],
      play: ({ time, midi, velocity }) => {
        const hertz = Math.min(120, Math.max(40, midiToHertz(midi) * 0.75));
        frequency
          .step(hertz * 4, time)
          .exponential(hertz * 1.3, time + 0.045)
          .exponential(hertz, time + 0.16);
        return playEnvelope(
          level,
          { attack: 0.003, decay: 0.3, sustain: 0, release: 0.05 },
          { time, duration: 0.3, peak: 0.9 * velocity },
        );
      },
    };
  }
}

/** A snare drum: high noise over a short tone. Six native nodes a voice. */
export class Snare extends Drum {
  override readonly name = 'Snare';

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const [filter, cutoff] = createFilter(this.context, 'bandpass', { frequency: 2400, Q: 0.6 }, gain);
    this.noise.connect(filter);
    const [body, tone] = createLevel(this.context, gain);
    const [oscillator, frequency] = createOscillator(this.context, 'triangle');
    oscillator.connect(body);
    return {
      level,
      lines: [cutoff, tone, frequency],
      play: ({ time, midi, velocity }) => {
        cutoff.step(Math.min(6000, Math.max(1200, midiToHertz(midi) * 30)), time);
        frequency.step(240, time).exponential(170, time + 0.06);
        tone.step(0.8, time).exponential(0.01, time + 0.11);
        return playEnvelope(
          level,
          { attack: 0.003, decay: 0.17, sustain: 0, release: 0.03 },
          { time, duration: 0.17, peak: 0.8 * velocity },
        );
      },
    };
  }
}

/** A closed hi-hat: a breath of noise above 7 kHz; a duration of 0.25 s or more opens it. Two native nodes a voice. */
export class Hat extends Drum {
  override readonly name = 'Hat';

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const [filter] = createFilter(this.context, 'highpass', { frequency: 7000, Q: 1 }, gain);
    this.noise.connect(filter);
    return {
      level,
      lines: [],
      play: ({ time, duration, velocity }) => {
        const decay = duration >= 0.25 ? 0.28 : 0.055;
        return playEnvelope(
          level,
          { attack: 0.003, decay, sustain: 0, release: 0.02 },
          { time, duration: decay, peak: 0.5 * velocity },
        );
      },
    };
  }
}
