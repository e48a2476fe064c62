/** Runs every example in a process of its own; an example whose assertions fail exits non-zero. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../examples');
let failed = 0;
for (const file of globSync('[0-9]*.ts', { cwd: folder }).toSorted()) {
  console.log(`\n# ${file}`);
  const { status } = spawnSync(process.execPath, [resolve(folder, file)], { stdio: 'inherit', timeout: 60_000 });
  if (status !== 0) failed++;
}
console.log(failed === 0 ? '\nevery example holds' : `\n${failed} examples failed`);
process.exitCode = failed > 0 ? 1 : 0;
