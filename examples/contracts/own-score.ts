/** A score without the composer: when each note of each instrument sounds. @bnc/contracts. */
import assert from 'node:assert/strict';
import { deserialize, serialize } from '@bnc/buffer-serializer';
import type { Score } from '@bnc/contracts';

const lullaby: Score = {
  tempo: 60,
  duration: 4,
  prngSeed: 1,
  tracks: [
    {
      instrument: 'bell',
      notes: [72, 76, 79, 84].map((midi, beat) => ({ time: beat, duration: 0.9, midi, velocity: 0.5 })),
    },
    { instrument: 'purr', notes: [{ time: 0, duration: 4, midi: 36, velocity: 0.4 }] },
  ],
};
const message = serialize(lullaby, { encoding: 'score' });
assert.deepEqual(deserialize(message).score, lullaby);
console.log(`${JSON.stringify(message).length} bytes on the wire`);
