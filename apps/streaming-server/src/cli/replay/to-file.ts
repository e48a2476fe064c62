import { availableParallelism } from 'node:os';
import type { EpochMs } from '@bnc/contracts';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import { bedParts } from '../../export/bed-parts.ts';
import { encodeBlocks, type SoundFormat } from '../../export/encode-blocks.ts';
import { engineName } from '../../export/engine.ts';
import { mixdown, type Part } from '../../export/mixdown.ts';
import { channelsOf, frameOf, partOf, type RenderPart } from '../../export/span.ts';
import type { Played } from './play.ts';

/** Time in ms after the last bar, in which sounds ring on and the bed fades. */
const tailMs = 5000;

/** Returns the span from the first sound of a piece to the end of its last bar. */
export function spanOf({ phrases }: Played): { readonly from: EpochMs; readonly to: EpochMs } {
  const from = phrases[0]?.startAt ?? 0;
  return { from, to: Math.max(from, ...phrases.map(({ startAt, params }) => startAt + params.duration * 1000)) };
}

/** Returns the length of the file of a piece in seconds. */
export function secondsOf(played: Played): number {
  const { from, to } = spanOf(played);
  return (to - from + tailMs) / 1000;
}

/** Returns the bytes of a piece's file. Holds in memory only what sounds at one time, and what is rendered ahead. */
export function fileOf(
  played: Played,
  format: SoundFormat,
  {
    title,
    hasBed,
    renderer,
    signal,
    onPhrase,
  }: {
    readonly title: string;
    readonly hasBed: boolean;
    readonly renderer: OfflineRenderer;
    readonly signal: AbortSignal;
    /** Called with the number of phrases that have been rendered. */
    readonly onPhrase: (count: number) => void;
  },
): ReadableStream<Uint8Array> {
  const { from, to } = spanOf(played);
  const render: RenderPart = async (input) => channelsOf(await renderer.render(input, { signal }));
  let count = 0;
  const phrases = played.phrases.map((phrase) =>
    partOf(phrase, from, async (input) => {
      const channels = await render(input);
      onPhrase(++count);
      return channels;
    }),
  );
  const span = { from, to: to + tailMs };
  const beds = hasBed ? bedParts(played.beds, span, render) : [];
  const end = { at: frameOf(to - from), frames: frameOf(tailMs) };
  const fading = beds.map((bed) => (bed.fadeOut && bed.fadeOut.at < end.at ? bed : { ...bed, fadeOut: end }));
  const parts = [...renderAhead(phrases), ...fading].toSorted((one, other) => one.at - other.at);
  const length = frameOf(to - from + tailMs);
  return encodeBlocks(format, { blocks: mixdown(parts, length), length, title, engine: engineName });
}

/** Keeps every process of the renderer busy: rendering a part also begins the next ones. */
function renderAhead(parts: readonly Part[]): readonly Part[] {
  const sounds = new Map<Part, ReturnType<Part['render']>>();
  const begin = (part: Part): ReturnType<Part['render']> => {
    const sound = sounds.get(part) ?? part.render();
    // It is awaited in its turn.
    sound.catch(() => {});
    sounds.set(part, sound);
    return sound;
  };
  return parts.map((part, place) => ({
    ...part,
    render: () => {
      for (const next of parts.slice(place, place + availableParallelism())) void begin(next);
      const sound = begin(part);
      sounds.delete(part);
      return sound;
    },
  }));
}
