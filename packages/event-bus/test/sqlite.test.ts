import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { sqlite } from '../src/sqlite.ts';
import { busContract } from './contract.ts';

// Fifty files are made and thrown away: memory does for behaviour, the disk is a matter of the faults.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'event-bus-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
busContract('SQLite', (options) => sqlite({ file: join(folder, `${++files}.db`), durability: 'normal', ...options }));
