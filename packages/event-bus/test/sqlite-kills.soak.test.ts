import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { killWriters } from './kill-writers.ts';

it('has every acknowledged event, once, after 15 kills of the SQLite writer', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-bus-kills-'));
  await killWriters(join(folder, 'bus.db'), 15);
  rmSync(folder, { recursive: true, force: true });
});
