/** A message at a time, in ticks. */
export interface MidiEvent {
  readonly tick: number;
  readonly bytes: readonly number[];
}

/** Ticks of a quarter note. */
export const ticksPerQuarter = 480;

/** Writes tracks as a Standard MIDI File of type 1. Events of one tick keep their order. `end` is the tick at which the file is over. */
export function writeMidiFile(tracks: readonly (readonly MidiEvent[])[], end: number): Uint8Array {
  const chunks = [
    chunk('MThd', [0, 1, tracks.length >> 8, tracks.length & 255, ticksPerQuarter >> 8, ticksPerQuarter & 255]),
    ...tracks.map((events) => chunk('MTrk', trackBytes(events, end))),
  ];
  const file = new Uint8Array(chunks.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of chunks) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
}

/** A meta event, such as a name or a tempo. */
export function metaEvent(tick: number, type: number, data: readonly number[]): MidiEvent {
  return { tick, bytes: [0xff, type, ...variableLength(data.length), ...data] };
}

/** A meta event with text, in UTF-8. */
export function textEvent(tick: number, type: number, text: string): MidiEvent {
  return metaEvent(tick, type, [...new TextEncoder().encode(text)]);
}

function trackBytes(events: readonly MidiEvent[], end: number): number[] {
  const bytes: number[] = [];
  let now = 0;
  for (const event of [...events.toSorted((a, b) => a.tick - b.tick), metaEvent(end, 0x2f, [])]) {
    const tick = Math.max(now, event.tick);
    bytes.push(...variableLength(tick - now), ...event.bytes);
    now = tick;
  }
  return bytes;
}

function chunk(type: string, data: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 + data.length);
  bytes.set(new TextEncoder().encode(type));
  new DataView(bytes.buffer).setUint32(4, data.length);
  bytes.set(data, 8);
  return bytes;
}

/** Seven bits a byte, the highest first; all but the last have the top bit set. */
function variableLength(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}
