import { bedOf, openRoom, type Theme } from '@bnc/music-engine';
import { hourStart } from './hours.ts';
import { renderAs, type Stereo, sampleRate } from './mix.ts';

/** Rooms whose beds are rendered; phrases take turns with them. */
const rooms = 2;
/** Phrases begin at other places of a bed: this far apart, after its first chord has come up. */
const first = 8;
const apart = 3;
const places = 5;

const beds = new Map<string, Promise<Stereo>>();

/** Lays the bed of a theme under a sound that has its loudness: each number another place of another bed. */
export async function overBed(sound: Stereo, theme: Theme, number: number): Promise<Stereo> {
  const room = number % rooms;
  const key = `${theme} ${room}`;
  const bed = await (beds.get(key) ?? keep(key, renderBed(theme, 1000 + 7 * room)));
  const from = Math.round((first + apart * (number % places)) * sampleRate);
  return [0, 1].map((side) =>
    (sound[side] ?? new Float32Array()).map((sample, i) => sample + (bed[side]?.[from + i] ?? 0)),
  ) as unknown as Stereo;
}

function keep(key: string, bed: Promise<Stereo>): Promise<Stereo> {
  beds.set(key, bed);
  return bed;
}

/** The first turn of all loops of a bed. */
async function renderBed(theme: Theme, repositoryId: number): Promise<Stereo> {
  const { loops } = bedOf(openRoom({ repositoryId, settings: { theme } }), hourStart);
  const length = 45 * sampleRate;
  const bed: Stereo = [new Float32Array(length), new Float32Array(length)];
  for (const { score } of loops) {
    const loop = await renderAs('clip', score);
    for (const side of [0, 1] as const) {
      for (let i = 0; i < Math.min(length, loop[side].length); i++) {
        bed[side][i] = (bed[side][i] ?? 0) + (loop[side][i] ?? 0);
      }
    }
  }
  return bed;
}
