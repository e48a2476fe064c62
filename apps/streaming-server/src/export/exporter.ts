import { setTimeout } from 'node:timers/promises';
import type { AudioBufferLike, EpochMs, MusicalParameters, Score } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { compose } from '@bnc/music-engine';
import { toMidi } from '@bnc/music-engine/midi';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import { HttpError } from '../http/errors.ts';
import type { ServerEvents } from '../rooms/events.ts';
import { hearableMs, type KeptPhrase, type Tables } from '../rooms/tables.ts';
import { bedParts, bedWordsOf } from './bed-parts.ts';
import { encodeBlocks, type SoundFormat, soundTypes, wavBytes } from './encode-blocks.ts';
import { engineName } from './engine.ts';
import { midiOf } from './midi.ts';
import { mixdown, type Part } from './mixdown.ts';
import { channelsOf, frameOf, heardIn, partOf } from './span.ts';

/** Formats of exports. */
export const exportFormats = ['opus', 'flac', 'wav', 'mid'] as const;

/** One of them. */
export type ExportFormat = (typeof exportFormats)[number];

/** Longest span in ms. */
export const maxSpanMs = 3_600_000;

/** Phrases that are read for one span, at most: those that began in it, and those that were decided in the hour before it. */
const maxPhrases = 5000;

/** Time in ms between tries of a render that found the queue full. */
const busyMs = 1000;

/** A file that is being written. */
export interface ExportFile {
  readonly mediaType: string;
  /** Its size, where it is known beforehand. */
  readonly bytes?: number;
  readonly body: Uint8Array | ReadableStream<Uint8Array>;
}

/** What to export. */
export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly format: ExportFormat;
  /** Whether what sounded under the phrases is wanted too. */
  readonly bed: boolean;
}

/** The room that is exported, for those who may have it. */
export interface ExportRoom {
  readonly key: string;
  readonly name: string;
  /** All channels that it had. */
  readonly channels: readonly string[];
  mayHear(kept: KeptPhrase): boolean;
  /** Called before each block; rejects where the request may not have the room any more. */
  check(): Promise<void>;
}

/** Writes what rooms played to files, in the memory of what sounds at a time. */
export class Exporter {
  readonly #renderer: OfflineRenderer;
  readonly #tables: Pick<Tables, 'phrasesBetween'>;
  readonly #bus: EventBus<ServerEvents>;

  constructor({ renderer, tables, bus }: { renderer: OfflineRenderer; tables: Tables; bus: EventBus<ServerEvents> }) {
    this.#renderer = renderer;
    this.#tables = tables;
    this.#bus = bus;
  }

  /**
   * Writes a span as one file, as it was heard: each phrase at its start, and as far as it sounded.
   * @throws {HttpError} `EXPORT_EMPTY` or `EXPORT_TOO_LARGE`
   */
  async span(room: ExportRoom, { from, to, format, bed }: Span, signal: AbortSignal): Promise<ExportFile> {
    // A phrase may wait for its first listener: it began up to an hour after it was decided.
    const options = { from: from - hearableMs, to, limit: maxPhrases };
    const kept = await this.#tables.phrasesBetween(room.key, options);
    if (kept.length === maxPhrases) {
      throw new HttpError(
        400,
        'EXPORT_TOO_LARGE',
        `The span holds more than ${maxPhrases} phrases. Take a shorter one.`,
      );
    }
    const heard = heardIn(kept.filter((one) => room.mayHear(one))).filter(
      ({ params, startAt }) => startAt < to && startAt + params.duration * 1000 > from,
    );
    if (heard.length === 0) throw new HttpError(404, 'EXPORT_EMPTY', 'Nothing was heard in this span.');
    if (format === 'mid') return midi(midiOf(heard, { from, to }));
    const render = this.#render(signal);
    const phrases = heard.map((one) => partOf(one, from, render));
    const under = bed ? bedParts(await bedWordsOf(this.#bus, room.channels), { from, to }, render) : [];
    const parts = [...phrases, ...under].toSorted((one, other) => one.at - other.at);
    const title = `${room.name}, ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
    return sound(format, { parts, length: frameOf(to - from), title, check: () => room.check() });
  }

  /** Writes one phrase as a file, whole. */
  async phrase({ phrase }: KeptPhrase, format: ExportFormat, signal: AbortSignal): Promise<ExportFile> {
    const { musicalParams, activity } = phrase;
    if (format === 'mid') return midi(toMidi(compose(musicalParams)));
    const buffer = await this.#render(signal)(musicalParams);
    const parts = [{ at: 0, render: async () => channelsOf(buffer) }];
    return sound(format, { parts, length: buffer.length, title: activity.title, check: async () => {} });
  }

  /** Makes a function that renders as soon as there is room: exports take turns with rooms, which do not wait for them. */
  #render(signal: AbortSignal): (input: MusicalParameters | Score) => Promise<AudioBufferLike> {
    return async (input) => {
      for (;;) {
        try {
          return await this.#renderer.render(input, { key: 'exports', signal });
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'RENDER_QUEUE_FULL')) throw error;
          await setTimeout(busyMs, undefined, { signal });
        }
      }
    };
  }
}

function midi(body: Uint8Array): ExportFile {
  return { mediaType: 'audio/midi', bytes: body.length, body };
}

function sound(
  format: SoundFormat,
  {
    parts,
    length,
    title,
    check,
  }: { readonly parts: Part[]; readonly length: number; readonly title: string; check(): Promise<void> },
): ExportFile {
  const piece = { blocks: checked(mixdown(parts, length), check), length, title, engine: engineName };
  const body = encodeBlocks(format, piece);
  return { mediaType: soundTypes[format], ...(format === 'wav' && { bytes: wavBytes(piece) }), body };
}

async function* checked<Block>(blocks: AsyncIterable<Block>, check: () => Promise<void>): AsyncGenerator<Block> {
  for await (const block of blocks) {
    await check();
    yield block;
  }
}
