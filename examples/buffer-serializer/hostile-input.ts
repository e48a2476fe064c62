/** A message from a stranger is refused with a code, before memory is taken: @bnc/buffer-serializer. */
import assert from 'node:assert/strict';
import { deserialize, SerializerError } from '@bnc/buffer-serializer';

const messages: readonly unknown[] = [
  { sampleRate: 44_100, length: 2 ** 40, duration: 1, numberOfChannels: 1, channels: [[0]] },
  { sampleRate: 44_100, length: 1, duration: 1 / 44_100, numberOfChannels: 1, channels: [['loud']] },
  { v: 9 },
];
for (const message of messages) {
  try {
    await deserialize(message);
    assert.fail('a stranger got through');
  } catch (error) {
    assert.ok(error instanceof SerializerError);
    console.log(`${error.code}: ${error.message}`);
  }
}
