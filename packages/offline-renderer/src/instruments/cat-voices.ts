import type { Seconds } from '@bnc/contracts';
import { playEnvelope } from './envelope.ts';
import { type InstrumentSettings, midiToHertz, type Voice } from './instrument.ts';
import { Line } from './line.ts';
import { NoisyInstrument } from './noisy-instrument.ts';
import { createFilter, createGain, createLevel, createOscillator } from './voices.ts';

/** Values over the length of a call: shares of its duration (0-1), and the value at each. */
type Contour = readonly (readonly [share: number, value: number])[];

interface Call {
  /** The pitch of a note is moved by octaves to [low, 2 x low) Hz, where a cat would sing it. */
  readonly low: number;
  /** A call is never shorter or longer than this, whatever the note says. */
  readonly shortest: Seconds;
  readonly longest: Seconds;
  /** Pitch as a multiple of the note's. */
  readonly pitch: Contour;
  /** First and second formant in Hz: the mouth opens and closes. */
  readonly mouth: Contour;
  readonly throat: Contour;
  /** Share of breath noise in the voice. */
  readonly breath: number;
  /** The roll of a trill: rate in Hz, and depth as a share of pitch and level; 0 for none. */
  readonly roll: number;
  readonly rollRate: number;
  readonly attack: Seconds;
  readonly release: Seconds;
  readonly level: number;
}

/** A voiced call of a cat: saw and breath through three formants that move. Thirteen native nodes a voice. */
abstract class CatVoice extends NoisyInstrument {
  protected abstract readonly call: Call;

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 2, ...settings });
  }

  protected override createVoice(output: AudioNode): Voice {
    const { context, call } = this;
    const [gain, level] = createLevel(context, output);
    const roller = createGain(context, 1 - call.roll / 2, gain);
    const [first, mouth] = createFilter(context, 'bandpass', { Q: 4 }, createGain(context, 1.6, roller));
    const [second, throat] = createFilter(context, 'bandpass', { Q: 6 }, createGain(context, 0.9, roller));
    const [third] = createFilter(context, 'bandpass', { frequency: 5400, Q: 8 }, createGain(context, 0.5, roller));
    const [oscillator, frequency] = createOscillator(context, 'sawtooth');
    for (const formant of [first, second, third]) {
      oscillator.connect(formant);
      this.noise.connect(createGain(context, call.breath, formant));
    }
    const lines = [frequency, mouth, throat];
    let bend: Line | undefined;
    if (call.roll > 0) {
      const [roll] = createOscillator(context, 'sine');
      roll.frequency.value = call.rollRate;
      const beat = context.createGain();
      beat.gain.value = call.roll / 2;
      roll.connect(beat).connect(roller.gain);
      const [depth, line] = createLevel(context, oscillator.frequency);
      roll.connect(depth);
      bend = line;
      lines.push(line);
    }
    return {
      level,
      lines,
      play: ({ time, duration, midi, velocity }) => {
        const length = Math.min(call.longest, Math.max(call.shortest, duration));
        const hertz = fold(midiToHertz(midi), call.low);
        follow(frequency, call.pitch, hertz, time, length);
        follow(mouth, call.mouth, 1, time, length);
        follow(throat, call.throat, 1, time, length);
        bend?.step(hertz * call.roll * 0.12, time);
        const envelope = { attack: call.attack, decay: length, sustain: 0.5, release: call.release };
        return playEnvelope(level, envelope, { time, duration: length, peak: call.level * velocity });
      },
    };
  }
}

/** A meow, 0.4-0.9 s: the pitch rises and falls (highest at the note's pitch, moved into 400-800 Hz) while the mouth opens and closes. */
export class Meow extends CatVoice {
  override readonly name = 'Meow';
  protected override readonly call: Call = {
    low: 400,
    shortest: 0.4,
    longest: 0.9,
    pitch: [
      [0, 0.78],
      [0.35, 1],
      [0.6, 0.98],
      [1, 0.7],
    ],
    mouth: [
      [0, 500],
      [0.4, 1250],
      [1, 650],
    ],
    throat: [
      [0, 2800],
      [0.4, 3100],
      [1, 2850],
    ],
    breath: 0.03,
    roll: 0,
    rollRate: 0,
    attack: 0.04,
    release: 0.09,
    level: 0.6,
  };
}

/** A chirp, about 0.18 s: a short call that rises by 10 semitones to 1.33 times the note's pitch (moved into 620-1240 Hz). */
export class Chirp extends CatVoice {
  override readonly name = 'Chirp';
  protected override readonly call: Call = {
    low: 620,
    shortest: 0.16,
    longest: 0.2,
    pitch: [
      [0, 0.8],
      [1, 1.4],
    ],
    mouth: [
      [0, 900],
      [1, 1500],
    ],
    throat: [
      [0, 2700],
      [1, 3300],
    ],
    breath: 0.05,
    roll: 0,
    rollRate: 0,
    attack: 0.012,
    release: 0.04,
    level: 0.45,
  };
}

