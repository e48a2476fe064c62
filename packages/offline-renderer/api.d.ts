// @bnc/offline-renderer

import { AudioBufferLike, Hertz, Lufs, MidiNote, MusicalParameters, NormalRange, Score, ScoreLimits, Seconds } from "@bnc/contracts";
import * as tone from "tone";
/** How a render may end without a result. */
type RenderErrorCode = "RENDER_ABORTED" | "RENDER_CLOSED" | "RENDER_CRASHED" | "RENDER_FAILED" | "RENDER_INVALID_SCORE" | "RENDER_LOUDNESS" | "RENDER_MODULE_FAILED" | "RENDER_OUT_OF_MEMORY" | "RENDER_QUEUE_FULL" | "RENDER_TIMEOUT" | "RENDER_UNSUPPORTED";
/** Reports a render that ended without a result. Test `code`; the README says what to do for each code. */
export declare class RenderError extends Error {
  override readonly name = "RenderError";
  /** What went wrong; stable across releases. */
  readonly code: RenderErrorCode;
  constructor(code: RenderErrorCode, message: string, options?: ErrorOptions);
}
/** Recordings by the MIDI note that each one sounds at, 0-127. */
type Samples = Readonly<Record<MidiNote, AudioBufferLike>>;
/** Samples as they cross between processes. */
interface PlainBuffer {
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** One array per channel, all of one length. */
  readonly channels: readonly Float32Array<ArrayBuffer>[];
}
/** A part of a preview: with a fixed gain, limited, not mastered. The mastered result has a different level. */
interface PreviewPart extends PlainBuffer {
  /** First frame of this part, counted from the start. */
  readonly from: number;
}
/** Counts of a pool. */
interface PoolStats {
  /** Processes that are ready and idle now. */
  readonly idle: number;
  /** Processes that render. */
  readonly running: number;
  /** Processes that are being started. */
  readonly starting: number;
  /** Renders that wait. */
  readonly queued: number;
  /** Renders that have ended with a result. */
  readonly rendered: number;
  /** Renders that have ended with an error. */
  readonly failed: number;
  /** Processes that have been started. */
  readonly started: number;
}
/** Options of an `OfflineRenderer`. */
interface OfflineRendererOptions {
  /** Renders that run at the same time, each in a process of its own, 1-64. Default: one less than the CPUs, at least 1. */
  readonly workers?: number;
  /** Processes kept warm beyond `workers`, 0-8: a killed one is replaced at once, and `gainOf` need not wait. Default 1. */
  readonly spares?: number;
  /** Renders that may wait, 0-1,000,000. One more fails with `RENDER_QUEUE_FULL`. Default 100. */
  readonly maxQueue?: number;
  /** Longest time that a render may take, from its start in a process, in milliseconds, 1-3,600,000. Default 30,000. */
  readonly timeoutMs?: number;
  /** Most memory that a process may hold, buffers included, in MiB, 128-65,536. Default 1024. */
  readonly maxMemoryMb?: number;
  /** Renders after which a new process replaces the old one, 1-1,000,000. Default 200. */
  readonly maxRendersPerProcess?: number;
  /** Frames a second, a whole number of 8,000-192,000. Default 44,100. */
  readonly sampleRate?: Hertz;
  /** Bounds on scores. Default: `defaultLimits`. */
  readonly limits?: Partial<ScoreLimits>;
  /**
   * The program of the render processes, as the URL of a file. Needed when a bundler moves this code: give the place of
   * `@bnc/offline-renderer/render-program`. Default: the file that is installed with this code.
   */
  readonly program?: URL;
  /**
   * What each new process renders once, while it has nothing else to do, so that its first render takes no longer than later ones:
   * scores that use the instruments, the `finish` and the sample rate of those to come. Results are thrown away. Default: nothing.
   */
  readonly warmUp?: readonly WarmUpRender[];
}
/** One render of a warm-up; its input is not a module. */
interface WarmUpRender extends Partial<Pick<FinishRenderOptions, "sampleRate" | "samples" | "finish" | "finishOptions">> {
  readonly input: Score | MusicalParameters;
}
/** Options of one render. */
interface RenderOptions {
  /** Ends the render at any stage with `RENDER_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** The queue serves its keys in turn, such as one key per room. Default: one key for all. */
  readonly key?: string | undefined;
  /** Called with the share that is done, 0-1, after each third of a second of sound. What it throws ends this render. Scores only. */
  readonly onProgress?: ((share: NormalRange) => void) | undefined;
  /**
   * Called with the sound piece by piece, a third of a second at a time, long before the render ends. The pieces have a gain
   * that the score fixes; they are limited, not mastered. The buffer that `render` returns is mastered. What it throws ends
   * this render. Scores only.
   */
  readonly onPreview?: ((part: PreviewPart) => void) | undefined;
  /** Frames a second, a whole number of 8,000-192,000. Default: the renderer's. */
  readonly sampleRate?: Hertz | undefined;
  /** Recordings for the `sampler`, by MIDI note (0-127): 1-32 channels of finite samples at 3,000-768,000 Hz. Default: a computed string. */
  readonly samples?: Samples | undefined;
}
/** Options of `gainOf`. */
type GainOptions = Pick<RenderOptions, "signal" | "key" | "samples">;
/** Options of a render that ends in a function of the caller's module. */
interface FinishRenderOptions extends RenderOptions {
  /**
   * A module that exports `finish(buffer, options)`. It runs in the render process: only its result, which must be
   * structured-clonable, is sent to the caller.
   */
  readonly finish: URL;
  /** Second argument of `finish`; structured-clonable. */
  readonly finishOptions?: unknown;
}
/** A graph that the caller's module builds, in place of a score. */
interface GraphInput {
  /**
   * A module that exports `build({ context, Tone, duration }, moduleOptions)`. It runs in the render process, makes Tone.js
   * nodes in `context` and connects them to `context.destination`. It may start the transport.
   */
  readonly module: URL;
  /** Second argument of `build`; structured-clonable. */
  readonly moduleOptions?: unknown;
  /** Length of the render in seconds, tail included: above 0, at most the limits' `maxDuration`. */
  readonly duration: Seconds;
  /**
   * Integrated loudness to master to, -60 to -5 LUFS, within 0.5 LU; `RENDER_LOUDNESS` where it cannot be reached.
   * Default: -16, or as near to it as possible.
   */
  readonly loudness?: Lufs;
}
/** What can be rendered. */
type RenderInput = Score | MusicalParameters | GraphInput;
/**
 * Renders music offline: a score or parameters in, a mastered buffer out. A pool of warm child processes renders. A render
 * that crashes, hangs or takes too much memory reaches the caller only as a `RenderError`. Processes start at the first use;
 * an idle one does not keep the caller's process alive.
 */
