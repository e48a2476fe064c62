/** Put a buffer on the wire and take it off again: @bnc/buffer-serializer. */
import assert from 'node:assert/strict';
import * as BufferSerializer from '@bnc/buffer-serializer';

const sampleRate = 44_100;
const sine = Float32Array.from(
  { length: sampleRate },
  (_, frame) => 0.5 * Math.sin((2 * Math.PI * 440 * frame) / sampleRate),
);
const buffer = BufferSerializer.createAudioBufferLike([sine, sine], sampleRate);

// Plain JSON with the shortest decimals: every sample comes back bit for bit.
const plain = BufferSerializer.stringifyV1(buffer);
const back = await BufferSerializer.deserialize(JSON.parse(plain));
assert.deepEqual(back.getChannelData(0), sine);

// 16 bits in base64: a sixth of the size.
const small = JSON.stringify(BufferSerializer.serialize(buffer, { encoding: 'pcm-s16le' }));
const near = await BufferSerializer.deserialize(JSON.parse(small));
assert.ok(near.getChannelData(1).every((sample, frame) => Math.abs(sample - (sine[frame] ?? 0)) < 2 / 32_768));

console.log(`JSON ${plain.length} bytes, 16 bits in base64 ${small.length} bytes`);
