/** A module written for pages becomes a WAV file in Node, the same samples each time: @bnc/offline-renderer. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav } from '@bnc/buffer-serializer';
import { OfflineRenderer } from '@bnc/offline-renderer';

await using renderer = new OfflineRenderer({ workers: 1 });
const module = new URL('./tone-piece.ts', import.meta.url);
const piece = { module, moduleOptions: { chord: ['C4', 'E4', 'G4'] }, duration: 2 };

const first = await renderer.render(piece);
const second = await renderer.render(piece);
assert.deepEqual(first.getChannelData(0), second.getChannelData(0), 'Math.random is seeded');
const file = join(mkdtempSync(join(tmpdir(), 'bnc-')), 'piece.wav');
writeFileSync(file, encodeWav(first, { format: 'pcm16' }));
console.log(`${file}: ${first.duration.toFixed(2)} s`);
