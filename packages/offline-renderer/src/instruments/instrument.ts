import type { InstrumentOptions, ScoreNote, Seconds } from '@bnc/contracts';
import { type Connectable, connect, type InstrumentContext } from './context.ts';
import type { Line } from './line.ts';
import type { Mix } from './mix.ts';
import type { Recordings } from './recordings.ts';
import { createFilter } from './voices.ts';

/** One voice of an instrument, which plays one note at a time: native nodes that last as long as the instrument, or a voice of a mix. */
export interface Voice {
  /** The line that silences the voice at 0. */
  readonly level: Line;
  /** All other lines. */
  readonly lines: readonly Line[];
  /** Schedules a note. @returns when it is silent again. */
  play(note: ScoreNote): Seconds;
}

/** Settings of every instrument. */
export interface InstrumentSettings extends InstrumentOptions {
  /** The context of its nodes. */
  readonly context: InstrumentContext;
  /** Seed of its noise. Default 1. */
  readonly seed?: number;
  /**
   * Most notes that sound at a time, 1-64. One more cuts off the note that would end first. Default: 2-16, by the
   * instrument.
   */
  readonly maxVoices?: number;
  /**
   * Where computed recordings are kept, to share them between instruments. Default: in the instrument itself, at most
   * 48 MiB.
   */
  readonly recordings?: Recordings;
  /**
   * Mixes all notes into one buffer, which plays after `finish` is called; the `sampler` plays without it. Only for a context that
   * renders a whole score. Default: notes are nodes.
   */
  readonly mix?: Mix;
  /** Notes that are held at a time: at least that many can sound, whatever `maxVoices` says. Default 1. */
  readonly polyphony?: number;
}

/** A voice that is needed for a new note fades out in this time before it. */
const fade: Seconds = 0.004;

/**
 * Plays notes through a pool of voices of native nodes, in a native or a Tone.js context. Voices are made when needed and used again: in the Rust engine,
 * every native node costs time in every block from the start on, so that one node per note would make the cost of a score
 * grow with the square of its length.
 */
export abstract class Instrument {
  /** Name of the class. */
  abstract readonly name: string;
  /** The context of its nodes. */
  readonly context: InstrumentContext;
  /** Where its sound comes out. */
  readonly output: GainNode;
  /** Mixes its notes, if anything does. */
  protected readonly mix: Mix | undefined;
  readonly #voices: { readonly voice: Voice; busyUntil: Seconds }[] = [];
  readonly #maxVoices: number;
  readonly #bus: AudioNode;

  constructor({ context, maxVoices = 12, polyphony = 1, volume = 0, filter, mix }: InstrumentSettings) {
    this.context = context;
    this.mix = mix;
    this.output = context.createGain();
    this.output.gain.value = 10 ** (volume / 20);
    this.#bus = filter ? createFilter(context, filter.type ?? 'lowpass', filter, this.output)[0] : this.output;
    this.#maxVoices = Math.max(maxVoices, polyphony);
  }

  /**
   * Schedules a note. Notes must come in order of time, none before the context's current time.
   * @returns when the note is silent: at its end plus its release.
   */
  play(note: ScoreNote): Seconds {
    if (!(note.velocity > 0)) return note.time;
    const slot = this.#free(note.time);
    const silent = slot.voice.play(note);
    slot.busyUntil = silent;
    return silent;
  }

  /** Says that no more notes come: needed with `mix` only. */
  finish(): void {
    this.mix?.start();
  }

  /** Connects `output` to a native or Tone.js node. */
  connect(destination: Connectable): this {
    connect(this.output, destination);
    return this;
  }

  /** Connects `output` to the destination of its context. */
  toDestination(): this {
    return this.connect(this.context.destination);
  }

  /** Disconnects `output` from everything. */
  disconnect(): this {
    this.output.disconnect();
    return this;
  }

  /** Makes one more voice that plays to `output`. */
  protected abstract createVoice(output: AudioNode): Voice;

  #free(time: Seconds): { readonly voice: Voice; busyUntil: Seconds } {
    const idle = this.#voices.find(({ busyUntil }) => busyUntil <= time);
    // What a short note leaves unfinished would keep its last ramp from being one.
    for (const line of idle?.voice.lines ?? []) line.cut(time);
    if (idle) return idle;
    const first = this.#voices.toSorted((a, b) => a.busyUntil - b.busyUntil)[0];
    if (!first || this.#voices.length < this.#maxVoices) {
      const slot = { voice: this.createVoice(this.#bus), busyUntil: 0 };
      this.#voices.push(slot);
      return slot;
    }
    const from = Math.max(0, time - fade);
    first.voice.level.cut(from).linear(0, time);
    for (const line of first.voice.lines) line.cut(time);
    return first;
  }
}