export declare class OfflineRenderer {
  #private;
  /**
   * @throws {RangeError} when an option is out of its range.
   * @throws {TypeError} when `program` is not the URL of a file, or `warmUp` holds a module or what cannot be cloned.
   * @throws {RenderError} `RENDER_UNSUPPORTED` when the program of the processes is missing, because a bundler moved
   * this code.
   * @throws {RenderError} `RENDER_INVALID_SCORE` when a score of `warmUp` is wrong.
   */
  constructor(options?: OfflineRendererOptions);
  /**
   * Starts the processes and waits until one is warm. `render` does not need it, but without it the first render waits
   * for the start, about 0.4 s.
   * @throws {RenderError} `RENDER_UNSUPPORTED` when the audio engine does not run here; the message says what to
   * install. `RENDER_CRASHED` when every process ends before it is ready; `RENDER_CLOSED` after `close`.
   */
  ready(): Promise<void>;
  /**
   * Renders and masters a score, parameters (through `compose` of `@bnc/music-engine`) or a graph. The same input at
   * the same sample rate gives the same samples, whatever else runs. The buffer is at least as long as the score; then
   * the tail rings out.
   * @throws {RenderError} Any code of `RenderErrorCode`. What `onProgress` and `onPreview` throw is thrown as it is.
   * @throws {RangeError} when `sampleRate` is not a whole number of 8,000-192,000.
   * @throws {TypeError} when `module` is not a URL.
   */
  render(input: RenderInput, options?: RenderOptions): Promise<AudioBufferLike>;
  /** Renders, calls `finish` of a module with the buffer in the render process, and returns its result. */
  render<T = unknown>(input: RenderInput, options: FinishRenderOptions): Promise<T>;
  /**
   * Measures the factor that brings a score, as a player of scores plays it, to the loudness of its master: within 1 LU
   * for 95 of 100 phrases. The factor is at most 100, and 1 for silence. Renders at 22,050 Hz in the pool, in half the
   * time of a render without its master; the last 1,000 results are kept. Parameters go through `compose`.
   * @throws {TypeError} when `input` is a module.
   * @throws {RenderError} Any code of `RenderErrorCode`.
   */
  gainOf(input: Score | MusicalParameters, { signal, key, samples }?: GainOptions): Promise<number>;
  /** Renders a sine at -20 LUFS as a test tone. Default: 440 Hz for a second. */
  renderTestTone({ frequency, duration, ...options }?: {
    readonly frequency?: Hertz;
    readonly duration?: Seconds;
  } & RenderOptions): Promise<AudioBufferLike>;
  /** Counts of processes and renders, for a health page. */
  stats(): PoolStats;
  /** Ends all processes; renders that wait or run end with `RENDER_CLOSED`. */
  close(): Promise<void>;
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}
/** What `build` of a module is called with. */
interface GraphContext {
  /** The context of the render. It is also the one of Tone.js: nodes that are given none are made in it. */
  readonly context: tone.OfflineContext;
  /** Tone.js itself, the copy that `context` belongs to. A module that imports `tone` gets the same one. */
  readonly Tone: typeof tone;
  /** Length of the render, in seconds. */
  readonly duration: Seconds;
}
/** The limits that apply by default: 120 s, 32 tracks, 10,000 notes, 128 of them at a time. */
export declare const defaultLimits: ScoreLimits;
/**
 * Checks that a value is a score within the limits. `render` does this too; use it to refuse a score before it is queued.
 * @throws {RenderError} `RENDER_INVALID_SCORE` naming the first part that is wrong, its range and its value.
 */
