import type { Hertz, MeowContour, Seconds } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { fold, midiToHertz } from '../pitch.ts';
import { addModes, highpass, lowpass, Resonance, whiteNoise } from './filters.ts';
import { read, sine } from './oscillators.ts';
import { fade, type Recording, type Take } from './recording.ts';

/** Values over the length of a call: shares of its duration (0-1), and the value at each. */
type Course = readonly (readonly [share: number, value: number])[];

/** A voiced call of a cat. */
interface Call {
  /** Pitch of the note, moved by octaves to where a cat would sing it. */
  readonly hertz: Hertz;
  readonly length: Seconds;
  /** Pitch in semitones over the note's. */
  readonly pitch: Course;
  /** How open the mouth is: the first formant over that of an open tube. */
  readonly mouth: Course;
  /** Share of breath noise in the voice. */
  readonly breath: number;
  /** Roll of a trill: pulses a second and how deep they cut, 0 for none. */
  readonly rollRate: Hertz;
  readonly roll: number;
  readonly attack: Seconds;
  readonly release: Seconds;
}

/** Speed of sound in the warm, wet air of a throat, in cm/s. */
const soundSpeed = 35_000;
/** Greatest change of a period at random: its mean change from one period to the next is 1.5 %, the jitter of a living voice. */
const jitter = 0.0225;

/**
 * Records a voice: pulses whose periods change a little at random, through the formants of a tube that is closed at one end, (2n - 1)
 * c / 4L, the first one moved by the mouth.
 * @see Schötz and Eklund, "A comparative acoustic analysis of purring in four cats" (TMH-QPSR 51, 2011); Schötz, van de Weijer and
 * Eklund, "Melody matters: an acoustic study of domestic cat meows in six contexts and four mental states" (2024)
 */
function recordCall(take: Take, call: Call): Recording {
  const { midi, turn, tract, sampleRate } = take;
  const length = Math.round(call.length * sampleRate);
  const roll = rollOf(call, length, sampleRate);
  const source = voiceOf(take, call, roll);
  const noise = whiteNoise(length, midi * 31 + turn, sampleRate);
  lowpass(source, 2200, sampleRate);
  for (let i = 0; i < length; i++) {
    const cut = roll[i] ?? 0;
    source[i] = (source[i] ?? 0) * (1 - cut) + call.breath * (noise[i] ?? 0) * (1 - 0.7 * cut);
  }
  const quarter = soundSpeed / (4 * tract);
  const sound = source.map((sample) => 0.08 * sample);
  const mouth = new Resonance(sampleRate, quarter, 150);
  for (let from = 0; from < length; from += 64) {
    mouth.tune(quarter * at(call.mouth, from / length), 150);
    mouth.addTo(sound.subarray(from, from + 64), source.subarray(from, from + 64), 1);
  }
  addModes(
    sound,
    source,
    [3, 5, 7].map((odd, i) => [quarter * odd, 90 + 60 * odd, [0.7, 0.45, 0.25][i] ?? 0]),
    sampleRate,
  );
  highpass(sound, 120, sampleRate);
  return { channels: [fade(new Float32Array(sound), sampleRate, call.attack, call.release)] };
}

/** How deep the pulses of a roll cut, 0-1, at each sample. */
function rollOf({ roll, rollRate }: Call, length: number, sampleRate: Hertz): Float64Array {
  const rolls = new Float64Array(length);
  if (roll === 0) return rolls;
  for (let i = 0; i < length; i++) rolls[i] = roll * (0.5 - 0.5 * read(sine, (i * rollRate) / sampleRate + 0.25));
  return rolls;
}

/** Samples between two points of a pitch, which is straight between them. */
const pitchStep = 16;

/** The pulses of a voice, whose periods change a little at random. */
function voiceOf({ midi, turn, sampleRate }: Take, call: Call, roll: Float64Array): Float64Array<ArrayBuffer> {
  const random = mulberry32(midi * 31 + turn + 1);
  const voice = new Float64Array(roll.length);
  const pitchAt = (i: number): number => (call.hertz / sampleRate) * 2 ** (at(call.pitch, i / roll.length) / 12);
  let phase = 0;
  let luck = 1;
  let pitch = pitchAt(0);
  for (let from = 0; from < voice.length; from += pitchStep) {
    const rise = (pitchAt(from + pitchStep) - pitch) / pitchStep;
    for (let i = from; i < Math.min(voice.length, from + pitchStep); i++, pitch += rise) {
      const step = pitch * (1 - 0.06 * (roll[i] ?? 0)) * luck;
      phase += step;
      if (phase >= 1) {
        phase -= 1;
        luck = 1 + jitter * (2 * random() - 1);
      }
      voice[i] = saw(phase, step);
    }
  }
  return voice;
}

