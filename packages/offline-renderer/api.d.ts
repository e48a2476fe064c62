// @bnc/offline-renderer

import { AudioBufferLike, Hertz, Lufs, MidiNote, MusicalParameters, NormalRange, Score, ScoreLimits, Seconds } from "@bnc/contracts";
import * as tone from "tone";
/** How a render may end without a result. */
type RenderErrorCode = "RENDER_ABORTED" | "RENDER_CLOSED" | "RENDER_CRASHED" | "RENDER_FAILED" | "RENDER_INVALID_SCORE" | "RENDER_LOUDNESS" | "RENDER_MODULE_FAILED" | "RENDER_OUT_OF_MEMORY" | "RENDER_QUEUE_FULL" | "RENDER_TIMEOUT" | "RENDER_UNSUPPORTED";
/** Reports a render that ended without a result. Test `code`; the README says what to do for each one. */
export declare class RenderError extends Error {
  override readonly name = "RenderError";
  /** What went wrong; stable across releases. */
  readonly code: RenderErrorCode;
  constructor(code: RenderErrorCode, message: string, options?: ErrorOptions);
}
/** Recordings by the MIDI note that each one sounds at. */
type Samples = Readonly<Record<MidiNote, AudioBufferLike>>;
/** Samples as they cross between processes. */
interface PlainBuffer {
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** One array per channel, all of one length. */
  readonly channels: readonly Float32Array<ArrayBuffer>[];
}
/** A part of a preview: with a fixed gain, limited, not mastered. The mastered result has another level. */
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
  /** Longest time that a render may take, from its start in a process, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** Most memory that a process may hold, buffers included, in MiB, at least 128. Default 1024. */
  readonly maxMemoryMb?: number;
  /** Renders after which a new process replaces the old one. Default 200. */
  readonly maxRendersPerProcess?: number;
  /** Frames a second, 8,000-192,000. Default 44,100. */
  readonly sampleRate?: Hertz;
  /** Bounds on scores. Default: `defaultLimits`. */
  readonly limits?: Partial<ScoreLimits>;
  /**
   * The program of the render processes, as the URL of a file. Needed when a bundler moves this code: give the place of
   * `@bnc/offline-renderer/render-program`. Default: the file that is installed with this code.
   */
  readonly program?: URL;
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
  /** Frames a second. Default: the renderer's. */
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
/** A graph of the caller's own instead of a score. */
interface GraphInput {
  /**
   * A module that exports `build({ context, Tone, duration }, moduleOptions)`. It runs in the render process, makes Tone.js
   * nodes in `context` and connects them to `context.destination`. It may start the transport.
   */
  readonly module: URL;
  /** Second argument of `build`; structured-clonable. */
  readonly moduleOptions?: unknown;
  /** Length of the render, tail included; at most the limits' `maxDuration`. */
  readonly duration: Seconds;
  /** Integrated loudness to master to, within 0.5 LU; `RENDER_LOUDNESS` where it cannot be had. Default: -16, or as near as it can be had. */
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
   * @throws {TypeError} when `program` is not the URL of a file.
   * @throws {RenderError} `RENDER_UNSUPPORTED` when the program of the processes is missing, because a bundler moved this code.
   */
  constructor(options?: OfflineRendererOptions);
  /**
   * Starts the processes and waits until one is warm. `render` does not need it, but without it the first render waits for the
   * start, about 0.4 s.
   * @throws {RenderError} `RENDER_UNSUPPORTED` when the audio engine does not run here; the message says what to install.
   */
  ready(): Promise<void>;
  /**
   * Renders and masters a score, parameters (through `compose` of `@bnc/music-engine`) or a graph. The same input at the same
   * sample rate gives the same samples, whatever else runs. The buffer is at least as long as the score; then the tail rings out.
   * @throws {RenderError} Any code of `RenderErrorCode`.
   * @throws {RangeError} when `sampleRate` is not 8,000-192,000.
   */
  render(input: RenderInput, options?: RenderOptions): Promise<AudioBufferLike>;
  /** Renders, calls `finish` of a module with the buffer in the render process, and returns its result. */
  render<T = unknown>(input: RenderInput, options: FinishRenderOptions): Promise<T>;
  /**
   * Measures the factor that brings a score, as a player of scores plays it, to the loudness of its master: within 1 LU for 95
   * of 100 phrases. Renders at half the sample rate in the pool, in half the time of a render without its master; the last 1,000
   * results are kept. Parameters go through `compose`.
   * @throws {RenderError} Any code of `RenderErrorCode`.
   */
  gainOf(input: Score | MusicalParameters, { signal, key, samples }?: GainOptions): Promise<number>;
  /** Renders a test tone at -20 LUFS. Default: 440 Hz for a second. */
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
  /** Length of the render. */
  readonly duration: Seconds;
}
/** The limits that apply by default. */
export declare const defaultLimits: ScoreLimits;
/**
 * Checks that a value is a score within the limits. `render` does this too; use it to refuse a score before it is queued.
 * @throws {RenderError} `RENDER_INVALID_SCORE` naming the first part that is wrong, its range and its value.
 */
