import type { GitHubActivity } from '@bnc/contracts';
import type { Happening } from '../happening.ts';
import type { LeadLine } from '../lead-line.ts';
import type { Quote, QuoteManner } from '../quote.ts';
import { hash } from '../random.ts';

/** A lead that a room remembers, and what it was about: 32 bits of a hash of its subject, and of its branch. */
export type Remembered = readonly [line: LeadLine, ...about: readonly number[]];

/** A lead that is taken up. */
export interface Recalled extends Quote {
  /** Whether it was about the same branch, and not about the same subject. */
  readonly isByBranch: boolean;
}

/** Leads that a room remembers. */
const maxLeads = 16;

/** Happenings that end what their subject began. */
const ends: ReadonlySet<Happening['gesture']> = new Set(['homecoming', 'fanfare']);

/** Names what an activity is about: its subject, and its branch. */
export function aboutOf({ subject, branch }: GitHubActivity): readonly number[] {
  const names = [subject, branch === undefined ? undefined : `heads/${branch}`];
  return [...new Set(names.flatMap((name) => (name === undefined ? [] : [hash(name)])))];
}

/** Finds the newest lead about the same subject, else about the same branch, and says how a happening takes it up. */
export function recall(
  leads: readonly Remembered[],
  activity: GitHubActivity,
  happening: Happening,
): Recalled | undefined {
  const branch = activity.branch === undefined ? undefined : hash(`heads/${activity.branch}`);
  for (const name of aboutOf(activity)) {
    const found = leads.findLast(([, ...names]) => names.includes(name));
    if (found) return { lead: found[0], how: mannerOf(happening), isByBranch: name === branch };
  }
  return undefined;
}

/** Remembers a lead. */
export function remember(
  leads: readonly Remembered[],
  line: LeadLine,
  about: readonly number[],
): readonly Remembered[] {
  return about.length === 0 ? leads : [...leads, [line, ...about] as const].slice(-maxLeads);
}

/** Bad news breaks the line off, an end brings it home, talk replies to it, and work continues it. */
function mannerOf({ emotion, gesture }: Happening): QuoteManner {
  if (emotion === 'tension') return 'breaks off';
  if (ends.has(gesture)) return 'comes home';
  return gesture === 'call' ? 'answers' : 'continues';
}
