/** A send that fails is counted and reported, and holds up nothing: @bnc/audio-core. */
import assert from 'node:assert/strict';
import { MultiClientAudioManager } from '@bnc/audio-core';

const errors: string[] = [];
const manager = new MultiClientAudioManager<{ url: string }>({
  send: async (_repoId, { url }) => {
    if (url.includes('1')) throw new Error(`nobody takes ${url}`);
  },
  onError: (error) => errors.push(String(error)),
});
manager.createSession('mona', 'octo/cat');
manager.broadcastBuffer('octo/cat', { url: '/clips/1.flac' });
manager.broadcastBuffer('octo/cat', { url: '/clips/2.flac' });
await manager.settled();
const { failedSends, totalBuffersCreated } = manager.getHealthMetrics();
assert.deepEqual({ failedSends, totalBuffersCreated }, { failedSends: 1, totalBuffersCreated: 2 });
assert.equal(errors.length, 1);
console.log(errors.join('\n'));
manager.close();
