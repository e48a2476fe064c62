import type { EpochMs } from '@bnc/contracts';
import type { KnownPhrase } from './phrase.ts';

/** Time in ms for which someone counts as busy after what they did. */
const busyMs = 15 * 60_000;

/** Most names that are listed. */
const maxNames = 3;

/** Says who is busy: `lin and ada are busy`; '' if nobody is. Programs are left out. */
export function busyWords(phrases: readonly KnownPhrase[], now: EpochMs): string {
  const names = new Set<string>();
  for (let index = phrases.length - 1; index >= 0; index--) {
    const { startAt, activity } = phrases[index] ?? {};
    if (!activity || startAt === undefined || startAt < now - busyMs) break;
    if (!activity.agent && startAt <= now) names.add(activity.actor);
  }
  const [first, second] = names;
  if (first === undefined) return '';
  if (second === undefined) return `${first} is busy`;
  const listed = [...names].slice(0, names.size > maxNames ? maxNames - 1 : maxNames);
  const rest = names.size - listed.length;
  const last = rest > 0 ? `${rest} more` : listed.pop();
  return `${listed.join(', ')} and ${last} are busy`;
}