export declare function validateScore(value: unknown, limits?: Partial<ScoreLimits>): asserts value is Score;
export type { FinishRenderOptions, GainOptions, GraphContext, GraphInput, OfflineRendererOptions, PoolStats, PreviewPart, RenderErrorCode, RenderInput, RenderOptions, Samples };

// @bnc/offline-renderer/instruments

import { AudioBufferLike, Effects, EnvelopeOptions, Hertz, InstrumentName, InstrumentOptions, Lufs, MidiNote, NormalRange, OscillatorShape, Score, ScoreNote, Seconds } from "@bnc/contracts";
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
 * The course of one `AudioParam` over time, made of steps and ramps only, in order of time. It knows its value at any
 * time, so that a scheduled note can be cut off when another one needs the voice. (`setTargetAtTime` is not used:
 * the Rust engine extrapolates a future one backwards.)
 */
export declare class Line {
  #private;
  constructor(param: AudioParam);
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
  /** Removes everything after a time and ends there, at the value that the line has at that time. */
  cut(time: Seconds): this;
}
/** One voice of an instrument: native nodes that last as long as the instrument and play one note at a time. */
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
  /** Most notes that sound at a time, 1-64. One more cuts off the note that would end first. Default: the instrument's own. */
  readonly maxVoices?: number;
  /** Notes that are held at a time: at least as many sound, whatever `maxVoices` says. Default 1. */
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
  constructor({ context, maxVoices, polyphony, volume, filter }: InstrumentSettings);
  /**
   * Schedules a note. Notes must come in order of time, none before the context's current time.
   * @returns when the note is silent: at its end plus its release.
   */
  play(note: ScoreNote): Seconds;
  /** Connects `output` to a native or Tone.js node. */
  connect(destination: Connectable): this;
  /** Connects `output` to the destination of its context. */
  toDestination(): this;
  /** Disconnects `output` from everything. */
  disconnect(): this;
  /** Makes one more voice that plays to `output`. */
  protected abstract createVoice(output: AudioNode): Voice;
}
/** An instrument with noise in its voices. */
declare abstract class NoisyInstrument extends Instrument {
  #private;
  constructor(settings: InstrumentSettings);
  /** One noise for all voices: two seconds of it cost 2 ms in Chromium and 38 ms in Firefox. */
  protected get noise(): AudioBufferSourceNode;
}
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
declare abstract class CatVoice extends NoisyInstrument {
  protected abstract readonly call: Call;
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
}
/** A meow, 0.4-0.9 s: the pitch rises and falls (highest at the note's pitch, moved into 400-800 Hz) while the mouth opens and closes. */
export declare class Meow extends CatVoice {
  override readonly name = "Meow";
  protected override readonly call: Call;
}
/** A chirp, about 0.18 s: a short call that rises by 10 semitones to 1.33 times the note's pitch (moved into 620-1240 Hz). */
export declare class Chirp extends CatVoice {
  override readonly name = "Chirp";
  protected override readonly call: Call;
}
/** A trill, 0.3-0.7 s: a rolled, rising greeting (the note's pitch moved into 330-660 Hz). */
export declare class Trill extends CatVoice {
  override readonly name = "Trill";
  protected override readonly call: Call;
}
/** A mrrp, 0.25-0.5 s: a low, soft, rolled call that falls (the note's pitch moved into 220-440 Hz). */
export declare class Mrrp extends CatVoice {
  override readonly name = "Mrrp";
  protected override readonly call: Call;
}
/** A hiss: soft breath around the teeth, without a pitch; `midi` is its brightness. Three native nodes a voice. */
export declare class Hiss extends NoisyInstrument {
  override readonly name = "Hiss";
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
}
/**
 * A purr: noise through three resonances, opened by 25-27 pulses a second, breath by breath, as long as the note. The lowest
 * resonance sings the note's pitch, moved into 130-260 Hz. Twelve native nodes a voice.
 */
