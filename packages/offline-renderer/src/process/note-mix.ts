import type { Seconds } from '@bnc/contracts';
import type { InstrumentContext } from '../instruments/context.ts';
import type { Line } from '../instruments/line.ts';
import type { Mix, MixedVoice } from '../instruments/mix.ts';
import type { KeptRecording } from '../instruments/recordings.ts';
import { mixNote } from './mix-kernel.ts';

/** Mixes the notes of an instrument before a render: one source costs less than one a note. */
export class NoteMix implements Mix {
  readonly #context: InstrumentContext;
  readonly #length: number;
  readonly #voices: MixedVoice[] = [];
  #buffer: AudioBuffer | undefined;
  /** The engine's own memory of the buffer, which lives as long as that: it is written to before the engine reads it. */
  #channels: readonly Float32Array[] = [];
  #output: AudioNode | undefined;

  /** @param length From the context's current time to the end of the last note. */
  constructor(context: InstrumentContext, length: Seconds) {
    this.#context = context;
    this.#length = Math.ceil(length * context.sampleRate);
  }

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

  start(): void {
    for (const voice of this.#voices) voice.flush();
    if (!this.#output || !this.#buffer) return;
    const source = this.#context.createBufferSource();
    source.buffer = this.#buffer;
    source.connect(this.#output);
    source.start(this.#context.currentTime);
  }

  #add(level: Line, recording: KeptRecording, time: Seconds, rate: number): void {
    const { currentTime, sampleRate } = this.#context;
    this.#buffer ??= this.#createBuffer(recording.channels.length);
    const from = Math.round((time - currentTime) * sampleRate);
    const mixed = this.#channels.map((samples) => samples.subarray(from));
    mixNote(mixed, recording, { level, rate, sampleRate });
  }

  #createBuffer(channels: number): AudioBuffer {
    const buffer = this.#context.createBuffer(channels, this.#length, this.#context.sampleRate);
    this.#channels = Array.from({ length: channels }, (_, channel) => buffer.getChannelData(channel));
    return buffer;
  }
}
