/** Sound comes long before a render ends, and a render that nobody needs is stopped: @bnc/offline-renderer. */
import assert from 'node:assert/strict';
import { OfflineRenderer } from '@bnc/offline-renderer';

await using renderer = new OfflineRenderer();
const piece = { tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 6 } as const;

let isDone = false;
let previewed = 0;
const buffer = await renderer.render(piece, {
  onPreview: ({ from, channels }) => {
    assert.equal(isDone, false);
    assert.equal(from, previewed, 'piece by piece, without gaps');
    previewed += channels[0]?.length ?? 0;
  },
});
isDone = true;
assert.ok(previewed >= 6 * buffer.sampleRate);

const controller = new AbortController();
const cancelled = renderer.render(piece, { signal: controller.signal });
controller.abort();
await assert.rejects(cancelled, { code: 'RENDER_ABORTED' });
console.log(`${previewed} frames before the master was there, then one render that was cancelled`);
