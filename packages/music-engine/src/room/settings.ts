import type { Bpm, EpochMs } from '@bnc/contracts';
import { arrangements, type Theme, themes } from '../themes.ts';

/** Which happenings a room plays: all of them, those that matter (work, results, milestones, bad news), or only bad news. */
export type Heard = 'everything' | 'important' | 'failures';

/** Hours of the day in which a room plays nothing, by the clock of a place. */
export interface QuietHours {
  /** When they begin, as hours and minutes, such as `22:00`. */
  readonly from: string;
  /** When they end, such as `07:00`; before `from`, they end on the next day. */
  readonly to: string;
  /** Time zone by its IANA name, such as `Europe/Berlin`. `checkSettings` fills in `UTC` where it is missing. */
  readonly timeZone: string;
}

/** What an operator chooses for a room. */
export interface RoomSettings {
  /** The arrangement. Default `chamber`. */
  readonly theme?: Theme;
  /** Whether a bed sounds under the phrases. Default true. */
  readonly bed?: boolean;
  /** Slowest and fastest tempo in whole BPM, each 40-200. Default: the theme's, within 60-108. */
  readonly tempo?: readonly [slowest: Bpm, fastest: Bpm];
  /** Hours without sound. Default: none. */
  readonly quietHours?: QuietHours;
  /** What is played. Default `everything`. */
  readonly heard?: Heard;
}

/** Returns the slowest and the fastest tempo of a room. */
export function tempoBandOf({ tempo, theme = 'chamber' }: RoomSettings): readonly [Bpm, Bpm] {
  return tempo ?? arrangements[theme].tempo;
}

const heardWords: readonly Heard[] = ['everything', 'important', 'failures'];
const timeOfDay = /^([01]\d|2[0-3]):([0-5]\d)$/;

/**
 * Checks settings that come from outside, and returns a copy.
 * @throws {TypeError} when `value` or `quietHours` is not an object, or `bed` is not a boolean
 * @throws {RangeError} when another setting has a value that it cannot have, or when there is no such setting
 */
export function checkSettings(value: unknown): RoomSettings {
  const settings = recordOf('settings', value);
  const { theme, bed, tempo, quietHours, heard, ...others } = settings;
  for (const name of Object.keys(others)) {
    throw new RangeError(`there is no setting ${name}; the settings are theme, bed, tempo, quietHours and heard`);
  }
  if (bed !== undefined && typeof bed !== 'boolean') {
    throw new TypeError(`bed must be true or false, not ${JSON.stringify(bed)}`);
  }
  return {
    ...(theme !== undefined && { theme: oneOf('theme', theme, themes) }),
    ...(bed !== undefined && { bed }),
    ...(tempo !== undefined && { tempo: checkTempo(tempo) }),
    ...(quietHours !== undefined && { quietHours: checkQuietHours(quietHours) }),
    ...(heard !== undefined && { heard: oneOf('heard', heard, heardWords) }),
  };
}

/** Tells whether a moment lies in the quiet hours of a room. */
export function isQuiet({ quietHours }: RoomSettings, at: EpochMs): boolean {
  if (!quietHours) return false;
  const { from, to, timeZone } = quietHours;
  const now = new Date(at).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  return from <= to ? from <= now && now < to : now >= from || now < to;
}

function recordOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object, not ${value === null ? 'null' : typeof value}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function oneOf<T extends string>(name: string, value: unknown, options: readonly T[]): T {
  const found = options.find((option) => option === value);
  if (found === undefined) {
    throw new RangeError(`${name} must be one of ${options.join(', ')}, not ${JSON.stringify(value)}`);
  }
  return found;
}

function checkTempo(value: unknown): readonly [Bpm, Bpm] {
  const [slowest, fastest, ...rest] = Array.isArray(value) ? (value as unknown[]) : [];
  const isBpm = (bpm: unknown): bpm is Bpm => Number.isInteger(bpm) && (bpm as Bpm) >= 40 && (bpm as Bpm) <= 200;
  if (!isBpm(slowest) || !isBpm(fastest) || slowest > fastest || rest.length > 0) {
    throw new RangeError(
      `tempo must be two whole numbers of 40 to 200, the slower one first, not ${JSON.stringify(value)}`,
    );
  }
  return [slowest, fastest];
}

function checkQuietHours(value: unknown): QuietHours {
  const { from, to, timeZone = 'UTC' } = recordOf('quietHours', value);
  for (const [name, time] of Object.entries({ from, to })) {
    if (typeof time !== 'string' || !timeOfDay.test(time)) {
      throw new RangeError(`quietHours.${name} must be a time of day such as 22:00, not ${JSON.stringify(time)}`);
    }
  }
  if (from === to) {
    throw new RangeError(`quietHours.to must be another time of day than quietHours.from, not ${JSON.stringify(to)}`);
  }
  try {
    Intl.DateTimeFormat('en', { timeZone: String(timeZone) });
  } catch {
    throw new RangeError(
      `quietHours.timeZone must be the name of a time zone such as Europe/Berlin, not ${JSON.stringify(timeZone)}`,
    );
  }
  return { from: from as string, to: to as string, timeZone: String(timeZone) };
}
