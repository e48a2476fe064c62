/** A listener that comes late begins with the newest sound: @bnc/audio-core. */
import assert from 'node:assert/strict';
import { MultiClientAudioManager } from '@bnc/audio-core';

const sent: string[] = [];
const manager = new MultiClientAudioManager<{ url: string }>({
  send: (_repoId, { url }, sessions) => {
    for (const { clientId } of sessions) sent.push(`${clientId} ${url}`);
  },
});
manager.createSession('mona', 'octo/cat');
assert.equal(manager.broadcastBuffer('Octo/Cat', { url: '/clips/1.flac' }), 1);
const { audioBuffer } = manager.createSession('hubot', 'octo/cat');
assert.deepEqual(audioBuffer, { url: '/clips/1.flac' });
assert.equal(manager.broadcastBuffer('octo/cat', { url: '/clips/2.flac' }), 2);
assert.deepEqual(sent, ['mona /clips/1.flac', 'mona /clips/2.flac', 'hubot /clips/2.flac']);
console.log(sent.join('\n'));
manager.close();
