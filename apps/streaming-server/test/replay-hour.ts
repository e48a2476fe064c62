import type { EpochMs, GitHubActivity, MusicalParameters, Reason } from '@bnc/contracts';
import { changeSettings, openRoom, type RoomSettings } from '@bnc/music-engine';
import type { Decided } from '../src/rooms/events.ts';
import { decide } from '../src/rooms/piece.ts';

/** What a log says of a room: what was chosen for it, or what was decided from what. */
export type HourRecord =
  | { readonly settings: RoomSettings }
  | { readonly activities: readonly GitHubActivity[]; readonly decided: Decided };

/** A phrase that a room has decided. */
export interface HourPhrase {
  readonly startAt: EpochMs;
  readonly params: MusicalParameters;
  readonly reasons: readonly Reason[];
}

/** Decides again what a room has decided; `null` where it played nothing. */
export function replayHour(repositoryId: number, records: readonly HourRecord[]): readonly (HourPhrase | null)[] {
  let piece = openRoom({ repositoryId });
  return records.flatMap((record) => {
    if ('settings' in record) {
      piece = changeSettings(piece, record.settings);
      return [];
    }
    const { room, phrase } = decide(piece, record.activities, record.decided);
    piece = room;
    if (!phrase) return [null];
    const { reasons = [], ...params } = phrase.params;
    return [{ startAt: phrase.startAt, params, reasons }];
  });
}