export declare class Purr extends NoisyInstrument {
  override readonly name = "Purr";
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
}
/** Recordings by the MIDI note that each one sounds at. */
type Samples = Readonly<Record<MidiNote, AudioBufferLike>>;
/** Settings of a sampler. */
interface SamplerSettings extends InstrumentSettings {
  /** Recordings. Each note plays the nearest one, faster or slower. Default: a computed plucked string (Karplus-Strong). */
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
/** Says how long a note of an instrument may sound after its written end: at least 0.01 s. */
export declare function ringOf(name: InstrumentName, options?: InstrumentOptions): Seconds;
/** Says how loud an instrument is: its notes one after the other, at full velocity and its default volume. */
export declare function loudnessOf(name: InstrumentName): Lufs;
/** A drum: its sound dies away by itself. `midi` is a colour: higher is tighter and brighter. */
declare abstract class Drum extends NoisyInstrument {
  constructor(settings: InstrumentSettings);
}
/** A bass drum: a sine that falls from four times its pitch (about 50 Hz at MIDI 36). Two native nodes a voice. */
export declare class Kick extends Drum {
  override readonly name = "Kick";
  protected override createVoice(output: AudioNode): Voice;
}
/** A snare drum: high noise over a short tone. Six native nodes a voice. */
export declare class Snare extends Drum {
  override readonly name = "Snare";
  protected override createVoice(output: AudioNode): Voice;
}
/** A closed hi-hat: a breath of noise above 7 kHz; a duration of 0.25 s or more opens it. Two native nodes a voice. */
export declare class Hat extends Drum {
  override readonly name = "Hat";
  protected override createVoice(output: AudioNode): Voice;
}
/** Effects, one after the other. */
interface EffectChain {
  /** Connect the instrument here. */
  readonly input: AudioNode;
  /** How long the effects ring on after the last sound, until they are 60 dB down. */
  readonly tail: Seconds;
}
/** Two channels of an impulse response. */
type Impulse = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
/**
 * Makes the impulse response of a reverb: seeded noise that falls by 60 dB in `decay` seconds (0.05-6), gets darker as it
 * falls, differs left and right, and has unit energy, so that the wet level does not depend on the decay.
 */
export declare function createImpulse(decay: Seconds, sampleRate: number, seed?: number): Impulse;
/**
 * Makes a convolution reverb for a graph of the caller's own. Connect sources to the node; its wet sound goes to `output`.
 * The impulse is that of `createImpulse`, as in the reverb of a score. With a decay of 1.5 s it costs 13-23 ms per second
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
 * Makes a limiter that bends what would go over -1 dBFS: sound below -2.5 dBFS passes as it is, without delay and without gain.
 * It needs no worklet, which pages on plain http lack.
 * @returns its input.
 * @example source.connect(createLimiter(context, context.destination));
 */
export declare function createLimiter(context: BaseAudioContext, output: AudioNode): AudioNode;
/** One track of a score that plays. */
interface Stem {
  /** Place of the track in the score, from 0. */
  readonly track: number;
  /** The voice that plays. */
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
  /** Sets its gain, within 20 ms: a better one than it began with may come before its first note. */
  setGain(gain: number): void;
  /** Fades it out within 50 ms from a time of the context on; only its reverb rings on. A later time than before changes nothing. */
  yieldAt(time: Seconds): void;
}
/**
 * Renders a score with the browser's own engine, off the main thread, at a fixed gain: `renderScore` of `toAudioBuffer` in
 * `@bnc/buffer-serializer`. In Node, use `OfflineRenderer`, which also masters.
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
  /** Where the sound goes, unlimited. Default: the destination of the context, through `createLimiter`. */
  readonly output?: AudioNode;
  /** Scores whose bars sound at the same time, 1-32. When one more begins, the oldest yields. Default 2. */
  readonly maxScores?: number;
  /** Recordings for the `sampler`, by MIDI note. Default: a computed string. */
  readonly samples?: Samples;
}
/** Options of `play`. */
interface PlayOptions {
  /** Factor that brings the score to the loudness of its master: the `gain` of its message. Default 1. */
  readonly gain?: number;
  /** Joins at this place in the score: notes that begin earlier are left out. Default 0. */
  readonly from?: Seconds;
}
/**
 * Plays scores live with the instruments of the renderer, in browsers and in Node. A score is scheduled as a whole when
 * `play` is called, so that no timer runs, and a page that is blocked or throttled loses no note. Where the context stood
 * still, the score goes on where it would be by the time of day: notes that have begun are left out.
 */