/** A saw whose step is rounded, against mirrored partials (Välimäki and Huovilainen 2007). */
function saw(phase: number, turn: number): number {
  const plain = 2 * phase - 1;
  if (phase >= turn && phase <= 1 - turn) return plain;
  if (phase < turn) return plain - (2 * (phase / turn) - (phase / turn) ** 2 - 1);
  const left = (phase - 1) / turn;
  return plain - (left * left + 2 * left + 1);
}

/** Finds a value of a course, on a smooth way between its points. */
function at(course: Course, share: number): number {
  let next = 0;
  while (next < course.length && (course[next]?.[0] ?? 0) <= share) next++;
  const from = course[Math.max(0, next - 1)];
  const to = course[Math.min(next, course.length - 1)];
  if (!from || !to || to[0] <= from[0]) return from?.[1] ?? 0;
  const way = Math.max(0, (share - from[0]) / (to[0] - from[0]));
  return from[1] + (to[1] - from[1]) * way * way * (3 - 2 * way);
}

/** Where a meow's pitch goes, in semitones under its highest. */
const contours: Readonly<Record<MeowContour, Course>> = {
  greeting: [
    [0, -4.2],
    [0.3, -1.6],
    [0.75, 0],
    [1, -0.3],
  ],
  question: [
    [0, -4.6],
    [0.15, -4],
    [0.5, -4],
    [0.95, 0],
    [1, 0],
  ],
  sad: [
    [0, -1],
    [0.18, 0],
    [0.5, -1.5],
    [1, -6],
  ],
};

/** Limits a meow's length, in steps of 0.05 s: each length is a recording. */
export function meowLength(duration: Seconds): Seconds {
  return Math.round(Math.min(0.9, Math.max(0.45, duration)) * 20) / 20;
}

/**
 * A meow, 0.45-0.9 s, highest at the note's pitch (moved into 400-800 Hz): a greeting rises and stays up, a question is level and then
 * rises, a sad one falls.
 */
export function recordMeow(take: Take): Recording {
  return recordCall(take, {
    hertz: fold(midiToHertz(take.midi), 400),
    length: take.duration + 0.09,
    pitch: contours[take.contour],
    mouth: [
      [0, 0.5],
      [0.12, 0.6],
      [0.45, 1.3],
      [0.7, 1.15],
      [1, 0.55],
    ],
    breath: 0.1,
    roll: 0,
    rollRate: 0,
    attack: 0.05,
    release: 0.1,
  });
}

/**
 * A chirp, 0.18 s: a short call that rises by 10 semitones, from 0.79 to 1.38 times the note's pitch (moved into
 * 620-1240 Hz).
 */
export function recordChirp(take: Take): Recording {
  return recordCall(take, {
    hertz: fold(midiToHertz(take.midi), 620),
    length: 0.22,
    pitch: [
      [0, -4],
      [0.85, 5.6],
      [1, 5.6],
    ],
    mouth: [
      [0, 0.9],
      [1, 1.5],
    ],
    breath: 0.08,
    roll: 0,
    rollRate: 0,
    attack: 0.012,
    release: 0.05,
  });
}

/** Limits the length of a rolled call. */
export function rolledLength(shortest: Seconds, longest: Seconds): (duration: Seconds) => Seconds {
  return (duration) => Math.round(Math.min(longest, Math.max(shortest, duration)) * 20) / 20;
}

/** A trill, 0.3-0.7 s: a rolled greeting that rises by 7 semitones, at the note's pitch where that lies in 220-880 Hz. */
export function recordTrill(take: Take): Recording {
  return recordCall(take, {
    hertz: fold(midiToHertz(take.midi), 220, 2),
    length: take.duration + 0.06,
    pitch: [
      [0, -2.8],
      [0.5, 0],
      [1, 4.5],
    ],
    mouth: [
      [0, 0.6],
      [1, 1],
    ],
    breath: 0.06,
    roll: 0.85,
    rollRate: 25,
    attack: 0.02,
    release: 0.06,
  });
}

/** A mrrp, 0.25-0.5 s: a low, soft, rolled call that falls by 5 semitones, at the note's pitch where that lies in 160-640 Hz. */
export function recordMrrp(take: Take): Recording {
  return recordCall(take, {
    hertz: fold(midiToHertz(take.midi), 160, 2),
    length: take.duration + 0.08,
    pitch: [
      [0, 0],
      [0.3, 0.8],
      [1, -5],
    ],
    mouth: [
      [0, 0.5],
      [1, 0.4],
    ],
    breath: 0.08,
    roll: 0.9,
    rollRate: 28,
    attack: 0.03,
    release: 0.08,
  });
}