export declare function validateScore(value: unknown, limits?: Partial<ScoreLimits>): asserts value is Score;
export type { FinishRenderOptions, GainOptions, GraphContext, GraphInput, OfflineRendererOptions, PoolStats, PreviewPart, RenderErrorCode, RenderInput, RenderOptions, Samples, WarmUpRender };

// @bnc/offline-renderer/instruments

import { AudioBufferLike, Effects, EnvelopeOptions, Hertz, InstrumentName, InstrumentOptions, Lufs, MeowContour, MidiNote, NormalRange, OscillatorShape, Score, ScoreNote, Seconds } from "@bnc/contracts";
/** What can be connected to: a native node or parameter, or a Tone.js node. */
type Connectable = AudioNode | AudioParam | {
  readonly input: Connectable | undefined;
};
/**
 * What instruments and effects make their nodes with: a native `AudioContext` or `OfflineAudioContext`, a Tone.js context, or
 * a program's own that wraps one.
 */
interface InstrumentContext extends Pick<BaseAudioContext, "createBiquadFilter" | "createBuffer" | "createBufferSource" | "createChannelMerger" | "createConvolver" | "createDelay" | "createGain" | "createIIRFilter" | "createOscillator" | "createPeriodicWave" | "createStereoPanner" | "createWaveShaper" | "sampleRate"> {
  /** When sources start. */
  readonly currentTime: Seconds;
  /** Where `toDestination` leads. */
  readonly destination: Connectable;
  /** Returns a wave in place of the engine's own, or `undefined` to keep that. Browsers play saws and squares 1.4 dB softer than Node. */
  waveOf?(shape: OscillatorShape): PeriodicWave | undefined;
}
/**
 * The course of an `AudioParam`, or of several alike, over time, made of steps and ramps only, in order of time. It knows its value at any
 * time, so that a scheduled note can be cut off when another one needs the voice. (`setTargetAtTime` is not used:
 * the Rust engine extrapolates a future one backwards.)
 */
export declare class Line {
  #private;
  /** @param params What follows the line. Default: nothing; the line is for `writeTo`. */
  constructor(...params: readonly AudioParam[]);
  /** Jumps to a value. `valueAt` forgets everything before it. */
  step(value: number, time: Seconds): this;
  /** Goes straight to a value, from the last point on. */
  linear(value: number, time: Seconds): this;
  /** Goes to a value > 0 in equal ratios, from the last point (> 0) on. */
  exponential(value: number, time: Seconds): this;
  /** Stays where it is until a time. */
  hold(time: Seconds): this;
  /** Finds the value at a time; 0 before the first point. */
  valueAt(time: Seconds): number;
  /** Counts the frames from the last step to the end of the line. */
  frames(sampleRate: Hertz): number;
  /**
   * Writes the values from the last step on, one for each frame, as many as there is room for; after the end of the line its last one.
   *
   * @param from Frames after the last step with which the values begin. Default 0.
   */
  writeTo(values: Float32Array, sampleRate: Hertz, from?: number): void;
  /** Removes everything after a time and ends there, at the value that the line has at that time. */
  cut(time: Seconds): this;
}
/** What a recording is computed from: the same take gives the same samples. */
interface Take {
  /** Pitch, a whole number. */
  readonly midi: MidiNote;
  /** How hard the note is played: the middle of a layer. */
  readonly velocity: NormalRange;
  readonly sampleRate: Hertz;
  /** Length of the note, where the sound depends on it; 0 elsewhere. */
  readonly duration: Seconds;
  /** Which of several that are played in turn, from 0. */
  readonly turn: number;
  readonly contour: MeowContour;
  /** Length of a cat's vocal tract in cm. */
  readonly tract: number;
}
/** A computed recording: one or two channels of equal length. It begins at 0 and, unless it repeats, ends there. */
interface Recording {
  readonly channels: readonly Float32Array<ArrayBuffer>[];
  /** Frames that a held note repeats: from the first to before the second. */
  readonly loop?: readonly [start: number, end: number];
}
/**
 * Computed recordings that were used last, within a budget of bytes. A renderer and a player each keep one, because a recording
 * takes 0.5-20 ms to compute.
 */
