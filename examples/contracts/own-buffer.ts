/** Any object with planar samples is a buffer, such as a view of memory that is there already: @bnc/contracts. */
import assert from 'node:assert/strict';
import { encodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';

const memory = new Float32Array(200).map((_, frame) => Math.sin(frame / 10));
const left = memory.subarray(0, 100);
const right = memory.subarray(100);
const buffer: AudioBufferLike = {
  sampleRate: 8000,
  length: 100,
  duration: 100 / 8000,
  numberOfChannels: 2,
  getChannelData: (channel) => (channel === 0 ? left : right),
};
const wav = encodeWav(buffer, { format: 'pcm16' });
assert.equal(wav.length, 44 + 100 * 2 * 2);
console.log(`${wav.length} bytes of WAV`);
