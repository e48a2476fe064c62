import type { Mode, MusicalParameters, Score } from '@bnc/contracts';
import type { renderScore } from '@bnc/offline-renderer/instruments';

/** Pitch classes by name. */
const pitches = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'Gb', 'G', 'Ab', 'A', 'Bb', 'B'];
const sharps: Readonly<Record<string, string>> = { 'C#': 'Db', 'D#': 'Eb', 'F#': 'Gb', 'G#': 'Ab', 'A#': 'Bb' };

/** Modes whose third is minor. */
const minorModes: readonly (Mode | undefined)[] = ['minor', 'dorian'];

/** Length of the chord, in s. */
const seconds = 1.8;

/** Presses within this many ms count as one. */
const apartMs = 1000;

/** Gain of about -30 LUFS: softer than a phrase, under which it may sound. */
const gain = 0.5;

/** Sample rate of the chord in hertz, and the time in s that its reverb adds. */
const sampleRate = 44_100;
const ringSeconds = 1.7;

type Key = Pick<MusicalParameters, 'tonic' | 'mode'>;

/**
 * The chord that replies to a press of Play, in the key that the room plays in. It is rendered before the press, so
 * that it sounds as soon as the device does.
 */
export class Hello {
  readonly #render: Promise<typeof renderScore>;
  #key = '';
  #buffer: Promise<AudioBuffer> | undefined;
  #playing: GainNode | undefined;
  #playedAt = Number.NEGATIVE_INFINITY;

  constructor(render: Promise<typeof renderScore>) {
    this.#render = render;
  }

  /** Renders the chord of a key, unless it is there. */
  prepare({ tonic = 'F', mode }: Key = {}): void {
    const key = `${tonic} ${mode}`;
    if (key === this.#key) return;
    this.#key = key;
    const length = Math.round((seconds + ringSeconds) * sampleRate);
    const score = chordOf(tonic, mode);
    this.#buffer = this.#render.then((render) => render({ score, gain, sampleRate, length }));
    // Without it the room plays all the same.
    this.#buffer.catch(() => {});
  }

  /** Plays the chord. Presses within a second count as one. */
  play(output: AudioNode): void {
    const now = performance.now();
    if (!this.#buffer || now - this.#playedAt < apartMs) return;
    this.#playedAt = now;
    const own = new GainNode(output.context);
    this.#playing = own;
    void this.#buffer.then((buffer) => {
      if (this.#playing !== own) return;
      const source = new AudioBufferSourceNode(output.context, { buffer });
      source.onended = () => own.disconnect();
      source.connect(own).connect(output);
      source.start();
    });
  }

  /** Ends it. */
  stop(): void {
    this.#playing?.gain.setTargetAtTime(0, 0, 0.01);
    this.#playing = undefined;
  }
}

/** Root, fifth, third, fifth and ninth, over more than two octaves: strummed from below. */
function chordOf(tonic: string, mode: Mode | undefined): Score {
  const home = 48 + Math.max(0, pitches.indexOf(sharps[tonic] ?? tonic));
  const third = minorModes.includes(mode) ? 15 : 16;
  const notes = [0, 7, third, 19, 26].map((interval, index) => ({
    time: index * 0.035,
    duration: seconds - index * 0.1,
    midi: home + interval,
    velocity: 0.5,
  }));
  const effects = { reverb: { wet: 0.3, decay: 2 } };
  return { tempo: 120, duration: seconds, prngSeed: 1, tracks: [{ instrument: 'epiano', effects, notes }] };
}

/** Five clicks, a second apart. */
export const clickScore: Score = {
  tempo: 120,
  duration: 5,
  prngSeed: 1,
  tracks: [
    {
      instrument: 'marimba',
      notes: [0, 1, 2, 3, 4].map((time) => ({ time, duration: 0.05, midi: 84, velocity: 0.8 })),
    },
  ],
};
