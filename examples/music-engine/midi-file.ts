/** A phrase as a MIDI file, to open in another music program: @bnc/music-engine/midi. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, themes } from '@bnc/music-engine';
import { toMidi } from '@bnc/music-engine/midi';

const folder = mkdtempSync(join(tmpdir(), 'bnc-'));
for (const theme of themes) {
  const parameters = {
    tempo: 90,
    scale: ['C4', 'D4', 'E4', 'G4', 'A4'],
    instrumentType: 'synth',
    duration: 8,
  } as const;
  const midi = toMidi(compose({ ...parameters, theme }));
  assert.equal(new TextDecoder().decode(midi.subarray(0, 4)), 'MThd');
  const file = join(folder, `${theme}.mid`);
  writeFileSync(file, midi);
  console.log(`${file}: ${midi.length} bytes`);
}
