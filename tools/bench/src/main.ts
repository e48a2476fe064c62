/**
 * `pnpm bench [package] [--json]`: finds every `bench/*.bench.ts` of the workspace, runs those whose name
 * contains the word given, and prints one row per number.
 */
import { globSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Bench, type Benchmark, type Row } from './harness.ts';

const root = resolve(import.meta.dirname, '../../..');
const args = process.argv.slice(2).filter((arg) => arg !== '--');
const json = args.includes('--json');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--json');
if (unknown) {
  console.error(`bench: unknown option ${unknown}. Usage: pnpm bench [package] [--json]`);
  process.exit(2);
}

const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'} x ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.version}`;

function round(value: number): string {
  return !Number.isFinite(value)
    ? String(value)
    : Math.abs(value) >= 100
      ? Math.round(value).toLocaleString('en')
      : String(Number(value.toPrecision(3)));
}

function line(row: Row): string {
  const peers = Object.entries(row.peers).map(([name, value]) => `${name} ${round(value)}`);
  const verdict = row.goal === null ? '' : `goal ${row.goal}: ${row.met ? 'met' : 'MISSED'}`;
  return [
    `${row.name.padEnd(44)} ${round(row.value).padStart(12)} ${row.unit.padEnd(10)}`,
    peers.join(' · '),
    row.ratio === null ? '' : `ratio ${round(row.ratio)}`,
    verdict,
  ]
    .filter(Boolean)
    .join(' | ');
}

const files = globSync('{packages,apps}/*/bench/*.bench.ts', { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)))
  .toSorted();
if (files.length === 0) {
  console.error(`bench: no benchmark matches ${wanted.join(' ') || 'anything'}.`);
  process.exit(2);
}
if (!json) console.log(machine);
const rows: Row[] = [];
const skipped: Bench['skipped'] = [];
for (const file of files) {
  const { benchmark } = (await import(pathToFileURL(resolve(root, file)).href)) as { benchmark: Benchmark };
  if (!json) console.log(`\n# ${benchmark.name}  (${file})`);
  const bench = new Bench((row) => {
    if (!json) console.log(line(row));
  });
  await benchmark.run(bench);
  for (const { name, why } of bench.skipped) if (!json) console.log(`${name}: skipped: ${why}`);
  rows.push(...bench.rows);
  skipped.push(...bench.skipped);
}
if (json) console.log(JSON.stringify({ machine, rows, skipped }, null, 2));
else {
  console.log(
    `\n${rows.length} rows, ${rows.filter((row) => row.met).length} goals met, ${rows.filter((row) => row.met === false).length} missed, ${skipped.length} skipped`,
  );
}
process.exit(0);