/** Limits the length of a hiss. */
export function hissLength(duration: Seconds): Seconds {
  return Math.round(Math.min(1.2, Math.max(0.3, duration)) * 10) / 10;
}

/** A hiss, 0.3-1.2 s: breath around the teeth, without a pitch; `midi` is its brightness. */
export function recordHiss({ midi, duration, sampleRate, turn }: Take): Recording {
  const samples = new Float32Array(Math.round((duration + 0.15) * sampleRate));
  const noise = whiteNoise(samples.length, midi + turn, sampleRate);
  const teeth = new Float64Array(samples.length);
  addModes(teeth, noise, [[4500 + 50 * Math.min(96, Math.max(36, midi)), 5000, 1]], sampleRate);
  highpass(teeth, 2500, sampleRate);
  for (let i = 0; i < samples.length; i++) samples[i] = (teeth[i] ?? 0) * (1 - 0.6 * (i / samples.length));
  return { channels: [fade(samples, sampleRate, 0.08, Math.min(0.3, duration))] };
}

/** Pulses of a breath in and of a breath out, each of 0.9 s: 25.6 and 27.8 a second. */
const breaths = [
  { pulses: 23, level: 0.75 },
  { pulses: 25, level: 1 },
] as const;
const breathLength: Seconds = 0.9;

/** Resonances of a small body. */
const body = [
  [300, 130, 1],
  [480, 180, 0.9],
  [850, 260, 0.7],
] as const;

/**
 * A purr, as long as the note: 25.6 pulses a second while breathing in, 27.8 while breathing out, 0.9 s each. Each
 * pulse is a burst of noise through the resonances of a small body (250-900 Hz) with a tick of 1-3 kHz; the chest below
 * 200 Hz, which would blur the bass, is left out. `midi` sets the colour. Mono.
 * @see Eklund, Peters and Duthie, "An acoustic analysis of purring in the cheetah and in the domestic cat" (2010)
 */
export function recordPurr({ midi, tract, sampleRate }: Take): Recording {
  const frames = Math.round(breathLength * sampleRate);
  const colour = (9 / tract) * 2 ** (Math.min(12, Math.max(-12, midi - 48)) / 48);
  const breathed = breaths.map((breath) => breathOf(breath, frames));
  // The breath out once before, so that the loop has no seam.
  const bursts = whiteNoise(3 * frames, midi, sampleRate);
  for (let i = 0; i < bursts.length; i++) {
    const breath = breathed[Math.floor(i / frames) % 2 === 0 ? 1 : 0];
    bursts[i] = (breath?.[i % frames] ?? 0) * (bursts[i] ?? 0);
  }
  const sound = new Float64Array(bursts.length);
  const modes = [[1500, 1400, 0.3], ...body].map(
    ([hertz = 0, width = 0, level = 0]) => [hertz * colour, width, level] as const,
  );
  addModes(sound, bursts, modes, sampleRate);
  for (const hertz of [180, 180]) highpass(sound, hertz, sampleRate);
  for (const hertz of [2600, 2600]) lowpass(sound, hertz, sampleRate);
  const samples = new Float32Array(sound.subarray(frames));
  return { channels: [samples], loop: [0, samples.length] };
}

/** Samples between two points of a breath's level, which is straight between them. */
const breathStep = 64;

/** The level of each sample of a breath: pulses that begin hard. */
function breathOf({ pulses, level }: (typeof breaths)[number], frames: number): Float64Array {
  const levels = new Float64Array(frames);
  const breathAt = (i: number): number => level * (0.25 + 0.75 * Math.sin(Math.PI * Math.min(1, i / frames)) ** 0.7);
  const turn = pulses / frames;
  const fall = Math.exp(-7 * turn);
  let phase = 0;
  let pulse = 1;
  for (let from = 0; from < frames; from += breathStep) {
    let breath = breathAt(from);
    const rise = (breathAt(from + breathStep) - breath) / breathStep;
    for (let i = from; i < Math.min(frames, from + breathStep); i++, breath += rise) {
      levels[i] = breath * pulse * Math.min(1, phase * 12);
      phase += turn;
      pulse *= fall;
      if (phase >= 1) {
        phase -= 1;
        pulse = Math.exp(-7 * phase);
      }
    }
  }
  return levels;
}
