import type { InstrumentName, Score } from '@bnc/contracts';
import tonejs from '@tonejs/midi';

/** General MIDI programs (0-127) that come nearest to our voices. */
const programs: Readonly<Record<InstrumentName, number>> = {
  synth: 80,
  fmSynth: 4,
  polySynth: 90,
  sampler: 0,
  bass: 38,
  pad: 89,
  pluck: 45,
  bell: 14,
  kick: 0,
  snare: 0,
  hat: 0,
  purr: 43,
  meow: 54,
  chirp: 72,
  trill: 75,
  mrrp: 58,
  hiss: 126,
};

/** General MIDI percussion keys of our drums. */
const drums: Readonly<Partial<Record<InstrumentName, number>>> = { kick: 36, snare: 38, hat: 42 };
const drumChannel = 9;

/**
 * Writes a score as a Standard MIDI File, one track per instrument, for use in other music programs. Drums go to
 * channel 10 with their General MIDI keys; our voices get the General MIDI programs nearest to them.
 */
export function toMidi(score: Score): Uint8Array {
  const file = new tonejs.Midi();
  file.header.setTempo(score.tempo);
  file.header.timeSignatures.push({ ticks: 0, timeSignature: [4, 4] });
  let channel = 0;
  for (const { instrument, pan = 0, notes } of score.tracks) {
    const track = file.addTrack();
    const drum = drums[instrument];
    track.name = instrument;
    if (channel === drumChannel) channel++;
    track.channel = drum === undefined ? channel++ % 16 : drumChannel;
    track.instrument.number = programs[instrument];
    track.addCC({ number: 10, value: (pan + 1) / 2, time: 0 });
    for (const { time, duration, midi, velocity } of notes) {
      track.addNote({ midi: drum ?? Math.round(midi), time, duration, velocity });
    }
  }
  return file.toArray();
}
