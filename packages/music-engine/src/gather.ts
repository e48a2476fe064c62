import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import { type Happening, happeningOf } from './happening.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** A kind is played when nothing more of it has come for `calm` ms, and after `most` ms at the latest. */
interface Patience {
  readonly calm: number;
  readonly most: number;
}

/** What programs do: they do it many times, and nobody waits for the result. */
const wave: Patience = { calm: 10 * second, most: 2 * minute };
/** What one command does to many branches, such as rebasing a stack of them. */
const rebases: Patience = { calm: 6 * second, most: minute };
/** What one person does several times in a row, such as replying in five threads. The first is played at once. */
const row: Patience = { calm: 15 * second, most: minute };
/** A small activity that comes this soon after another of its row belongs to the row. */
const rowGap = 20 * second;

/** A kind that has been played this often within an hour is a flood from then on. */
const maxToldPerHour = 6;
/** A flood of programs lasts while it is played this often: its own pace never reaches six an hour. */
const minToldPerHour = 2;
const floodOfPeople: Patience = { calm: 3 * minute, most: 3 * minute };

/** Most activities that are held. With one more, the kind that holds most is played. */
const maxHeld = 500;
/** Most kinds that are remembered. The kind that has been quiet longest is forgotten first. */
const maxKinds = 200;

/** One kind of happenings in a room. */
interface Kind {
  readonly key: string;
  /** When it was played, oldest first, as far back as it matters. */
  readonly told: readonly EpochMs[];
  /** What waits for more of its kind. */
  readonly held: readonly GitHubActivity[];
  /** How often a flood has been played as a count. Absent for a kind that is not a flood. */
  readonly counts?: number;
  /** When `held` is played. */
  readonly due?: EpochMs;
  /** When `held` is played at the latest. */
  readonly latest?: EpochMs;
}

/** What a room remembers of its waves and floods. Plain data of at most 200 kinds, which hold at most 500 activities together. */
export interface GatherState {
  readonly kinds: readonly Kind[];
  /** When to call `gather` again even if nothing more comes. Absent when nothing is held. */
  readonly due?: EpochMs;
}

/** What `gather` returns. */
export interface Gathered {
  /** Pass it to the next call. */
  readonly state: GatherState;
  /** What to play now: each list is one phrase. */
  readonly ready: readonly (readonly GitHubActivity[])[];
}

/**
 * Gathers activities that happen many times, so that they become one phrase: a wave of a program (fifteen pull requests
 * opened in a minute), a rebased stack of branches, small things that one person does in a row, a kind that has been
 * played six times within an hour. News is never held: merges of people's work, releases, deployments and requests to
 * approve them, alerts, bad news of people, and every change of the default branch between green and red.
 * Pure. Call it again without an activity when `state.due` has come.
 */
export function gather(state: GatherState | undefined, activity: GitHubActivity | undefined, at: EpochMs): Gathered {
  const kinds = new Map<string, Kind>();
  const ready: (readonly GitHubActivity[])[] = [];
  for (const { counts, ...kind } of state?.kinds ?? []) {
    const told = kind.told.filter((time) => at - time < memoryOf(kind.key));
    const lasts = counts !== undefined && (told.length >= minToldPerHour || kind.held.length > 0);
    if (told.length > 0 || kind.held.length > 0) kinds.set(kind.key, { ...kind, told, ...(lasts && { counts }) });
  }
  const kindOf = (key: string): Kind => kinds.get(key) ?? { key, told: [], held: [] };
  const keep = (kind: Kind): void => {
    kinds.delete(kind.key);
    kinds.set(kind.key, kind);
  };
  const tell = (activities: readonly GitHubActivity[]): void => {
    ready.push(activities);
    const keys = activities.flatMap((one) => {
      const happening = happeningOf(one);
      return [floodOf(happening, one), rowOf(happening, one)];
    });
    for (const key of new Set(keys)) {
      if (key !== undefined) keep({ ...kindOf(key), told: [...kindOf(key).told, at].slice(-maxToldPerHour) });
    }
  };
  const release = (kind: Kind): void => {
    const { key, told, held, counts } = kind;
    if (counts === undefined) kinds.delete(key);
    else keep({ key, told, held: [], counts: counts + 1 });
    tell(held);
  };

  for (const kind of kinds.values()) if (kind.due !== undefined && kind.due <= at) release(kind);
  if (activity) {
    const hold = holdOf(activity, kindOf);
    if (hold) {
      const { kind, patience } = hold;
      const latest = kind.latest ?? at + patience.most;
      keep({ ...kind, held: [...kind.held, activity], latest, due: Math.min(at + patience.calm, latest) });
    } else tell([activity]);
  }

  const holding = (): Kind[] => [...kinds.values()].filter(({ held }) => held.length > 0);
  const held = holding().reduce((sum, kind) => sum + kind.held.length, 0);
  if (held > maxHeld || holding().length > maxKinds) {
    release(holding().reduce((most, kind) => (kind.held.length > most.held.length ? kind : most)));
  }
  const idle = [...kinds.values()].filter(({ held }) => held.length === 0);
  for (const { key } of idle.slice(0, Math.max(0, kinds.size - maxKinds))) kinds.delete(key);
  const dues = holding().flatMap(({ due }) => due ?? []);
  return { state: { kinds: [...kinds.values()], ...(dues.length > 0 && { due: Math.min(...dues) }) }, ready };
}

