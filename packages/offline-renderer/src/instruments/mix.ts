import type { Seconds } from '@bnc/contracts';
import type { InstrumentContext } from './context.ts';
import type { Line } from './line.ts';
import type { KeptRecording } from './recordings.ts';

/** A voice whose notes go into a mix. */
interface MixedVoice {
  /** Sets the note that plays along the voice's line from now on. */
  set(recording: KeptRecording, time: Seconds, rate: number): void;
  /** Mixes that note, when nothing can take its voice any more. */
  flush(): void;
}

/** All notes of an instrument as one buffer, and one source that plays it. */
export class Mix {
  readonly #context: InstrumentContext;
  readonly #length: number;
  readonly #voices: MixedVoice[] = [];
  #channels: Float32Array<ArrayBuffer>[] = [];
  #levels = new Float32Array();
  #output: AudioNode | undefined;

  /** @param length From the context's current time to the end of the last note. */
  constructor(context: InstrumentContext, length: Seconds) {
    this.#context = context;
    this.#length = Math.ceil(length * context.sampleRate);
  }

  /** Adds a voice whose level is a line that no parameter follows. All voices of a mix have one output. */
  addVoice(level: Line, output: AudioNode): MixedVoice {
    this.#output = output;
    let note: Parameters<MixedVoice['set']> | undefined;
    const voice: MixedVoice = {
      set: (...next) => {
        note = next;
      },
      flush: () => {
        if (note) this.#add(level, ...note);
        note = undefined;
      },
    };
    this.#voices.push(voice);
    return voice;
  }

  /** Plays what has been mixed. */
  start(): void {
    for (const voice of this.#voices) voice.flush();
    if (!this.#output || this.#channels.length === 0) return;
    const buffer = this.#context.createBuffer(this.#channels.length, this.#length, this.#context.sampleRate);
    for (const [channel, samples] of this.#channels.entries()) buffer.copyToChannel(samples, channel);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#output);
    source.start(this.#context.currentTime);
  }

  #add(level: Line, { channels, loop, length }: KeptRecording, time: Seconds, rate: number): void {
    const { currentTime, sampleRate } = this.#context;
    const from = Math.round((time - currentTime) * sampleRate);
    if (this.#levels.length === 0) {
      this.#levels = new Float32Array(this.#length);
      this.#channels = channels.map(() => new Float32Array(this.#length));
    }
    const levels = this.#levels.subarray(0, Math.max(0, this.#length - from));
    const frames = level.fill(levels, sampleRate);
    const [start, end] = loop ?? [length, length];
    for (const [channel, samples] of channels.entries()) {
      const mixed = this.#channels[channel]?.subarray(from);
      if (!mixed) continue;
      if (rate === 1) {
        for (let done = 0, at = 0; done < frames && at < length; at = start) {
          const count = Math.min(frames - done, end - at);
          for (let i = 0; i < count; i++) {
            mixed[done + i] = (mixed[done + i] ?? 0) + (levels[done + i] ?? 0) * (samples[at + i] ?? 0);
          }
          done += count;
        }
      } else {
        for (let i = 0, place = 0; i < frames && place < length; i++) {
          const index = Math.floor(place);
          const next = index + 1 < end ? index + 1 : start;
          const sample = (samples[index] ?? 0) * (1 - place + index) + (samples[next] ?? 0) * (place - index);
          mixed[i] = (mixed[i] ?? 0) + (levels[i] ?? 0) * sample;
          place += rate;
          if (loop && place >= end) place -= end - start;
        }
      }
    }
  }
}
