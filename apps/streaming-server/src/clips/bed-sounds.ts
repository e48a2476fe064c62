import { serialize } from '@bnc/buffer-serializer';
import type { BedLoopData, SerializedBuffer } from '@bnc/contracts';
import type { Bed, BedLoop } from '@bnc/music-engine';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { ClipPaths } from '../access/clip-paths.ts';
import { anyRoom } from '../rooms/access.ts';
import { NewestMap } from '../rooms/newest-map.ts';
import type { ClipMaker } from './clip-maker.ts';

/** Beds kept in memory, ready to send, in each form: those that were used last. About 3 kB each. */
const maxBeds = 256;

/**
 * How a loop of a bed is written: at the rate of Opus, so that nothing is resampled, and with less effort than a phrase, as
 * nothing in it moves quickly. A minute of it takes 0.85 s of CPU, 0.6 of the usual way. A loop of 13 bars is 52 s with its
 * tail: 630 kB.
 */
const form = { sampleRate: 48_000, opus: { bitrate: 96_000, compressionLevel: 5 } };

type Loops = readonly BedLoopData[];

/** Makes beds ready to send: as scores with their gains, or as clips. Each is made once for all rooms that sound alike. */
export class BedSounds {
  readonly #renderer: Pick<OfflineRenderer, 'gainOf'>;
  readonly #clips: ClipMaker;
  readonly #paths: ClipPaths;
  readonly #scored = new NewestMap<string, Promise<Loops>>(maxBeds);
  readonly #closed = new AbortController();

  constructor(renderer: Pick<OfflineRenderer, 'gainOf'>, clips: ClipMaker, paths: ClipPaths) {
    this.#renderer = renderer;
    this.#clips = clips;
    this.#paths = paths;
  }

  /** Returns the loops of a bed as scores. Each is measured first, which takes about half a second. */
  scores(bed: Bed): Promise<Loops> {
    const known = this.#scored.get(bed.id);
    const made = known ?? allOf(bed, (loop) => this.#score(loop));
    this.#scored.set(bed.id, made);
    // What failed is tried again.
    made.catch(() => this.#scored.delete(bed.id));
    return made;
  }

  /**
   * Returns the loops of a bed as links to clips, from the store or by rendering.
   * @param channel - the room that waits: rooms take turns
   */
  clips(bed: Bed, channel: string): Promise<Loops> {
    return allOf(bed, (loop) => this.#clip(loop, channel));
  }

  /** Stops what is being rendered. */
  close(): void {
    this.#closed.abort();
  }

  async #score({ score }: BedLoop): Promise<SerializedBuffer> {
    const gain = await this.#renderer.gainOf(score, { key: 'beds', signal: this.#closed.signal });
    return serialize(score, { encoding: 'score', gain: Math.round(gain * 10_000) / 10_000 });
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

function allOf(bed: Bed, make: (loop: BedLoop) => Promise<SerializedBuffer>): Promise<Loops> {
  return Promise.all(
    bed.loops.map(async (loop) => ({ buffer: await make(loop), lengthBars: loop.lengthBars, level: loop.level })),
  );
}