/** Plays a flood of programs as a count after 10 minutes, then after 20, then every half hour. */
function floodOfPrograms(told: number): Patience {
  return {
    calm: Math.min(told + 1, 3) * 10 * minute,
    most: Math.min(told + 1, 3) * 10 * minute,
  };
}

function isVerdict({ event }: GitHubActivity): boolean {
  return event === 'workflow_run' || event === 'check_suite' || event === 'status';
}

/** Never held: what a team waits for, and what waits for the team. */
function isNews({ isRoutine, emotion, intensity, name }: Happening, activity: GitHubActivity): boolean {
  const { turn, isDefaultBranch, isBot } = activity;
  if (isVerdict(activity)) return isDefaultBranch === true && turn !== undefined && turn !== 'same';
  // A merge by a program without a known person behind it does not merge a person's work.
  if (isRoutine || (isBot && name === 'pull request merged')) return false;
  return emotion === 'tension' || intensity >= 0.8 || name === 'deployment waits for approval';
}

function isTalk({ gesture, emotion }: Happening): boolean {
  return gesture === 'call' && emotion === 'activity';
}

function isWelcome({ name }: Happening): boolean {
  return name === 'new star' || name === 'new fork';
}

function isIssueOpened({ name }: Happening): boolean {
  return name === 'issue opened' || name === 'issue reopened';
}

/** Names the kind of flood. A played activity counts for every kind that it belongs to. Issues that many people open are not a flood. */
function floodOf(happening: Happening, { isBot, actor }: GitHubActivity): string {
  return `flood of ${happening.name} by ${isBot ? 'programs' : isIssueOpened(happening) ? actor : 'people'}`;
}

/** Names the kind of row: talk by its subject (three comments in one thread), all else by what it does (five deleted branches). */
function rowOf(happening: Happening, { isBot, actor, subject }: GitHubActivity): string | undefined {
  const { name, isRoutine } = happening;
  if (isBot) return undefined;
  if (isTalk(happening)) return `row of ${actor}: ${subject ?? name}`;
  return isRoutine || isIssueOpened(happening) || name === 'issue closed' ? `row of ${actor}: ${name}` : undefined;
}

/** How many of a row are played at once, before the rest is held. */
function headOf(happening: Happening): number {
  return happening.isRoutine || isTalk(happening) ? 1 : 2;
}

/** Names the kind of wave. A wave does not wait for the builds that it starts. */
function waveOf(activity: GitHubActivity): string {
  return `wave of ${activity.agent?.id ?? activity.actor}: ${isVerdict(activity) ? 'builds' : 'deeds'}`;
}

function memoryOf(key: string): number {
  return key.startsWith('row') ? rowGap : key.startsWith('flood') ? hour : 0;
}

/** Finds the kind that an activity is held with, if any. */
function holdOf(
  activity: GitHubActivity,
  kindOf: (key: string) => Kind,
): { readonly kind: Kind; readonly patience: Patience } | undefined {
  const happening = happeningOf(activity);
  const { isBot, agent, actor, action, turn } = activity;
  if (isNews(happening, activity)) return undefined;
  const flood = kindOf(floodOf(happening, activity));
  const isSmall =
    isBot || happening.isRoutine || turn === 'same' || [isTalk, isWelcome, isIssueOpened].some((is) => is(happening));
  const { counts = 0, told, held } = flood;
  if (isSmall && (held.length > 0 || told.length >= (counts > 0 && isBot ? minToldPerHour : maxToldPerHour))) {
    return { kind: { ...flood, counts }, patience: isBot ? floodOfPrograms(counts) : floodOfPeople };
  }
  // A coding agent works like a person: a person waits for the result.
  if (isBot && agent?.kind !== 'coding-agent') return { kind: kindOf(waveOf(activity)), patience: wave };
  if (action === 'rebased' || happening.name === 'tag moved') {
    return { kind: kindOf(`rebases of ${actor}`), patience: rebases };
  }
  const key = rowOf(happening, activity);
  const inRow = key === undefined ? undefined : kindOf(key);
  if (!inRow || (inRow.held.length === 0 && inRow.told.length < headOf(happening))) return undefined;
  return { kind: inRow, patience: row };
}
