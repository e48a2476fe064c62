/** Render parameters to a mastered WAV file in Node: @bnc/offline-renderer. */
import assert from 'node:assert/strict';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav } from '@bnc/buffer-serializer';
import { OfflineRenderer } from '@bnc/offline-renderer';

await using renderer = new OfflineRenderer();
const buffer = await renderer.render({
  tempo: 96,
  duration: 2.5,
  instrumentType: 'fmSynth',
  scale: ['C4', 'D4', 'E4', 'G4', 'A4', 'C5'],
  pattern: {
    notes: ['C4', 'E4', 'G4', 'C5'],
    times: ['0:0:0', '0:1:0', '0:2:0', '0:3:0'],
    durations: ['8n', '8n', '8n', '4n'],
    velocities: [0.7, 0.6, 0.6, 0.9],
  },
});

const file = join(mkdtempSync(join(tmpdir(), 'bnc-')), 'phrase.wav');
writeFileSync(file, encodeWav(buffer, { format: 'pcm16' }));
assert.equal(buffer.numberOfChannels, 2);
assert.ok(buffer.duration >= 2.5);
assert.equal(statSync(file).size, 44 + buffer.length * 2 * 2);
console.log(`${file}: ${buffer.duration.toFixed(2)} s, ${buffer.sampleRate} Hz, ${buffer.numberOfChannels} channels`);
