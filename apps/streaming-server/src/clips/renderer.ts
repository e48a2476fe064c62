import type { MusicalParameters } from '@bnc/contracts';
import { themes } from '@bnc/music-engine';
import { OfflineRenderer } from '@bnc/offline-renderer';

/** The module with which a render process encodes clips. */
export const finishModule: URL = new URL(
  import.meta.url.endsWith('.ts') ? './encode-clip.ts' : './encode-clip.js',
  import.meta.url,
);

const bar: MusicalParameters = {
  tempo: 96,
  scale: ['D4', 'E4', 'F4', 'G4', 'A4', 'B4', 'C5'],
  tonic: 'D',
  mode: 'dorian',
  instrumentType: 'synth',
  duration: 2.5,
  bars: 1,
  intensity: 1,
  prngSeed: 1,
};

/** Who plays along in each theme: instruments that no band has. */
const guests = [
  { sign: 'talk.asked', signature: 36, cats: ['trill', 'hiss'] },
  { sign: 'code.added', signature: 12, cats: ['meow'] },
  { sign: 'ship.done', signature: 24, cats: ['purr'] },
  { sign: 'security.alarmed', signature: 0, cats: ['mrrp', 'chirp'], lead: 'harp' },
] as const satisfies readonly Partial<MusicalParameters>[];

/** A bar of each theme. */
export const firstBars: readonly MusicalParameters[] = themes.map((theme, index) => ({
  ...bar,
  ...guests[index],
  theme,
}));

/**
 * Makes the renderer of a server. A process that waits plays and encodes a bar of each theme, so that everything is
 * loaded and compiled when the first clip is wanted.
 */
export function createRenderer(): OfflineRenderer {
  return new OfflineRenderer({
    warmUp: firstBars.map((input) => ({ input, finish: finishModule, finishOptions: { encodings: ['flac'] } })),
  });
}
