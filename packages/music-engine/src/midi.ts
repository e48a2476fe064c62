import type { InstrumentName, Score, Seconds, Track } from '@bnc/contracts';
import { type MidiEvent, metaEvent, textEvent, ticksPerQuarter, writeMidiFile } from './midi-file.ts';
import { clamp } from './numbers.ts';

/** A score in a longer piece. */
export interface MidiPart {
  /** When it begins, upbeat included, in seconds from the start of the file; it must end by 86,400. */
  readonly at: Seconds;
  /** What it plays. */
  readonly score: Score;
  /** What music programs show at its beginning, such as `Merged pull request #7`. Default: nothing. */
  readonly marker?: string;
}

/** How a MIDI file is written. */
export interface MidiOptions {
  /** Name of the piece. Default: none. */
  readonly title?: string;
}

/** What comes nearest to our voices in General MIDI: a program (0-127), or the key of a drum on the drum channel. */
const voices: Readonly<Record<InstrumentName, { readonly program: number } | { readonly drumKey: number }>> = {
  synth: { program: 80 },
  fmSynth: { program: 4 },
  polySynth: { program: 90 },
  sampler: { program: 0 },
  bass: { program: 38 },
  pad: { program: 89 },
  strings: { program: 49 },
  pluck: { program: 45 },
  harp: { program: 46 },
  bell: { program: 14 },
  epiano: { program: 5 },
  marimba: { program: 12 },
  vibraphone: { program: 11 },
  reed: { program: 71 },
  brass: { program: 60 },
  flute: { program: 73 },
  kick: { drumKey: 36 },
  snare: { drumKey: 38 },
  hat: { drumKey: 42 },
  drum: { drumKey: 41 },
  purr: { program: 43 },
  meow: { program: 54 },
  chirp: { program: 72 },
  trill: { program: 75 },
  mrrp: { program: 58 },
  hiss: { program: 126 },
};

const drumChannel = 9;
const melodicChannels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15];

/** Channel volume (controller 7) of a track of gain 1; General MIDI starts with the same. */
const unityVolume = 100;

const longestPiece: Seconds = 86_400;

/**
 * Writes a score, or a piece of several scores, as a Standard MIDI File of type 1 for use in other music programs. The
 * first track holds tempos and markers; then there is one track for each instrument. Drums go to channel 10 with their
 * General MIDI keys; other voices get the nearest General MIDI programs. Notes start within half a tick (1/960 of a
 * quarter note) of their times. The caller owns the bytes.
 *
 * @param music A score, or parts in any order, which may overlap.
 * @throws {RangeError} when a part does not lie within the first 86,400 s.
 * @example
 * await writeFile('phrase.mid', toMidi(compose(params)));
 */
export function toMidi(music: Score | readonly MidiPart[], { title }: MidiOptions = {}): Uint8Array {
  const parts = ('tracks' in music ? [{ at: 0, score: music }] : music).toSorted((a, b) => a.at - b.at);
  for (const { at, score } of parts) {
    if (!(at >= 0 && at + score.duration <= longestPiece)) {
      throw new RangeError(`at: a part must lie within 0 to ${longestPiece} s, not at ${at} s.`);
    }
  }
  const { tickOf, events: tempos } = tempoMap(parts);
  const conductor: MidiEvent[] = [
    ...(title === undefined ? [] : [textEvent(0, 0x03, title)]),
    metaEvent(0, 0x58, [4, 2, 24, 8]),
    ...tempos,
    ...parts.flatMap(({ at, marker }) => (marker === undefined ? [] : [textEvent(tickOf(at), 0x06, marker)])),
  ];
  const lanes = lanesOf(parts, tickOf);
  const end = Math.max(0, ...parts.map(({ at, score }) => tickOf(at + score.duration)));
  return writeMidiFile([conductor, ...lanes.map(({ name, events }) => [textEvent(0, 0x03, name), ...events])], end);
}

