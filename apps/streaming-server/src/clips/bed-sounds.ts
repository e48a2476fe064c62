import { serialize } from '@bnc/buffer-serializer';
import type { BedLoopData, Score, SerializedBuffer } from '@bnc/contracts';
import type { Bed, BedLoop } from '@bnc/music-engine';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { ClipPaths } from '../access/clip-paths.ts';
import { anyRoom } from '../rooms/access.ts';
import { NewestMap } from '../rooms/newest-map.ts';
import type { ClipMaker } from './clip-maker.ts';

/**
 * Most beds whose gains are kept in memory, those that were used last: 300 bytes each, 2.4 MB in all. A room has up to
 * twelve beds an hour for each state, so this is enough for 300 rooms in which two states take turns. Beyond that, a
 * bed that comes back is measured again.
 */
const maxBeds = 8192;

/**
 * How a loop of a bed is encoded: at the rate of Opus, so that nothing is resampled, and with less effort than a
 * phrase, as nothing in it moves quickly. A minute of it takes 0.85 s of CPU, 60 % of the usual time. A loop of 13 bars
 * is 52 s with its tail: 630 kB.
 */
const form = { sampleRate: 48_000, opus: { bitrate: 96_000, compressionLevel: 5 } };

type Loops = readonly BedLoopData[];

/**
 * Makes beds ready to send: as scores with their gains, or as clips. Each is made once for all rooms that sound alike.
 */
export class BedSounds {
  readonly #renderer: Pick<OfflineRenderer, 'gainOf'>;
  readonly #clips: ClipMaker;
  readonly #paths: ClipPaths;
  /** Gains of the loops, by bed. */
  readonly #gains = new NewestMap<string, Promise<readonly number[]>>(maxBeds);
  readonly #closed = new AbortController();

  constructor(renderer: Pick<OfflineRenderer, 'gainOf'>, clips: ClipMaker, paths: ClipPaths) {
    this.#renderer = renderer;
    this.#clips = clips;
    this.#paths = paths;
  }

  /** Returns the loops of a bed as scores. They are measured first, which takes about 0.25 s of CPU. */
  async scores(bed: Bed): Promise<Loops> {
    const gains = await this.#gainsOf(bed);
    return bed.loops.map(({ score, lengthBars, level }, index) => ({
      buffer: serialize(score, { encoding: 'score', gain: gains[index] ?? 1 }),
      lengthBars,
      level,
    }));
  }

  /**
   * Returns the loops of a bed as links to clips, from the store or by rendering.
   * @param channel - the room that waits: rooms take turns
   */
  clips(bed: Bed, channel: string): Promise<Loops> {
    return Promise.all(
      bed.loops.map(async (loop) => ({
        buffer: await this.#clip(loop, channel),
        lengthBars: loop.lengthBars,
        level: loop.level,
      })),
    );
  }

  /** Stops what is being rendered. */
  close(): void {
    this.#closed.abort();
  }

  #gainsOf({ id, loops }: Bed): Promise<readonly number[]> {
    const gains = this.#gains.get(id) ?? Promise.all(loops.map(({ score }) => this.#gainOf(score)));
    this.#gains.set(id, gains);
    gains.catch(() => {
      // It is tried again.
      if (this.#gains.get(id) === gains) this.#gains.delete(id);
    });
    return gains;
  }

  async #gainOf(score: Score): Promise<number> {
    const gain = await this.#renderer.gainOf(score, { key: 'beds', signal: this.#closed.signal });
    return Math.round(gain * 10_000) / 10_000;
  }

  async #clip({ score }: BedLoop, channel: string): Promise<SerializedBuffer> {
    const delivery = { kind: 'url', encodings: ['opus'] } as const;
    const clip = await this.#clips.clip({
      input: score,
      fairKey: channel,
      // It says no more than how things stand, and only listeners of the room know its name.
      room: anyRoom,
      deliveries: [delivery],
      signal: this.#closed.signal,
      ...form,
    });
    const text = clip.text(delivery, (name) => this.#paths.of(name, undefined));
    if (!text) throw new Error('a loop of a bed has no clip');
    return JSON.parse(Buffer.from(text).toString()) as SerializedBuffer;
  }
}
