import type { EpochMs } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { type Bed, type BedLoop, type RoomState, readRoom } from '@bnc/music-engine';
import { bedFade, bedFadeSeconds } from '@bnc/music-engine/bed-fade';
import { bedAt, lookMs, reachMs } from '../delivery/beds.ts';
import type { MusicBed, ServerEvents } from '../rooms/events.ts';
import { type Part, sampleRate } from './mixdown.ts';
import { frameOf, type RenderPart } from './span.ts';

/** Time in ms that listeners take to fade from one bed to the next. */
const fadeMs = 1000 * bedFadeSeconds;

/** Longest time in ms for which a loop rings on after its length. */
const tailMs = 15_000;

/** Events in one page, and the most pages that are read. */
const pageSize = 1000;
const maxPages = 50;

/** A bed and how long it sounded. */
interface Sounding {
  readonly bed: Bed;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Reads what the owner of a room has said about its bed, oldest first: as much of it as the log still holds. */
export async function bedWordsOf(
  bus: EventBus<ServerEvents>,
  channels: readonly string[],
): Promise<readonly { readonly room: RoomState; readonly at: EpochMs }[]> {
  const words: MusicBed[] = [];
  for (const key of channels) {
    let after: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      const { events, last, more } = await bus.read({
        key,
        pattern: 'music:bed',
        limit: pageSize,
        ...(after !== undefined && { after }),
      });
      words.push(...events.map(({ payload }) => payload));
      after = last;
      if (!more) break;
    }
  }
  return words
    .flatMap(({ room, at }) => {
      const piece = readRoom(room);
      return piece ? [{ room: piece, at }] : [];
    })
    .toSorted((one, other) => one.at - other.at);
}

/** Returns the parts of the beds that sounded in a span, as each server works them out. */
export function bedParts(
  words: Awaited<ReturnType<typeof bedWordsOf>>,
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  render: RenderPart,
): readonly Part[] {
  return bedsIn(words, from, to).flatMap((sounding) =>
    sounding.bed.loops.flatMap((loop) => turnsOf(loop, sounding, { from, to }, render)),
  );
}

/** Works out which bed sounded when. */
function bedsIn(
  words: readonly { readonly room: RoomState; readonly at: EpochMs }[],
  from: EpochMs,
  to: EpochMs,
): readonly Sounding[] {
  const [first] = words;
  if (!first || first.at >= to) return [];
  // What was said last before the span still holds.
  const known = words.filter(({ at }, place) => at < to && (words[place + 1]?.at ?? to) > from - lookMs);
  const looks: EpochMs[] = [];
  for (let at = Math.ceil(Math.max(first.at, from - lookMs) / lookMs) * lookMs; at < to; at += lookMs) looks.push(at);
  const moments = [...new Set([...known.map(({ at }) => at), ...looks])].toSorted((one, other) => one - other);
  const changes: { readonly bed: Bed; readonly from: EpochMs }[] = [];
  for (const at of moments) {
    const room = known.findLast((word) => word.at <= at)?.room;
    if (!room) continue;
    const bed = bedAt(room, at + reachMs);
    if (changes.at(-1)?.bed.id !== bed.id) changes.push({ bed, from: Math.max(at, bed.startAt) });
  }
  return changes
    .map(({ bed, from: start }, place) => ({ bed, from: start, to: changes[place + 1]?.from ?? to + fadeMs }))
    .filter((one) => one.to + fadeMs > from && one.from < to);
}

/**
 * Returns the turns of a loop: it begins at each multiple of its length since 1970, and rings on under its next turn.
 */
function turnsOf(
  { score, lengthBars }: BedLoop,
  { bed, from: start, to: end }: Sounding,
  span: { readonly from: EpochMs; readonly to: EpochMs },
  render: RenderPart,
): readonly Part[] {
  const turnMs = (lengthBars * 240_000) / bed.tempo;
  const frames = (fadeMs * sampleRate) / 1000;
  let samples: Promise<readonly Float32Array[]> | undefined;
  const parts: Part[] = [];
  const firstSound = Math.max(start, span.from);
  const lastSound = Math.min(end + fadeMs, span.to);
  for (let turn = Math.floor((firstSound - tailMs) / turnMs); turn * turnMs < lastSound; turn++) {
    parts.push({
      at: frameOf(turn * turnMs - span.from),
      fadeIn: { at: frameOf(start - span.from), frames, levelAt: bedFade },
      fadeOut: { at: frameOf(end - span.from), frames, levelAt: bedFade },
      // All turns share the samples, which go with the parts.
      render: () => (samples ??= render(score)),
    });
  }
  return parts;
}