/** A trill, 0.3-0.7 s: a rolled, rising greeting (the note's pitch moved into 330-660 Hz). */
export class Trill extends CatVoice {
  override readonly name = 'Trill';
  protected override readonly call: Call = {
    low: 330,
    shortest: 0.3,
    longest: 0.7,
    pitch: [
      [0, 0.85],
      [0.5, 1],
      [1, 1.3],
    ],
    mouth: [
      [0, 600],
      [1, 950],
    ],
    throat: [
      [0, 2500],
      [1, 2900],
    ],
    breath: 0.05,
    roll: 0.7,
    rollRate: 25,
    attack: 0.02,
    release: 0.06,
    level: 1,
  };
}

/** A mrrp, 0.25-0.5 s: a low, soft, rolled call that falls (the note's pitch moved into 220-440 Hz). */
export class Mrrp extends CatVoice {
  override readonly name = 'Mrrp';
  protected override readonly call: Call = {
    low: 220,
    shortest: 0.25,
    longest: 0.5,
    pitch: [
      [0, 1],
      [0.3, 1.05],
      [1, 0.75],
    ],
    mouth: [
      [0, 450],
      [1, 400],
    ],
    throat: [
      [0, 1900],
      [1, 1600],
    ],
    breath: 0.08,
    roll: 0.8,
    rollRate: 28,
    attack: 0.03,
    release: 0.08,
    level: 1.1,
  };
}

/** A hiss: soft breath around the teeth, without a pitch; `midi` is its brightness. Three native nodes a voice. */
export class Hiss extends NoisyInstrument {
  override readonly name = 'Hiss';

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 1, ...settings });
  }

  protected override createVoice(output: AudioNode): Voice {
    const [gain, level] = createLevel(this.context, output);
    const [high] = createFilter(this.context, 'highpass', { frequency: 2500, Q: 0 }, gain);
    const [teeth, brightness] = createFilter(this.context, 'bandpass', { frequency: 6000, Q: 0.7 }, high);
    this.noise.connect(teeth);
    return {
      level,
      lines: [brightness],
      play: ({ time, duration, midi, velocity }) => {
        brightness.step(4500 + 50 * Math.min(96, Math.max(36, midi)), time);
        const length = Math.min(1.2, Math.max(0.3, duration));
        const envelope = { attack: 0.08, decay: length, sustain: 0.4, release: 0.15 };
        return playEnvelope(level, envelope, { time, duration: length, peak: 0.25 * velocity });
      },
    };
  }
}

/** Breaths of a purring cat, in and out. */
const breathLength: Seconds = 0.9;
/** Purring pulses a second while breathing in and out. */
const pulses = { inhale: 25.3, exhale: 27.3 } as const;

/**
 * A purr: noise through three resonances, opened by 25-27 pulses a second, breath by breath, as long as the note. The lowest
 * resonance sings the note's pitch, moved into 130-260 Hz. Twelve native nodes a voice.
 */
export class Purr extends NoisyInstrument {
  override readonly name = 'Purr';

  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 1, ...settings });
  }

  protected override createVoice(output: AudioNode): Voice {
    const { context } = this;
    const [gain, level] = createLevel(context, output);
    const [lungs, breath] = createLevel(context, gain);
    const gate = createGain(context, 0.22, lungs);
    const wave = Float32Array.from({ length: 14 }, (_, k) => (k === 0 ? 0 : Math.exp(-((k / 7) ** 2))));
    const pulse = context.createOscillator();
    pulse.setPeriodicWave(context.createPeriodicWave(wave, new Float32Array(wave.length)));
    pulse.frequency.value = pulses.inhale;
    pulse.start(context.currentTime);
    pulse.connect(gate.gain);
    const [chest, pitch] = createFilter(context, 'bandpass', { Q: 9 }, createGain(context, 5, gate));
    const [throat] = createFilter(context, 'bandpass', { frequency: 420, Q: 4 }, createGain(context, 1.6, gate));
    const [nose] = createFilter(context, 'bandpass', { frequency: 950, Q: 3 }, createGain(context, 0.6, gate));
    for (const resonance of [chest, throat, nose]) this.noise.connect(resonance);
    const rate = new Line(pulse.frequency);
    return {
      level,
      lines: [breath, rate, pitch],
      play: ({ time, duration, midi, velocity }) => {
        const length = Math.max(0.4, duration);
        pitch.step(fold(midiToHertz(midi), 130), time);
        breath.step(0.35, time);
        for (let start = 0, inhale = true; start < length; start += breathLength, inhale = !inhale) {
          rate.step(inhale ? pulses.inhale : pulses.exhale, time + start);
          breath
            .linear(inhale ? 0.8 : 1, time + start + 0.35 * breathLength)
            .linear(inhale ? 0.7 : 0.85, time + start + 0.75 * breathLength)
            .linear(0.35, time + start + breathLength);
        }
        const envelope = { attack: 0.06, decay: 0.1, sustain: 1, release: 0.2 };
        return playEnvelope(level, envelope, { time, duration: length, peak: 3.5 * velocity });
      },
    };
  }
}

/** Moves a frequency by octaves into [low, 2 x low). */
function fold(hertz: number, low: number): number {
  return hertz * 2 ** -Math.floor(Math.log2(hertz / low));
}

function follow(line: Line, contour: Contour, scale: number, time: Seconds, length: Seconds): void {
  contour.forEach(([share, value], i) => {
    if (i === 0) line.step(value * scale, time);
    else line.exponential(value * scale, time + share * length);
  });
}
