import { type Bench, median } from '@bnc/bench';
import { type Theme, themes } from '@bnc/music-engine';
import { bandErrors, hearBand } from './band-ear.ts';
import { type Heard, recognise, sketchOf } from './ear.ts';
import { hear } from './hearings.ts';
import type { KindName } from './kinds.ts';
import { renderAs } from './mix.ts';
import { colourOf, monoOf } from './tone.ts';
import { overBed } from './under.ts';

/** Happenings by which the ear learns themes, and those that it has not heard before. */
const known = ['push', 'opened', 'merged', 'red', 'green', 'deployed'] as const satisfies readonly KindName[];
const unheard = [
  'approved',
  'commented',
  'issue opened',
  'deployment failed',
  'released',
  'big push',
] as const satisfies readonly KindName[];

/** Rooms in which the ear learns, and rooms in which it is tested. */
const rooms = 20;
/** The first room of the tests. */
const testsFrom = 200;

/**
 * Whether a listener knows the four bands: the ear learns them by some happenings and names them in other rooms, by others too,
 * from whole phrases and from their first 1.3 s; and how far apart their colours are.
 */
export async function measureThemes(bench: Bench): Promise<void> {
  const phrases: Ears = { learned: [], tested: [] };
  const beginnings: Ears = { learned: [], tested: [] };
  const colours = new Map<Theme, readonly (readonly number[])[]>();
  for (const theme of themes) {
    const first: (readonly number[])[] = [];
    for (let i = 0; i < 2 * rooms; i++) {
      const isTest = i >= rooms;
      const kinds = isTest ? [...unheard, ...known] : known;
      const number = isTest ? testsFrom + i : i;
      const plain = await renderAs('clip', hear(kinds[i % kinds.length] ?? 'push', number, theme).score);
      if (i < known.length) first.push(colourOf(monoOf(plain)));
      const sound = await overBed(plain, theme, number);
      (isTest ? phrases.tested : phrases.learned).push({ name: theme, sketch: hearBand(sound, 1000 + number) });
      (isTest ? beginnings.tested : beginnings.learned).push({ name: theme, sketch: sketchOf(sound, 1000 + number) });
    }
    colours.set(theme, first);
  }
  const worst = (shares: ReadonlyMap<string, number>): number => 100 * Math.min(...shares.values());
  bench.record({
    name: 'ear: theme of a phrase, the worst',
    unit: '%',
    value: worst(recognise(phrases.learned, phrases.tested, bandErrors)),
    goal: { atLeast: 95 },
  });
  bench.record({
    name: 'ear: theme of the first 1.3 s, the worst',
    unit: '%',
    value: worst(recognise(beginnings.learned, beginnings.tested)),
    goal: { atLeast: 95 },
  });
  bench.record({
    name: 'themes: log-spectral distance, the nearest two',
    unit: 'dB',
    value: leastDistance(colours),
    goal: { atLeast: 8 },
  });
}

interface Ears {
  readonly learned: Heard[];
  readonly tested: Heard[];
}

/** Distance in dB of the two themes whose colours are nearest, the median over happenings. */
function leastDistance(colours: ReadonlyMap<Theme, readonly (readonly number[])[]>): number {
  const distances = themes.flatMap((one, i) =>
    themes.slice(i + 1).map((other) =>
      median(
        known.map((_, kind) => {
          const [a = [], b = []] = [colours.get(one)?.[kind], colours.get(other)?.[kind]];
          return Math.sqrt(a.reduce((sum, level, band) => sum + (level - (b[band] ?? 0)) ** 2, 0) / a.length);
        }),
      ),
    ),
  );
  return Math.min(...distances);
}