/** Makes the tempo of each part hold until the next one begins. */
function tempoMap(parts: readonly MidiPart[]): {
  tickOf: (time: Seconds) => number;
  events: readonly MidiEvent[];
} {
  const steps: { readonly time: Seconds; readonly tick: number; readonly microseconds: number }[] = [];
  const tickOf = (time: Seconds): number => {
    let low = 0;
    for (let high = steps.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((steps[middle]?.time ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    const { time: since, tick, microseconds } = steps[Math.max(0, low - 1)] ?? { time: 0, tick: 0, microseconds: 5e5 };
    return tick + Math.round(((time - since) * 1e6 * ticksPerQuarter) / microseconds);
  };
  for (const { at, score } of parts) {
    const microseconds = Math.round(6e7 / score.tempo);
    const last = steps.at(-1);
    if (microseconds === last?.microseconds) continue;
    const tick = last ? tickOf(at) : 0;
    // A tempo begins at a whole tick: what follows counts from the time of that tick, so that roundings do not add up.
    const time = last ? last.time + ((tick - last.tick) * last.microseconds) / (1e6 * ticksPerQuarter) : 0;
    if (tick === last?.tick) steps.pop();
    steps.push({ time, tick, microseconds });
  }
  return {
    tickOf,
    events: steps.map(({ tick, microseconds }) =>
      metaEvent(tick, 0x51, [microseconds >> 16, (microseconds >> 8) & 255, microseconds & 255]),
    ),
  };
}

interface Lane {
  readonly name: string;
  readonly channel: number;
  readonly events: MidiEvent[];
}

interface SoundingNote {
  readonly lane: Lane;
  readonly track: Track;
  readonly key: number;
  readonly start: number;
  velocity: number;
  end: number;
}

/** Gives each instrument of the piece a track; an instrument that a score has twice gets two. */
function lanesOf(parts: readonly MidiPart[], tickOf: (time: Seconds) => number): readonly Lane[] {
  const lanes = new Map<string, Lane>();
  let melodic = 0;
  const notes = parts.flatMap(({ at, score }) => {
    const seen = new Map<InstrumentName, number>();
    return score.tracks.flatMap((track) => {
      const { instrument, gain = 1 } = track;
      const voice = voices[instrument];
      const nth = (seen.get(instrument) ?? 0) + 1;
      seen.set(instrument, nth);
      const name = nth === 1 ? instrument : `${instrument} ${nth}`;
      const lane = lanes.get(name) ?? {
        name,
        channel: 'drumKey' in voice ? drumChannel : (melodicChannels[melodic++ % melodicChannels.length] ?? 0),
        events: [],
      };
      lanes.set(name, lane);
      return track.notes.map((note): SoundingNote => {
        const start = tickOf(at + note.time);
        // Drums share a channel, so that their gains are in their velocities.
        const velocity = note.velocity * ('drumKey' in voice ? Math.sqrt(gain) : 1);
        return {
          lane,
          track,
          key: 'drumKey' in voice ? voice.drumKey : clamp(Math.round(note.midi), 0, 127),
          start,
          velocity: clamp(Math.round(velocity * 127), 1, 127),
          end: Math.max(start + 1, tickOf(at + note.time + note.duration)),
        };
      });
    });
  });
  writeNotes(notes);
  return [...lanes.values()];
}

/** Writes notes in the order in which they sound, because a channel keeps its last program, place and level, and plays a key once at a time. */
function writeNotes(notes: readonly SoundingNote[]): void {
  const channels = new Map<number, string>();
  const held = new Map<number, SoundingNote>();
  const written: SoundingNote[] = [];
  for (const note of notes.toSorted((a, b) => a.start - b.start)) {
    const place = note.lane.channel * 128 + note.key;
    const before = held.get(place);
    if (before && note.start - before.start < 2) {
      before.velocity = Math.max(before.velocity, note.velocity);
      before.end = Math.max(before.end, note.end);
      continue;
    }
    if (before && before.end >= note.start) before.end = note.start - 1;
    held.set(place, note);
    written.push(note);
  }
  for (const { lane, track, key, start, end, velocity } of written) {
    const { channel, events } = lane;
    const setUp = setUpOf(track, channel);
    const state = setUp.join();
    if (channels.get(channel) !== state) {
      channels.set(channel, state);
      events.push(...setUp.map((bytes) => ({ tick: start, bytes })));
    }
    events.push(
      { tick: start, bytes: [0x90 | channel, key, velocity] },
      { tick: end, bytes: [0x80 | channel, key, 64] },
    );
  }
}

/** The program of a track, its place between the speakers, and its level: amplitude goes with the square of the volume. */
function setUpOf({ instrument, pan = 0, gain = 1 }: Track, channel: number): readonly (readonly number[])[] {
  const voice = voices[instrument];
  if ('drumKey' in voice) return [[0xc0 | channel, 0]];
  const volume = Math.round(unityVolume * Math.sqrt(gain));
  return [
    [0xc0 | channel, voice.program],
    [0xb0 | channel, 10, clamp(Math.round(64 + 63 * pan), 0, 127)],
    [0xb0 | channel, 7, clamp(volume, 0, 127)],
  ];
}
