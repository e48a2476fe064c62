/**
 * Shortest time in ms between the decision to play and the sound, so that browsers get the phrase; a room may need
 * more.
 */
export const shortestLeadMs = 150;

/** Longest time in ms between the decision to play and the sound: a listener who needs more enters late. */
export const longestLeadMs = 400;

/** Width of a step, in ms: needs are counted in steps, so that counts of several servers add up. */
const stepMs = 50;

const steps = (longestLeadMs - shortestLeadMs) / stepMs + 1;

/** Share of a room's score listeners who have a phrase when it starts; the others enter late. */
const share = 0.9;

/**
 * Counts listeners by the lead that they need: one number for each step from the shortest lead to the longest.
 * @param silent - listeners who have not said what they need: the shortest lead, until they do
 */
export function countNeeds(needsMs: Iterable<number>, silent: number = 0): readonly number[] {
  const counts = [silent, ...Array.from({ length: steps - 1 }, () => 0)];
  for (const ms of needsMs) {
    const step = Math.min(Math.max(Math.ceil((ms - shortestLeadMs) / stepMs), 0), steps - 1);
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return counts;
}

/** Returns the lead in ms that is enough for nine out of ten listeners; undefined for no listeners. */
export function leadOf(needs: Iterable<readonly number[]>): number | undefined {
  const total = Array.from({ length: steps }, () => 0);
  for (const counts of needs) {
    for (let step = 0; step < steps; step++) total[step] = (total[step] ?? 0) + (counts[step] ?? 0);
  }
  const listeners = total.reduce((sum, count) => sum + count, 0);
  if (!(listeners > 0)) return undefined;
  let served = 0;
  for (const [step, count] of total.entries()) {
    served += count;
    if (served >= share * listeners) return shortestLeadMs + step * stepMs;
  }
  return longestLeadMs;
}
