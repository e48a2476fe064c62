import type { InstrumentName, Score } from '@bnc/contracts';
import tonejs from '@tonejs/midi';

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

/**
 * Writes a score as a Standard MIDI File, with one track for each track of the score, for use in other music programs. Drums go to
 * channel 10 with their General MIDI keys; the other voices get the nearest General MIDI programs. The caller owns the
 * bytes.
 *
 * @example
 * await writeFile('phrase.mid', toMidi(compose(params)));
 */
export function toMidi(score: Score): Uint8Array {
  const file = new tonejs.Midi();
  file.header.setTempo(score.tempo);
  file.header.timeSignatures.push({ ticks: 0, timeSignature: [4, 4] });
  let channel = 0;
  for (const { instrument, pan = 0, notes } of score.tracks) {
    const track = file.addTrack();
    const voice = voices[instrument];
    track.name = instrument;
    if (channel === drumChannel) channel++;
    track.channel = 'drumKey' in voice ? drumChannel : channel++ % 16;
    track.instrument.number = 'drumKey' in voice ? 0 : voice.program;
    track.addCC({ number: 10, value: (pan + 1) / 2, time: 0 });
    for (const { time, duration, midi, velocity } of notes) {
      track.addNote({ midi: 'drumKey' in voice ? voice.drumKey : Math.round(midi), time, duration, velocity });
    }
  }
  return file.toArray();
}
