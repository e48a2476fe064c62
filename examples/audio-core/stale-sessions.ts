/** Who shows no sign of life for five minutes is out: @bnc/audio-core, with a clock of our own. */
import assert from 'node:assert/strict';
import { ClientSessionManager } from '@bnc/audio-core';

let now = 0;
const ended: string[] = [];
const sessions = new ClientSessionManager({
  sweepMs: 0,
  now: () => now,
  onEnd: ({ clientId }, why) => ended.push(`${clientId} ${why}`),
});
sessions.createSession('reads', 'octo/cat');
sessions.createSession('sleeps', 'octo/cat');
now = 200_000;
sessions.touch('reads');
now = 301_000;
assert.equal(sessions.sweep(), 1);
assert.deepEqual(ended, ['sleeps stale']);
assert.equal(sessions.count('OCTO/CAT'), 1);
console.log(ended.join('\n'));
sessions.close();
