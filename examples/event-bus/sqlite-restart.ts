/** What one process has not finished, the next one does: @bnc/event-bus in a SQLite file. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBus } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';

const folder = mkdtempSync(join(tmpdir(), 'bnc-'));
const file = join(folder, 'bus.db');

const before = new EventBus({ transport: await sqlite({ file }) });
await before.subscribe('job:*', () => {}, { group: 'workers' }).ready;
await before.close();

const offline = new EventBus({ transport: await sqlite({ file }) });
await offline.publish('job:render', { clip: 7 });
await offline.close();

const after = new EventBus<{ [topic: `job:${string}`]: { clip: number } }>({ transport: await sqlite({ file }) });
for await (const { payload } of after.events('job:*', { group: 'workers' })) {
  assert.deepEqual(payload, { clip: 7 });
  console.log('done after the restart:', payload);
  break;
}
await after.close();
rmSync(folder, { recursive: true });
