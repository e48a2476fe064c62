import type { GitHubActivity } from '@bnc/contracts';
import { hash } from '../random.ts';

/** A lead that a room remembers, and what it was about. */
export interface Remembered {
  /** Its subject and its branch, as numbers: 32 bits of a hash of each. */
  readonly about: readonly number[];
  /** Seed of the phrase. */
  readonly seed: number;
}

/** Leads that a room remembers. */
const maxLeads = 16;

/** Names what an activity is about: its subject, and its branch unless that is the default one. */
export function aboutOf({ subject, branch, isDefaultBranch }: GitHubActivity): readonly number[] {
  const names = [subject, branch === undefined || isDefaultBranch ? undefined : `heads/${branch}`];
  return [...new Set(names.flatMap((name) => (name === undefined ? [] : [hash(name)])))];
}

/** Finds the newest lead about the same: by its first name, else by any. */
export function recall(leads: readonly Remembered[], about: readonly number[]): Remembered | undefined {
  for (const name of about) {
    const found = leads.findLast((lead) => lead.about.includes(name));
    if (found) return found;
  }
  return undefined;
}

/** Remembers a lead. */
export function remember(leads: readonly Remembered[], lead: Remembered): readonly Remembered[] {
  return [...leads, lead].slice(-maxLeads);
}
