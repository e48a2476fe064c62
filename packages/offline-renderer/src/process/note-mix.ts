import type { Seconds } from '@bnc/contracts';
import type { InstrumentContext } from '../instruments/context.ts';
import type { Line } from '../instruments/line.ts';
import type { Mix, MixedTone, MixedVoice } from '../instruments/mix.ts';
import type { KeptRecording } from '../instruments/recordings.ts';
import type { ToneKind } from '../instruments/tone.ts';
import { mixNote } from './mix-kernel.ts';
import { ToneVoice } from './tone-voice.ts';

/** Mixes the notes of an instrument before a render: one source costs less than one a note. */
export class NoteMix implements Mix {
  readonly #context: InstrumentContext;
  readonly #length: number;
  readonly #voices: { flush(): void }[] = [];
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

  addTone(kind: ToneKind, output: AudioNode): MixedTone {
    this.#output = output;
    const voice = new ToneVoice(kind, this.#context.sampleRate);
    let begun: Seconds | undefined;
    const mixed: MixedTone = {
      tone: voice.tone,
      begin: (time) => {
        begun = time;
      },
      flush: () => {
        if (begun !== undefined) voice.addTo(this.#channelsOf(1)[0] ?? new Float32Array(), this.#frameOf(begun), begun);
        begun = undefined;
      },
    };
    this.#voices.push(mixed);
    return mixed;
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
    const from = this.#frameOf(time);
    const mixed = this.#channelsOf(recording.channels.length).map((samples) => samples.subarray(from));
    mixNote(mixed, recording, { level, rate, sampleRate: this.#context.sampleRate });
  }

  #frameOf(time: Seconds): number {
    const { currentTime, sampleRate } = this.#context;
    return Math.round((time - currentTime) * sampleRate);
  }

  /** Returns the memory of the mix, which gets as many channels as its first note has. */
  #channelsOf(channels: number): readonly Float32Array[] {
    if (!this.#buffer) {
      const buffer = this.#context.createBuffer(channels, this.#length, this.#context.sampleRate);
      this.#channels = Array.from({ length: channels }, (_, channel) => buffer.getChannelData(channel));
      this.#buffer = buffer;
    }
    return this.#channels;
  }
}
