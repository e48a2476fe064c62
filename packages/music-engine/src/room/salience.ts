import type { EpochMs, GitHubActivity, Lufs } from '@bnc/contracts';
import type { Happening } from '../happening.ts';
import { hash } from '../random.ts';

/** How much a happening matters: 1 routine, 2 talk, 3 work, 4 results, 5 milestones and bad news. */
export type Salience = 1 | 2 | 3 | 4 | 5;

/** A kind, as 32 bits of a hash of its name; how often it was heard, each time within 20 minutes of the time before; and when last. */
export type Heard = readonly [kind: number, times: number, last: EpochMs];

/** Loudness of each level; they lie 3 LU apart, and routine 3.5 LU. */
const levels: Readonly<Record<Salience, Lufs>> = { 1: -28.5, 2: -25, 3: -22, 4: -19, 5: -16 };

const milestones: ReadonlySet<string> = new Set([
  'deployed',
  'release published',
  'repository made public',
  'build fixed',
]);
/** Bad news that asks for changes: nothing broke. */
const refusals: ReadonlySet<string> = new Set(['changes requested', 'deployment rejected']);

/** A kind that was heard this long ago is new again. */
const memoryMs = 20 * 60_000;
/** What each repeat takes away, and the most that repeats take away, in LU. */
const perRepeat = 1.5;
const mostOff = 6;
/** How much softer a program's happening is, in LU. */
const botsOff = 4;
/** The softest phrase: above the bed, which hides no sign. */
const softest: Lufs = -34;
/** Kinds that are remembered; the one that was heard longest ago is forgotten first. */
const maxKinds = 16;

/** Says how much a happening matters. */
export function salienceOf({ name, emotion, isRoutine, gesture }: Happening, { turn }: GitHubActivity): Salience {
  if (isRoutine) return 1;
  if (milestones.has(name)) return 5;
  if (emotion === 'tension') {
    if (name === 'pull request closed unmerged') return 3;
    // That a red build is still red is less.
    return refusals.has(name) || turn === 'same' ? 4 : 5;
  }
  if (emotion === 'resolution') return 4;
  return gesture === 'call' && name !== 'issue opened' && name !== 'issue reopened' ? 2 : 3;
}

/** Returns how often a kind has been heard lately, this time included. */
export function timesHeard(heard: readonly Heard[], kind: string, at: EpochMs): number {
  const [, times = 0, last = 0] = heard.find(([known]) => known === hash(kind)) ?? [];
  return at - last < memoryMs ? times + 1 : 1;
}

/** Records that a kind was heard. */
export function hearAgain(heard: readonly Heard[], kind: string, at: EpochMs): readonly Heard[] {
  const name = hash(kind);
  const others = heard.filter(([known, , last]) => known !== name && at - last < memoryMs);
  const again: Heard = [name, timesHeard(heard, kind, at), at];
  return [...others, again].slice(-maxKinds);
}

/** How loud a phrase is: by how much it matters, softer with each repeat of its kind, softer for programs. */
export function loudnessOf(salience: Salience, times: number, isBot: boolean): Lufs {
  const off = Math.min(mostOff, perRepeat * (times - 1)) + (isBot ? botsOff : 0);
  return Math.max(softest, levels[salience] - off);
}
