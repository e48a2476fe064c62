import { setTimeout } from 'node:timers/promises';
import type { EpochMs } from '@bnc/contracts';
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
import { channelsOf, frameOf, heardIn, partOf, type RenderPart } from './span.ts';

/** Formats of exports. */
export const exportFormats = ['opus', 'flac', 'wav', 'mid'] as const;

/** One of them. */
export type ExportFormat = (typeof exportFormats)[number];

/** Longest span in ms: one hour. */
export const maxSpanMs = 3_600_000;

/** Limit of phrases that are read for one span: those decided in it, and those decided in the hour before it. */
const maxPhrases = 5000;

/** Time in ms after which a render that found the queue full is tried again. */
const busyMs = 1000;

/** How often a render is tried: a process may have died of something else. */
const maxTries = 2;

/** A file that is being written. */
export interface ExportFile {
  readonly mediaType: string;
  /** Its size, if it is known beforehand. */
  readonly bytes?: number;
  /** How much was left out of it so far: phrases, and loops of beds, that could not be rendered. */
  readonly leftOut?: () => number;
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
  /** Called before each block; rejects if the request may not have the room any more. */
  check(): Promise<void>;
}

/** What an exporter works with. */
export interface ExporterOptions {
  readonly renderer: Pick<OfflineRenderer, 'render'>;
  readonly tables: Pick<Tables, 'phrasesBetween'>;
  readonly bus: EventBus<ServerEvents>;
  /** Called for everything that could not be rendered, and is silent in a file. */
  onLeftOut(error: unknown, what: string): void;
}

/** Writes what rooms played to files. Holds in memory only what sounds at one time. */
export class Exporter {
  readonly #renderer: Pick<OfflineRenderer, 'render'>;
  readonly #tables: Pick<Tables, 'phrasesBetween'>;
  readonly #bus: EventBus<ServerEvents>;
  readonly #onLeftOut: (error: unknown, what: string) => void;

  constructor({ renderer, tables, bus, onLeftOut }: ExporterOptions) {
    this.#renderer = renderer;
    this.#tables = tables;
    this.#bus = bus;
    this.#onLeftOut = onLeftOut;
  }

  /**
   * Writes a span as one file, as it was heard: each phrase at its start, and as far as it sounded. What cannot be
   * rendered is silent: the client has the beginning of the file by then, and wants the rest.
   * @throws {HttpError} `EXPORT_EMPTY` or `EXPORT_TOO_LARGE`
   */
  async span(room: ExportRoom, { from, to, format, bed }: Span, signal: AbortSignal): Promise<ExportFile> {
    // A phrase may wait for its first listener: it began up to an hour after it was decided.
    const options = { from: from - hearableMs, to, limit: maxPhrases + 1 };
    const kept = await this.#tables.phrasesBetween(room.key, options);
    if (kept.length > maxPhrases) {
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
    let leftOut = 0;
    const renderOf =
      (what: string): RenderPart =>
      (input) =>
        this.#render(input, signal).catch((error: unknown) => {
          if (isOver(error, signal)) throw error;
          leftOut++;
          this.#onLeftOut(error, what);
          return [];
        });
    const phrases = heard.map((one) => partOf(one, from, renderOf(`phrase ${one.phraseId}`)));
    const under = bed ? bedParts(await bedWordsOf(this.#bus, room.channels), { from, to }, renderOf('the bed')) : [];
    const parts = [...phrases, ...under].toSorted((one, other) => one.at - other.at);
    const title = `${room.name}, ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
    const file = sound(format, { parts, length: frameOf(to - from), title, check: () => room.check() });
    return { ...file, leftOut: () => leftOut };
  }

  /**
   * Writes one phrase as a file, whole.
   * @throws {RenderError} when it cannot be rendered.
   */
  async phrase({ phrase }: KeptPhrase, format: ExportFormat, signal: AbortSignal): Promise<ExportFile> {
    const { musicalParams, activity } = phrase;
    if (format === 'mid') return midi(toMidi(compose(musicalParams)));
    const channels = await this.#render(musicalParams, signal);
    const parts = [{ at: 0, render: async () => channels }];
    return sound(format, { parts, length: channels[0]?.length ?? 0, title: activity.title, check: async () => {} });
  }

  /** Renders as soon as there is room, and once more if that fails. Exports take turns with rooms, which never wait. */
  async #render(
    input: Parameters<OfflineRenderer['render']>[0],
    signal: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    for (let tries = 1; ; ) {
      try {
        return channelsOf(await this.#renderer.render(input, { key: 'exports', signal }));
      } catch (error) {
        if (codeOf(error) === 'RENDER_QUEUE_FULL') await setTimeout(busyMs, undefined, { signal });
        else if (isOver(error, signal) || tries++ === maxTries) throw error;
      }
    }
  }
}

/** Tells whether a render failed because its client has left or the server is stopping. */
function isOver(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || codeOf(error) === 'RENDER_CLOSED';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
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
