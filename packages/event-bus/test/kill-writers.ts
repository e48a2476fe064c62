import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { EventBus } from '../src/index.ts';
import { sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { startProcess } from './processes.ts';

/** Kills a writing process again and again, then expects every acknowledged event, once, in a whole file. */
export async function killWriters(file: string, kills: number): Promise<void> {
  const acked = new Map<string, string>();
  for (let round = 0; round < kills; round++) {
    const child = startProcess({ store: { file }, role: 'write' });
    await child.ready();
    const wanted = 20 + round * 50;
    await eventually(() => expect(child.told.length).toBeGreaterThan(wanted));
    await child.kill();
    for (const told of child.told) {
      if (told.say === 'acked') for (const [dedupeId, id] of told.ids) acked.set(dedupeId, id);
    }
  }
  const db = new DatabaseSync(file);
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  db.close();
  const bus = new EventBus<{ 'job:a': { n: number } }>({ transport: await sqlite({ file }) });
  atEnd(() => bus.close());
  const stored = new Set<string>();
  for (let after: string | undefined, more = true; more; ) {
    const page = await bus.read(after, { limit: 1000 });
    for (const { id } of page.events) stored.add(id);
    after = page.last;
    more = page.more;
  }
  expect([...acked.values()].filter((id) => !stored.has(id))).toEqual([]);
  expect(acked.size).toBeGreaterThan(kills * 20);
  // The key was written together with its event: a repetition is swallowed, and names the event that is there.
  const repeated = await Promise.all(
    [...acked.keys()].slice(0, 500).map((dedupeId) => bus.publish('job:a', { n: 0 }, { dedupeId })),
  );
  expect(repeated.every(({ duplicate }) => duplicate)).toBe(true);
  expect(repeated.map(({ id }) => id)).toEqual([...acked.values()].slice(0, 500));
}
