import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import { type Happening, happeningOf } from './happening.ts';

const second = 1000;
const minute = 60 * second;

/** A wave is over when nothing more of it has come for `calm`, and told after `most` at the latest. */
const waves = {
  /** What programs do: nobody waits for it, and they do it many times. */
  programs: { calm: 10 * second, most: 2 * minute },
  /** What people do to many things with one command, such as rebasing a stack of branches. */
  people: { calm: 6 * second, most: minute },
} as const;

/** A kind that is told more often than this within an hour is a flood from then on. */
const maxToldPerHour = 6;
/** How often a flood is told as a count. */
const nowAndThen = { programs: 10 * minute, people: 3 * minute } as const;

/** Activities of one kind that are held at most; more are told at once. */
const maxHeld = 500;
/** Kinds that are remembered; the one that has been quiet longest goes. */
const maxKinds = 200;

/** One kind of happenings in a room. */
interface Kind {
  readonly key: string;
  /** When it was told in the last hour, oldest first. */
  readonly told: readonly EpochMs[];
  /** What waits to be told with more of its kind. */
  readonly held: readonly GitHubActivity[];
  /** When they are told. */
  readonly due?: EpochMs;
  /** When they are told at the latest. */
  readonly latest?: EpochMs;
}

/** What a room remembers of its waves and floods: plain data. Bounded: 200 kinds, 500 activities each. */
export interface GatherState {
  readonly kinds: readonly Kind[];
  /** When `gather` has something to tell though nothing more comes; absent for never. */
  readonly due?: EpochMs;
}

/** What came of gathering. */
export interface Gathered {
  readonly state: GatherState;
  /** What is to be told now: each list in one phrase. */
  readonly ready: readonly (readonly GitHubActivity[])[];
}

/** Never held, whoever does it: what a team waits for. */
const isNews = ({ isRoutine, emotion, intensity, name }: Happening, { event, turn, isDefaultBranch }: GitHubActivity): boolean => {
  if (event === 'workflow_run' || event === 'check_suite' || event === 'status') {
    return isDefaultBranch === true && turn !== undefined && turn !== 'same';
  }
  return !isRoutine && (emotion === 'tension' || intensity >= 0.8 || name === 'issue closed');
};

type Hold = { readonly key: string; readonly calm: number; readonly most: number } | undefined;

/** Says with what an activity is held, if at all. */
const holdOf = (activity: GitHubActivity, happening: Happening, told: (key: string) => number): Hold => {
  const { isBot, agent, actor, action, turn } = activity;
  if (isNews(happening, activity)) return undefined;
  const who = isBot ? 'programs' : 'people';
  const flood = `${happening.name} by ${who}`;
  const isSmall = isBot || happening.isRoutine || happening.gesture === 'call' || turn === 'same';
  if (isSmall && told(flood) >= maxToldPerHour) {
    return { key: flood, calm: nowAndThen[who], most: nowAndThen[who] };
  }
  if (isBot) return { key: `wave of ${agent?.id ?? actor}`, ...waves.programs };
  if (action === 'rebased' || happening.name === 'tag moved') return { key: `rebases of ${actor}`, ...waves.people };
  return undefined;
};

/**
 * Gathers what happens many times into one telling: a wave of a program (fifteen pull requests opened in a minute), a
 * stack of branches that is rebased, a kind that has been told six times within an hour. News is never held: merges,
 * releases, deployments, alerts, bad news of people, and every change of the default branch's colour.
 * Pure; call it again without an activity when `state.due` has come.
 */
export const gather = (state: GatherState | undefined, activity: GitHubActivity | undefined, at: EpochMs): Gathered => {
  const kinds = new Map((state?.kinds ?? []).map((kind) => [kind.key, kind]));
  const ready: GitHubActivity[][] = [];
  const keep = (kind: Kind): void => {
    kinds.delete(kind.key);
    kinds.set(kind.key, kind);
  };
  const countTold = (activities: readonly GitHubActivity[]): void => {
    for (const key of new Set(activities.map((one) => `${happeningOf(one).name} by ${one.isBot ? 'programs' : 'people'}`))) {
      const kind = kinds.get(key) ?? { key, told: [], held: [] };
      keep({ ...kind, told: [...kind.told.filter((time) => at - time < 60 * minute), at].slice(-maxToldPerHour) });
    }
  };
  const tell = (activities: readonly GitHubActivity[]): void => {
    ready.push([...activities]);
    countTold(activities);
  };
  for (const kind of kinds.values()) {
    if (kind.due === undefined || kind.due > at) continue;
    keep({ key: kind.key, told: kind.told, held: [] });
    tell(kind.held);
  }
  if (activity) {
    const told = (key: string): number => kinds.get(key)?.told.filter((time) => at - time < 60 * minute).length ?? 0;
    const hold = holdOf(activity, happeningOf(activity), told);
    if (!hold) tell([activity]);
    else {
      const kind = kinds.get(hold.key) ?? { key: hold.key, told: [], held: [] };
      const held = [...kind.held, activity];
      const latest = kind.latest ?? at + hold.most;
      if (held.length >= maxHeld) {
        keep({ key: kind.key, told: kind.told, held: [] });
        tell(held);
      } else keep({ ...kind, held, latest, due: Math.min(at + hold.calm, latest) });
    }
  }
  const kept = [...kinds.values()];
  const idle = kept.filter(({ held }) => held.length === 0);
  const crowded = new Set(idle.slice(0, Math.max(0, kept.length - maxKinds)));
  const rest = kept.filter((kind) => !crowded.has(kind));
  const dues = rest.flatMap(({ due }) => (due === undefined ? [] : [due]));
  return { state: { kinds: rest, ...(dues.length > 0 && { due: Math.min(...dues) }) }, ready };
};