export declare class Recordings {
  #private;
  /**
   * @param maxBytes Bytes that all recordings may take, 0 or more. The one that was used longest ago goes first;
   * buffers that still play stay in memory until they end. Default 48 MiB.
   * @throws {RangeError} when `maxBytes` is not a number of 0 or more.
   */
  constructor(maxBytes?: number);
  /** Bytes of the recordings that are kept. */
  get bytes(): number;
  /** Returns the recording of a key, computed by `record` unless it is kept. The key names everything that it depends on. */
  get(key: string, record: () => Recording): KeptRecording;
}
/** A recording as samples, and as a buffer of the engine once a source has asked for it. */
declare class KeptRecording {
  #private;
  /** Frames that a held note repeats. */
  readonly loop: Recording["loop"];
  /** Length in frames. */
  readonly length: number;
  constructor({ channels, loop }: Recording);
  get channels(): Recording["channels"];
  get bytes(): number;
  /** Returns the buffer for sources of any context. */
  toBuffer(context: InstrumentContext): AudioBuffer;
}
/** What a voice of oscillators consists of. */
interface ToneKind {
  readonly wave: OscillatorShape;
  /** How far each oscillator is from the pitch, in cents. */
  readonly detunes: readonly number[];
  /** Whether a sine bends the pitch. */
  readonly isModulated: boolean;
  /** Whether it has a low-pass of its own, after its level. */
  readonly isFiltered: boolean;
}
/** The lines that a voice of oscillators follows. */
interface Tone {
  readonly level: Line;
  /** In Hz. */
  readonly pitch: Line;
  /** The sine that bends the pitch. */
  readonly modulator: ToneModulator | undefined;
  /** The frequency of its low-pass in Hz. */
  readonly cutoff: Line | undefined;
}
/** Lines of a modulator. */
interface ToneModulator {
  /** Its frequency in Hz. */
  readonly speed: Line;
  /** How far it bends the pitch, in Hz. */
  readonly depth: Line;
}
/** A voice of recordings whose notes go into a mix. */
interface MixedVoice {
  /** Sets the note that plays along the voice's line from now on. */
  set(recording: KeptRecording, time: Seconds, rate: number): void;
  /** Mixes that note, when nothing can take its voice any more. */
  flush(): void;
}
/** A voice of oscillators whose notes go into a mix. */
interface MixedTone {
  /** Its lines, which no parameter follows. */
  readonly tone: Tone;
  /** Begins the note whose course the lines have from this time on. */
  begin(time: Seconds): void;
  /** Mixes that note, when nothing can take its voice any more. */
  flush(): void;
}
/** All notes of an instrument as one buffer, and one source that plays it. All voices of a mix have one output. */
interface Mix {
  /** Adds a voice of recordings, whose level is a line that no parameter follows. */
  addVoice(level: Line, output: AudioNode): MixedVoice;
  /** Adds a voice of oscillators, which sounds as `createTone` does. */
  addTone(kind: ToneKind, output: AudioNode): MixedTone;
  /** Plays what has been mixed. */
  start(): void;
}
/** One voice of an instrument, which plays one note at a time: native nodes that last as long as the instrument, or a voice of a mix. */
interface Voice {
  /** The line that silences the voice at 0. */
  readonly level: Line;
  /** All other lines. */
  readonly lines: readonly Line[];
  /** Schedules a note. @returns when it is silent again. */
  play(note: ScoreNote): Seconds;
}
/** Settings of every instrument. */
interface InstrumentSettings extends InstrumentOptions {
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
/**
 * Plays notes through a pool of voices of native nodes, in a native or a Tone.js context. Voices are made when needed and used again: in the Rust engine,
 * every native node costs time in every block from the start on, so that one node per note would make the cost of a score
 * grow with the square of its length.
 */
export declare abstract class Instrument {
  #private;
  /** Name of the class. */
  abstract readonly name: string;
  /** The context of its nodes. */
  readonly context: InstrumentContext;
  /** Where its sound comes out. */
  readonly output: GainNode;
  /** Mixes its notes, if anything does. */
  protected readonly mix: Mix | undefined;
  constructor({ context, maxVoices, polyphony, volume, filter, mix }: InstrumentSettings);
  /**
   * Schedules a note. Notes must come in order of time, none before the context's current time.
   * @returns when the note is silent: at its end plus its release.
   */
  play(note: ScoreNote): Seconds;
  /** Says that no more notes come: needed with `mix` only. */
  finish(): void;
  /** Connects `output` to a native or Tone.js node. */
  connect(destination: Connectable): this;
  /** Connects `output` to the destination of its context. */
  toDestination(): this;
  /** Disconnects `output` from everything. */
  disconnect(): this;
  /** Makes one more voice that plays to `output`. */
  protected abstract createVoice(output: AudioNode): Voice;
}
/** An envelope with every part given. */
type Envelope = Required<EnvelopeOptions>;
/** How an instrument is recorded. */
interface Sound {
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
/**
 * Plays recordings that are computed: pure functions from a note to samples, the same on every platform. A recording
 * for every third semitone and each layer plays at the rate of the note, and starts at the frame nearest to it. Two
 * native nodes a voice, one of them a source that ends with the note; or, where a whole score is rendered, one source
 * for all notes, mixed beforehand: in Node each source costs time in every block, from the start of the score on.
 */
declare abstract class RecordedInstrument extends Instrument {
  #private;
  protected abstract readonly sound: Sound;
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
}
/** A cat: one or two calls at a time. Its `tract` makes it small or large. */
declare abstract class CatVoice extends RecordedInstrument {
  constructor(settings: InstrumentSettings);
}
/** A meow of 0.45-0.9 s, highest at the note's pitch in 400-800 Hz, whose `contour` says what it means (Schötz, van de Weijer and Eklund 2024). */
export declare class Meow extends CatVoice {
  override readonly name = "Meow";
  protected override readonly sound: Sound;
}
/** A chirp of 0.18 s that rises by 10 semitones around the note's pitch in 620-1240 Hz. */
export declare class Chirp extends CatVoice {
  override readonly name = "Chirp";
  protected override readonly sound: Sound;
}
/** A trill of 0.3-0.7 s: a rolled greeting that rises by 7 semitones around the note's pitch in 220-880 Hz (Schötz and Eklund 2011). */
export declare class Trill extends CatVoice {
  override readonly name = "Trill";
  protected override readonly sound: Sound;
}
/** A mrrp of 0.25-0.5 s: a low, soft, rolled call that falls by 5 semitones, at the note's pitch in 160-640 Hz. */
export declare class Mrrp extends CatVoice {
  override readonly name = "Mrrp";
  protected override readonly sound: Sound;
}
/** A hiss of 0.3-1.2 s: breath around the teeth, without a pitch; `midi` is its brightness. */
export declare class Hiss extends CatVoice {
  override readonly name = "Hiss";
  protected override readonly sound: Sound;
}
/** A purr that lasts as long as its note: 25.6 pulses a second breathing in and 27.8 breathing out, 0.9 s each (Eklund, Peters and Duthie 2010). */
export declare class Purr extends CatVoice {
  override readonly name = "Purr";
  protected override readonly sound: Sound;
}
/** Recordings by the MIDI note that each one sounds at, 0-127. */
type Samples = Readonly<Record<MidiNote, AudioBufferLike>>;
/** Settings of a sampler. */
interface SamplerSettings extends InstrumentSettings {
  /**
   * Recordings, at least one. Each note plays the nearest one, faster or slower. Default: a computed plucked string
   * (Karplus-Strong).
   */
  readonly samples?: Samples;
}
/** Plays recordings. A note's envelope is a gain of the pool; its source is a node of its own, which the engine frees when it ends. */
export declare class Sampler extends Instrument {
  #private;
  override readonly name = "Sampler";
  constructor({ samples, ...settings }: SamplerSettings);
  protected override createVoice(output: AudioNode): Voice;
}
/** Makes an instrument by its name in a score. */
export declare function createInstrument(name: InstrumentName, settings: SamplerSettings): Instrument;
/** Says how long a note of an instrument may sound after its written end: its release in seconds, at least 0.01. */
export declare function ringOf(name: InstrumentName, options?: InstrumentOptions): Seconds;
/** Says how loud an instrument is in LUFS: its notes one after the other, at full velocity and its default volume. */
export declare function loudnessOf(name: InstrumentName): Lufs;
/** Effects, one after the other. */
interface EffectChain {
  /** Connect the instrument here. */
  readonly input: AudioNode;
  /** How long the effects ring on after the last sound, in seconds, until they are 60 dB down. */
  readonly tail: Seconds;
}
/** Two channels of an impulse response, of equal length. */
type Impulse = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
/**
 * Makes the impulse response of a reverb: eight reflections of 7-43 ms, different ones left and right, and from 25 ms
 * on seeded noise that falls by 60 dB in `decay` seconds (limited to 0.05-6) and gets darker as it falls. It is cut
 * below 200 Hz, and has unit energy, so that the wet level does not depend on the decay.
 * @see Moorer, "About This Reverberation Business", Computer Music Journal 3 (1979); Barron, "Auditorium Acoustics"
 * (2009), 3
 */
export declare function createImpulse(decay: Seconds, sampleRate: number, seed?: number): Impulse;
/**
 * Makes a convolution reverb for the caller's graph. Connect sources to the node; its wet sound goes to `output`. The
 * impulse is that of `createImpulse`, as in the reverb of a score. With a decay of 1.5 s it costs 13-23 ms per second
 * of sound in Node.
 */
export declare function createReverb(context: InstrumentContext, decay: Seconds, output: AudioNode, seed?: number): ConvolverNode;
/**
 * Makes the effects of a track, in this order: filter, distortion, chorus, phaser, delay. The reverb is left out, because
 * tracks share reverbs: see `createReverb`. Values beyond their range are limited: feedback to 0.9, delay to 0.01-2 s,
 * rates to 12 Hz.
 */
export declare function createEffects(context: InstrumentContext, effects: Effects, output: AudioNode): EffectChain;
/** Every name that a score may use. */
export declare const instrumentNames: readonly InstrumentName[];
/**
 * Makes a limiter that keeps samples below -1 dBFS: sound below -2.5 dBFS passes unchanged, louder sound is bent. It
 * has no delay and no gain. It needs no worklet, which pages on plain http lack.
 * @returns its input.
 * @example source.connect(createLimiter(context, context.destination));
 */
export declare function createLimiter(context: BaseAudioContext, output: AudioNode): AudioNode;
/** One track of a score that plays. */
interface Stem {
  /** Place of the track in the score, from 0. */
  readonly track: number;
  /** The instrument that plays the track. */
  readonly instrument: InstrumentName;
  /** Sets how much of the track is heard, within 20 ms: 0 mutes it, 1 is what the score says. Its reverb follows. */
  setLevel(level: NormalRange): void;
}
/** A score that plays, or that will. */
interface PlayingScore {
  /** Settles when it is silent and its nodes are gone: after its tail, after `yieldAt`, or when the player closes. */
  readonly ended: Promise<void>;
  /** Notes that were left out so far because their time had passed. */
  readonly late: number;
  /** Its tracks, in the order of the score. */
  readonly stems: readonly Stem[];
  /** Sets its gain, within 20 ms: for example when a measured gain arrives after `play` was called. */
  setGain(gain: number): void;
  /**
   * Fades it out within 50 ms from a time of the context, in seconds; only its reverb rings on. A time later than one
   * given before changes nothing.
   */
  yieldAt(time: Seconds): void;
}
/** A marimba, MIDI 36-96, mono: rosewood bars tuned 1 : 4 : 10 (Fletcher and Rossing 1998; Bork 1995). */
export declare class Marimba extends RecordedInstrument {
  override readonly name = "Marimba";
  protected override readonly sound: Sound;
}
/** A vibraphone, MIDI 53-89, stereo: metal bars over pipes that make it lean left and right (Rossing 2000). */
export declare class Vibraphone extends RecordedInstrument {
  override readonly name = "Vibraphone";
  protected override readonly sound: Sound;
}
/** A bell, MIDI 48-96, stereo: twelve partials, each with its own decay (Risset 1969, no. 430). */
export declare class Bell extends RecordedInstrument {
  override readonly name = "Bell";
  protected override readonly sound: Sound;
}
/** An electric piano, MIDI 28-100, stereo: frequency modulation 1 : 1 by velocity and a tine of 14 : 1 (Chowning 1973). */
export declare class ElectricPiano extends RecordedInstrument {
  override readonly name = "ElectricPiano";
  protected override readonly sound: Sound;
}
/** A plucked steel string, MIDI 40-96, stereo (Karplus and Strong 1983; Jaffe and Smith 1983). */
export declare class Pluck extends RecordedInstrument {
  override readonly name = "Pluck";
  protected override readonly sound: Sound;
}
/** A harp, MIDI 36-96, stereo: a gut string plucked near its middle (Jaffe and Smith 1983). */
export declare class Harp extends RecordedInstrument {
  override readonly name = "Harp";
  protected override readonly sound: Sound;
}
/** An upright bass, MIDI 28-60, mono: a thick plucked string and the resonances of a body (Jaffe and Smith 1983). */
export declare class Bass extends RecordedInstrument {
  override readonly name = "Bass";
  protected override readonly sound: Sound;
}
/** A reed, MIDI 50-96, mono: the odd partials of a clarinet, vibrato from 0.3 s on (Benade 1976). */
export declare class Reed extends RecordedInstrument {
  override readonly name = "Reed";
  protected override readonly sound: Sound;
}
/** Soft brass, MIDI 41-84, mono: the louder, the more partials; vibrato from 0.3 s on (Risset and Mathews 1969). */
export declare class Brass extends RecordedInstrument {
  override readonly name = "Brass";
  protected override readonly sound: Sound;
}
/** A breathy flute, MIDI 60-96, mono: few partials, noise around the note, vibrato from 0.3 s on (Verge and Hirschberg 1995). */
export declare class Flute extends RecordedInstrument {
  override readonly name = "Flute";
  protected override readonly sound: Sound;
}
/** Held chords through a low-pass that opens and closes once in 14 s, unless the score gives a filter. */
declare abstract class Ensemble extends RecordedInstrument {
  #private;
  protected abstract readonly cutoff: number;
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
}
/** Slow, wide chords, MIDI 36-96, stereo: three saws a side, with different phases left and right (Szabó 2010). */
export declare class Pad extends Ensemble {
  override readonly name = "Pad";
  protected override readonly cutoff = 2600;
  protected override readonly sound: Sound;
}
/** A section of bowed strings, MIDI 36-96, stereo: the saws of a pad with the resonances of violins (Fletcher and Rossing 1998). */
export declare class Strings extends Ensemble {
  override readonly name = "Strings";
  protected override readonly cutoff = 4200;
  protected override readonly sound: Sound;
}
/** A drum: its sound dies away by itself. `midi` sets its colour. */
declare abstract class Drum extends RecordedInstrument {
  constructor(settings: InstrumentSettings);
}
/** A bass drum under a felt beater, about 50 Hz at MIDI 36; higher is tighter. Mono. */
export declare class Kick extends Drum {
  override readonly name = "Kick";
  protected override readonly sound: Sound;
}
/** A snare drum under brushes: a swish, or a stroke from velocity 0.5 up. Mono (Rossing 2000). */
export declare class Snare extends Drum {
  override readonly name = "Snare";
  protected override readonly sound: Sound;
}
/** A hi-hat under a brush: closed, or open for notes of 0.25 s or more. Mono. */
export declare class Hat extends Drum {
  override readonly name = "Hat";
  protected override readonly sound: Sound;
}
/** A low drum whose lowest mode lies at the note, moved by octaves into 50-100 Hz. Mono (Rossing 2000). */
export declare class LowDrum extends Drum {
  override readonly name = "LowDrum";
  protected override readonly sound: Sound;
}
/**
 * Renders a score with the browser's own engine, off the main thread, at a fixed gain, to two channels of `length`
 * frames at `sampleRate`. Pass it as `renderScore` to `toAudioBuffer` of `@bnc/buffer-serializer`. Its notes are
 * scheduled in slices of 8 ms, so that the page stays awake. In Node, use `OfflineRenderer`, which also masters.
 * @throws {RenderError} `RENDER_INVALID_SCORE`.
 */
export declare function renderScore({ score, gain, sampleRate, length }: {
  readonly score: Score;
  readonly gain: number;
  readonly sampleRate: Hertz;
  readonly length: number;
}): Promise<AudioBuffer>;
/** Options of a `ScorePlayer`. */
interface ScorePlayerOptions {
  /** The context that plays. The player neither resumes nor closes it. */
  readonly context: BaseAudioContext;
  /** Where the sound goes, without a limiter. Default: the destination of the context, through `createLimiter`. */
  readonly output?: AudioNode;
  /** Scores whose bars sound at the same time, 1-32. When one more begins, the oldest yields. Default 2. */
  readonly maxScores?: number;
  /** Recordings for the `sampler`, by MIDI note. Default: a computed string. */
  readonly samples?: Samples;
  /** Most bytes of computed recordings that are kept from one score to the next. Default 96 MiB. */
  readonly maxRecordingBytes?: number;
}
/** Options of `play`. */
interface PlayOptions {
  /** Factor that brings the score to the loudness of its master: the `gain` of its message, 0-10,000. Default 1. */
  readonly gain?: number;
  /** Joins at this place in the score, in seconds, 0 or more: notes that begin earlier are left out. Default 0. */
  readonly from?: Seconds;
}
/**
 * Plays scores live with the instruments of the renderer, in browsers and in Node. A score is scheduled as soon as
 * `play` is called, its first notes at once and the rest in the next tasks, so that no timer runs, and a page that is blocked or throttled loses no note. Where the context stood
 * still, the score goes on where it would be by the time of day: notes that have begun are left out.
 */
export declare class ScorePlayer {
  #private;
  /**
   * @throws {RangeError} when `maxScores` is not a whole number of 1 to 32, or `maxRecordingBytes` not a number of 0 or more.
   */
  constructor({ context, output, maxScores, samples, maxRecordingBytes }: ScorePlayerOptions);
  /**
   * Plays a score. Costs about 0.04 ms of the main thread per note, and 10 ms more for the first score with a reverb of
   * a certain decay.
   * @param at Time of the context, in seconds, when the score begins; moved by 1.5 ms at most. It may be past: notes
   * that have begun are left out, and the rest is in time. Default: 50 ms from now.
   * @throws {RenderError} `RENDER_INVALID_SCORE` for what is not a score within `defaultLimits`; `RENDER_CLOSED` when
   * the player is closed.
   * @throws {TypeError} when `at`, `gain` or `from` is not a number.
   * @throws {RangeError} when one of them is not finite, `gain` is not 0-10,000, or `from` is negative.
   */
  play(score: Score, at?: Seconds, { gain, from }?: PlayOptions): PlayingScore;
  /** Ends everything at once. The context goes on. */
  close(): void;
  /** The same as `close()`. */
  [Symbol.dispose](): void;
}
/** An instrument with an oscillator and an envelope that its user may choose, whose voices may follow pitch and velocity. */
declare abstract class OscillatorInstrument extends Instrument {
  #private;
  /** How loud a note of full velocity is. */
  protected abstract readonly peak: number;
  /** How far each oscillator of a voice is from the pitch, in cents. */
  protected readonly detunes: readonly number[];
  protected readonly isModulated: boolean;
  constructor(settings: InstrumentSettings, wave: OscillatorShape, envelope: Envelope);
  protected override createVoice(output: AudioNode): Voice;
}
/** One oscillator and an envelope: the plain synthesizer. Two native nodes a voice, one more with `brightness`; none in a mix. */
export declare class Synth extends OscillatorInstrument {
  override readonly name = "Synth";
  protected override readonly peak = .5;
  constructor(settings: InstrumentSettings);
}
/** Two saws 6 cents apart through one filter, unless each voice has its own: chords with a soft beat. Three native nodes a voice, one more with `brightness`; none in a mix. */
export declare class PolySynth extends OscillatorInstrument {
  override readonly name = "PolySynth";
  protected override readonly peak = .22;
  protected override readonly detunes: readonly number[];
  constructor(settings: InstrumentSettings);
}
/**
 * Frequency modulation: a second oscillator bends the first, most at the start of a note, like an electric piano. Four native
 * nodes a voice, one more with `brightness`; none in a mix.
 */
export declare class FMSynth extends OscillatorInstrument {
  override readonly name = "FMSynth";
  protected override readonly peak = .4;
  protected override readonly isModulated = true;
  constructor(settings: InstrumentSettings);
}
export type { Connectable, EffectChain, Impulse, InstrumentContext, InstrumentSettings, PlayOptions, PlayingScore, SamplerSettings, Samples, ScorePlayerOptions, Stem, Voice };

// @bnc/offline-renderer/render-program

export {}
