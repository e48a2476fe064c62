/** A buffer becomes a FLAC file that any player opens, and comes back bit for bit: @bnc/buffer-serializer/flac. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudioBufferLike } from '@bnc/buffer-serializer';
import { decodeFlac, encodeFlac } from '@bnc/buffer-serializer/flac';

const sampleRate = 48_000;
// Values of 16 bits, so that nothing has to be rounded.
const tone = Float32Array.from(
  { length: sampleRate },
  (_, frame) => Math.round(16_000 * Math.sin((2 * Math.PI * 440 * frame) / sampleRate)) / 32_768,
);
const file = join(mkdtempSync(join(tmpdir(), 'bnc-')), 'tone.flac');
writeFileSync(file, encodeFlac(createAudioBufferLike([tone], sampleRate), { bitDepth: 16 }));
const read = decodeFlac(readFileSync(file));
assert.ok(read.getChannelData(0).every((sample, frame) => sample === tone[frame]));
console.log(`${file}: ${readFileSync(file).length} bytes for ${tone.length} samples`);