export declare class ScorePlayer {
  #private;
  /**
   * @throws {RangeError} when `maxScores` is not a whole number of 1 to 32.
   */
  constructor({ context, output, maxScores, samples }: ScorePlayerOptions);
  /**
   * Plays a score. Costs about 0.04 ms of the main thread per note, and 10 ms more for the first score with a reverb of a certain decay.
   * @param at Time of the context, in seconds, when the score begins; moved by 1.5 ms at most. It may be past: notes that have
   * begun are left out, and the rest is in time. The default is as soon as possible.
   * @throws {RenderError} `RENDER_INVALID_SCORE` for what is not a score within `defaultLimits`; `RENDER_CLOSED`.
   * @throws {TypeError} when `at`, `gain` or `from` is not a number.
   * @throws {RangeError} when one of them is not finite, `gain` is not 0-10,000, or `from` is negative.
   */
  play(score: Score, at?: Seconds, { gain, from }?: PlayOptions): PlayingScore;
  /** Ends everything at once. The context goes on. */
  close(): void;
  /** The same as `close()`. */
  [Symbol.dispose](): void;
}
/** An envelope with every part given. */
type Envelope = Required<EnvelopeOptions>;
/** An instrument with an oscillator and an envelope that its user may choose. */
declare abstract class OscillatorInstrument extends Instrument {
  protected readonly shape: OscillatorShape;
  protected readonly envelope: Envelope;
  constructor(settings: InstrumentSettings, shape: OscillatorShape, envelope: Envelope);
}
/** One oscillator and an envelope: the plain synthesizer. Two native nodes a voice. */
export declare class Synth extends OscillatorInstrument {
  override readonly name = "Synth";
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
}
/** Two saws 6 cents apart through one filter: chords with a soft beat. Three native nodes a voice. */
export declare class PolySynth extends OscillatorInstrument {
  override readonly name = "PolySynth";
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
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
declare abstract class ModulatedInstrument extends OscillatorInstrument {
  protected abstract readonly modulation: Modulation;
  protected override createVoice(output: AudioNode): Voice;
}
/** A bright FM voice with an electric-piano start. */
export declare class FMSynth extends ModulatedInstrument {
  override readonly name = "FMSynth";
  protected override readonly modulation: {
    ratio: number;
    index: number;
    rest: number;
    decay: number;
  };
  constructor(settings: InstrumentSettings);
}
/** A struck bell: high FM that dies away whatever the note's length. */
export declare class Bell extends ModulatedInstrument {
  override readonly name = "Bell";
  protected override readonly modulation: {
    ratio: number;
    index: number;
    rest: number;
    decay: number;
  };
  constructor(settings: InstrumentSettings);
}
/** A saw through a filter that closes: bass and plucked string. */
declare abstract class FilteredInstrument extends OscillatorInstrument {
  protected abstract readonly sweep: {
    /** Cut-off at the start and at rest, as multiples of the pitch. */
    readonly from: number;
    readonly to: number;
    readonly time: Seconds;
    readonly Q: number;
  };
  protected abstract readonly sub: number;
  protected override createVoice(output: AudioNode): Voice;
}
/** A round bass: saw through a closing filter over a sine. Six native nodes a voice. */
export declare class Bass extends FilteredInstrument {
  override readonly name = "Bass";
  protected override readonly sweep: {
    from: number;
    to: number;
    time: number;
    Q: number;
  };
  protected override readonly sub = .5;
  constructor(settings: InstrumentSettings);
}
/** A plucked string that dies away whatever the note's length. Four native nodes a voice. */
export declare class Pluck extends FilteredInstrument {
  override readonly name = "Pluck";
  protected override readonly sweep: {
    from: number;
    to: number;
    time: number;
    Q: number;
  };
  protected override readonly sub = 0;
  constructor(settings: InstrumentSettings);
}
/** Slow, wide chords: two saws 10 cents apart through one gentle filter. Four native nodes a voice. */
export declare class Pad extends OscillatorInstrument {
  override readonly name = "Pad";
  constructor(settings: InstrumentSettings);
  protected override createVoice(output: AudioNode): Voice;
}
export type { Connectable, EffectChain, Impulse, InstrumentContext, InstrumentSettings, PlayOptions, PlayingScore, SamplerSettings, Samples, ScorePlayerOptions, Stem, Voice };

// @bnc/offline-renderer/render-program

export {}
