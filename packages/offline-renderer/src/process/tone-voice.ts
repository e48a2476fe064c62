import type { Hertz, OscillatorShape, Seconds } from '@bnc/contracts';
import { Line } from '../instruments/line.ts';
import type { Tone, ToneKind } from '../instruments/tone.ts';
import { kernelWasm } from './tone-wasm.ts';

/** What `kernel/tone/tone.as` exports: see there. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  pitch(): number;
  speed(): number;
  depth(): number;
  level(): number;
  sound(): number;
  mix(): number;
  capacity(): number;
  modulate(count: number, phase: number, period: Seconds): number;
  play(wave: number, count: number, phase: number, period: Seconds): number;
  shape(count: number): void;
  add(count: number): void;
  openFilter(): void;
  filter(from: number, count: number, b0: number, b1: number, b2: number, a1: number, a2: number): void;
}

const kernel = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(kernelWasm, 'base64')))
  .exports as unknown as Exports;
const capacity = kernel.capacity();
const pitches = planeAt(kernel.pitch());
const speeds = planeAt(kernel.speed());
const depths = planeAt(kernel.depth());
const levels = planeAt(kernel.level());
const sound = planeAt(kernel.sound());
const mixed = planeAt(kernel.mix());

const waves: Readonly<Record<OscillatorShape, number>> = { sine: 0, triangle: 1, sawtooth: 2, square: 3 };
/** Frames for which a low-pass keeps its frequency: a block of the engine. */
const filterStep = 128;
/** What an oscillator of the engine turns at before its first note. */
const idlePitch: Hertz = 440;

/** The plane of a block's values at a place of the kernel's memory. */
function planeAt(at: number): Float32Array {
  return new Float32Array(kernel.memory.buffer, at, capacity);
}

/**
 * A voice of oscillators that is computed in place of nodes. As those do, its oscillators turn on between notes, so that two notes
 * seldom begin with the same phases.
 */
export class ToneVoice {
  readonly tone: Tone;
  readonly #kind: ToneKind;
  readonly #sampleRate: Hertz;
  /** Factors on the pitch. */
  readonly #factors: readonly number[];
  readonly #phases: number[];
  #modulatorPhase = 0;
  /** The frame that has the phases, and what the oscillators turn at from there on. */
  #frame = 0;
  #pitch = idlePitch;
  #speed = idlePitch;
  #depth = 0;

  constructor(kind: ToneKind, sampleRate: Hertz) {
    this.#kind = kind;
    this.#sampleRate = sampleRate;
    this.#factors = kind.detunes.map((cents) => 2 ** (cents / 1200));
    this.#phases = kind.detunes.map(() => 0);
    this.tone = {
      level: new Line(),
      pitch: new Line(),
      modulator: kind.isModulated ? { speed: new Line(), depth: new Line() } : undefined,
      cutoff: kind.isFiltered ? new Line() : undefined,
    };
  }

  /**
   * Adds the note that the lines describe to a mix, from a frame on, as far as there is room.
   *
   * @param begun The time at which the lines begin.
   */
  addTo(mix: Float32Array, first: number, begun: Seconds): void {
    const sampleRate = this.#sampleRate;
    const sounding = this.tone.level.frames(sampleRate);
    const frames = Math.min(mix.length - first, sounding + this.#ring());
    // Another note that begins at the same time has taken the voice: nothing is left of this one.
    if (sounding <= 0 || frames <= 0) return;
    this.#turnOn(first - this.#frame);
    kernel.openFilter();
    for (let from = 0; from < frames; from += capacity) {
      const count = Math.min(capacity, frames - from);
      this.#play(count, from);
      this.#filter(count, begun + from / sampleRate);
      const block = mix.subarray(first + from, first + from + count);
      mixed.set(block);
      kernel.add(count);
      block.set(mixed.subarray(0, count));
    }
    this.#frame = first + frames;
  }

  /** Writes a block of the tone to the kernel's sound, without its low-pass. */
  #play(count: number, from: number): void {
    const { level, pitch, modulator } = this.tone;
    const sampleRate = this.#sampleRate;
    const write = (line: Line, plane: Float32Array): number => {
      line.writeTo(plane.subarray(0, count), sampleRate, from);
      return plane[count - 1] ?? 0;
    };
    // The frequency of a node is half the sample rate at most.
    const highest = sampleRate / 2;
    this.#pitch = Math.min(highest, write(pitch, pitches));
    if (modulator) {
      this.#speed = Math.min(highest, write(modulator.speed, speeds));
      this.#depth = write(modulator.depth, depths);
      this.#modulatorPhase = kernel.modulate(count, this.#modulatorPhase, 1 / sampleRate);
    }
    sound.fill(0, 0, count);
    for (const [index, factor] of this.#factors.entries()) {
      this.#phases[index] = kernel.play(waves[this.#kind.wave], count, this.#phases[index] ?? 0, factor / sampleRate);
    }
    write(level, levels);
    kernel.shape(count);
  }

  #filter(count: number, time: Seconds): void {
    const { cutoff } = this.tone;
    if (!cutoff) return;
    for (let from = 0; from < count; from += filterStep) {
      const { alpha, cosine } = this.#lowpassAt(cutoff.valueAt(time + from / this.#sampleRate));
      const a0 = 1 + alpha;
      const b1 = (1 - cosine) / a0;
      kernel.filter(from, Math.min(filterStep, count - from), b1 / 2, b1, b1 / 2, (-2 * cosine) / a0, (1 - alpha) / a0);
    }
  }

  /** What the coefficients of a low-pass of the Web Audio API are made of; its Q is 0 dB. */
  #lowpassAt(hertz: Hertz): { readonly alpha: number; readonly cosine: number } {
    const turn = (2 * Math.PI * hertz) / this.#sampleRate;
    return { alpha: Math.sin(turn) / 2, cosine: Math.cos(turn) };
  }

  /** Counts the frames in which its low-pass, after the level has come to 0, is 60 dB down: each leaves the radius of its poles. */
  #ring(): number {
    const last = this.tone.cutoff?.valueAt(Number.POSITIVE_INFINITY);
    if (!last) return 0;
    const { alpha } = this.#lowpassAt(last);
    return Math.ceil((2 * Math.log(1000)) / Math.log((1 + alpha) / (1 - alpha)));
  }

  /** Lets the oscillators turn on in silence: the sum of what each frame adds. */
  #turnOn(frames: number): void {
    const period = 1 / this.#sampleRate;
    const turns = this.#speed * period;
    const half = Math.sin(Math.PI * turns);
    const middle = 2 * Math.PI * this.#modulatorPhase + Math.PI * turns * (frames - 1);
    const bent = turns > 0 && turns < 0.5 ? (Math.sin(Math.PI * turns * frames) / half) * Math.sin(middle) : 0;
    const whole = (this.#pitch * frames + this.#depth * bent) * period;
    for (const [index, factor] of this.#factors.entries()) {
      this.#phases[index] = (this.#phases[index] ?? 0) + whole * factor;
    }
    this.#modulatorPhase += turns * frames;
  }
}
