import type { MeowContour, MidiNote, ScoreNote, Seconds } from '@bnc/contracts';
import { type Envelope, playEnvelope } from './envelope.ts';
import { Instrument, type InstrumentSettings, type Voice } from './instrument.ts';
import { Line } from './line.ts';
import { type KeptRecording, Recordings } from './recordings.ts';
import { normalize, type Recording, type Take } from './sounds/recording.ts';
import { createLevel } from './voices.ts';

/** How an instrument is recorded. */
export interface Sound {
  /** Layers of velocity, each with a timbre of its own. */
  readonly layers: number;
  /** Recordings that are played in turn, where the same one again would sound like a machine. Default 1. */
  readonly turns?: number;
  /** The envelope of a note; without attack and with full sustain, the recording's own. */
  readonly envelope: Envelope;
  /** Factor on the common level of recordings, at full velocity. */
  readonly level: number;
  /** Returns the length of a note that the sound depends on. Default: it does not. */
  readonly lengthOf?: (duration: Seconds) => Seconds;
  /** Computes a recording. */
  readonly record: (take: Take) => Recording;
}

/** A recording serves the note itself, the semitone below and the one above: a third as many to compute and to keep. */
const shared = 3;

/** An attack below this is the recording's own, and no note is shorter: 1 ms. */
const least: Seconds = 0.001;

/**
 * Plays recordings that are computed: pure functions from a note to samples, the same on every platform. A recording
 * for every third semitone and each layer plays at the rate of the note, and starts at the frame nearest to it. Two
 * native nodes a voice, one of them a source that ends with the note; or, where a whole score is rendered, one source
 * for all notes, mixed beforehand: in Node each source costs time in every block, from the start of the score on.
 */
export abstract class RecordedInstrument extends Instrument {
  protected abstract readonly sound: Sound;
  readonly #recordings: Recordings;
  readonly #settings: InstrumentSettings;
  readonly #contour: MeowContour;
  readonly #tract: number;
  #turn = 0;

  constructor(settings: InstrumentSettings) {
    super(settings);
    this.#settings = settings;
    this.#recordings = settings.recordings ?? new Recordings();
    this.#contour = settings.contour ?? 'greeting';
    this.#tract = settings.tract ?? 9;
  }

  protected override createVoice(output: AudioNode): Voice {
    const { mix } = this;
    const [gain, level] = mix ? [undefined, new Line()] : createLevel(this.context, output);
    let source: AudioBufferSourceNode | undefined;
    let end: Seconds = 0;
    const mixed = mix?.addVoice(level, output);
    return {
      level,
      lines: [],
      play: (note) => {
        const { sampleRate } = this.context;
        const time = Math.round(note.time * sampleRate) / sampleRate;
        const recording = this.#recordingOf(note);
        // This note took the voice of one that still sounds.
        if (end > time) source?.stop(time);
        mixed?.flush();
        const rate = note.midi === rootOf(note.midi) ? 1 : 2 ** ((note.midi - rootOf(note.midi)) / 12);
        end = this.#playLevel(level, { ...note, time }, recording, rate);
        mixed?.set(recording, time, rate);
        if (gain) {
          source = this.#startSource(recording, { time, end, rate });
          source.connect(gain);
        }
        return end;
      },
    };
  }

  #playLevel(
    level: Line,
    { time, duration, velocity }: ScoreNote,
    { length, loop }: KeptRecording,
    rate: number,
  ): Seconds {
    const envelope = { ...this.sound.envelope, ...this.#settings.envelope };
    const { attack, sustain } = envelope;
    const peak = this.sound.level * velocity;
    if (attack >= least || sustain < 1) return playEnvelope(level, envelope, { time, duration, peak });
    const released = time + Math.max(duration, least);
    const end = loop ? Number.POSITIVE_INFINITY : time + length / rate / this.context.sampleRate;
    level.step(peak, time);
    if (released >= end) {
      level.hold(end);
      return end;
    }
    const release = Math.max(envelope.release, 0.003);
    level.hold(released);
    // A recording that ends before its release takes that much of it.
    if (released + release >= end) {
      level.exponential(peak * 0.001 ** ((end - released) / release), end);
      return end;
    }
    level.exponential(peak / 1000, released + release - 0.0015).linear(0, released + release);
    return released + release;
  }

  #startSource(
    recording: KeptRecording,
    { time, end, rate }: { readonly time: Seconds; readonly end: Seconds; readonly rate: number },
  ): AudioBufferSourceNode {
    const source = this.context.createBufferSource();
    const { sampleRate } = this.context;
    source.buffer = recording.toBuffer(this.context);
    if (rate !== 1) source.playbackRate.value = rate;
    if (recording.loop) {
      source.loop = true;
      source.loopStart = recording.loop[0] / sampleRate;
      source.loopEnd = recording.loop[1] / sampleRate;
    }
    source.start(time);
    source.stop(end);
    return source;
  }

  #recordingOf({ midi, velocity, duration }: ScoreNote): KeptRecording {
    const { layers, turns = 1, lengthOf, record } = this.sound;
    const layer = Math.min(layers - 1, Math.floor(velocity * layers));
    const take: Take = {
      midi: rootOf(midi),
      velocity: (layer + 0.5) / layers,
      sampleRate: this.context.sampleRate,
      duration: lengthOf?.(duration) ?? 0,
      turn: this.#turn++ % turns,
      contour: this.#contour,
      tract: this.#tract,
    };
    return this.#recordings.get(`${this.name} ${JSON.stringify(take)}`, () => normalize(record(take), take.sampleRate));
  }
}

/** The semitone whose recording plays a note. */
function rootOf(midi: MidiNote): MidiNote {
  return shared * Math.round(midi / shared);
}
