/**
 * `pnpm hours [quiet|normal|busy]... [--score] [--docs]`: renders the hours of the benchmark to `hours/`, each with a picture of
 * its spectrum and its loudness. Rendered as clips; with `--score` as a browser plays the scores. `--docs` puts the picture of the
 * normal hour into docs/music.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { measureHour } from './hour-curve.ts';
import { drawHour, HourSpectrum } from './hour-picture.ts';
import { type HourName, happeningsOf, hourMs, hourStart, hours } from './hours.ts';
import { mixHour } from './mix.ts';
import { pieceOf, play } from './played.ts';

const folder = resolve(import.meta.dirname, '../../../../hours');
const images = resolve(import.meta.dirname, '../../../../docs/images');
const args = process.argv.slice(2).filter((arg) => arg !== '--');
const names = Object.keys(hours) as HourName[];
const unknown = args.find((arg) => arg !== '--score' && arg !== '--docs' && !names.includes(arg as HourName));
if (unknown !== undefined) {
  console.error(`hours: ${unknown} is not an hour. Usage: pnpm hours [${names.join('|')}]... [--score] [--docs]`);
  process.exit(2);
}
const wanted = names.filter((name) => !args.some((arg) => names.includes(arg as HourName)) || args.includes(name));
const way = args.includes('--score') ? 'score' : 'clip';
const seconds = hourMs / 1000;
mkdirSync(folder, { recursive: true });
for (const name of wanted) {
  const happenings = happeningsOf(hours[name], 1);
  const played = play(happenings, pieceOf(happenings[0]?.activity.repositoryId ?? 1));
  const spectrum = new HourSpectrum(seconds);
  let done = 0;
  const curve = await measureHour(mixHour(played, { way, begin: hourStart, seconds }), {
    file: join(folder, `${name}.opus`),
    onBlock(block) {
      spectrum.add(block);
      if (++done % 60 === 0) process.stderr.write(`\r${name}: ${done / 60} of ${seconds / 60} minutes`);
    },
  });
  const picture = drawHour({ spectrum, momentary: curve.momentary });
  writeFileSync(join(folder, `${name}.png`), picture);
  if (name === 'normal' && args.includes('--docs')) writeFileSync(join(images, 'hour.png'), picture);
  const { integrated, range, silence, truePeak } = curve;
  const loudness = `${integrated} LUFS, range ${range} LU, true peak ${truePeak} dBTP`;
  console.log(
    `\r${join(folder, name)}.opus: ${played.sounds.length} phrases, ${loudness}, ${Math.round(silence * 100)} % silence`,
  );
}
process.exit(0);
