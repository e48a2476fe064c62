import type { AudioBufferLike, MidiNote } from '@bnc/contracts';
import { RenderError } from './errors.ts';
import type { Samples } from './instruments/sampler.ts';
import type { PlainBuffer } from './pool/messages.ts';

/** Frames a second that the engine takes. */
const rates = { min: 3000, max: 768_000 };
const maxChannels = 32;

/**
 * Checks recordings and copies them, to send them to a render process.
 * @throws {RenderError} `RENDER_INVALID_SCORE` naming the recording and what is wrong with it.
 */
export function checkSamples(samples: Samples): (readonly [MidiNote, PlainBuffer])[] {
  if (typeof samples !== 'object' || samples === null) throw invalid('samples', 'an object of buffers', typeof samples);
  const entries = Object.entries(samples);
  if (entries.length === 0) throw invalid('samples', 'at least one recording', 'none');
  return entries.map(([key, buffer]) => [checkKey(key), copy(`samples[${key}]`, buffer)]);
}

function checkKey(key: string): MidiNote {
  const midi = Number(key);
  if (key.trim() === '' || !(midi >= 0 && midi <= 127)) {
    throw invalid('A key of samples', 'the MIDI note of its recording, 0 to 127', JSON.stringify(key));
  }
  return midi;
}

function copy(name: string, buffer: AudioBufferLike): PlainBuffer {
  if (typeof buffer?.getChannelData !== 'function') {
    throw invalid(name, 'an AudioBuffer, or what looks like one', describe(buffer));
  }
  const { sampleRate, numberOfChannels, length } = buffer;
  if (!(sampleRate >= rates.min && sampleRate <= rates.max)) {
    throw invalid(`${name}.sampleRate`, `${rates.min} to ${rates.max} Hz`, sampleRate);
  }
  if (!Number.isInteger(numberOfChannels) || numberOfChannels < 1 || numberOfChannels > maxChannels) {
    throw invalid(`${name}.numberOfChannels`, `1 to ${maxChannels}`, numberOfChannels);
  }
  if (!Number.isInteger(length) || length < 1) throw invalid(`${name}.length`, 'at least 1 frame', length);
  const channels = Array.from({ length: numberOfChannels }, (_, channel) => {
    const given = buffer.getChannelData(channel);
    const kind = Object.prototype.toString.call(given).slice(8, -1);
    if (kind !== 'Float32Array') throw invalid(`Channel ${channel} of ${name}`, 'a Float32Array', kind);
    if (given.length !== length) {
      throw invalid(`Channel ${channel} of ${name}`, `its length of ${length} frames`, given.length);
    }
    const copied = Float32Array.from(given);
    const wrong = copied.findIndex((sample) => !Number.isFinite(sample));
    if (wrong !== -1) {
      throw invalid(`Channel ${channel} of ${name}`, 'finite samples', `${copied[wrong]} at frame ${wrong}`);
    }
    return copied;
  });
  return { sampleRate, channels };
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function invalid(what: string, wanted: string, got: unknown): RenderError {
  return new RenderError(
    'RENDER_INVALID_SCORE',
    `${what} must be ${wanted}, not ${String(got)}. Nothing was rendered.`,
  );
}
