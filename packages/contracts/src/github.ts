import type { EpochMs } from './units.ts';

/** How a build, check, deployment or review ended. */
export type ActivityOutcome =
  | 'success'
  | 'failure'
  | 'timed_out'
  | 'cancelled'
  | 'neutral'
  | 'skipped'
  | 'approved'
  | 'changes_requested'
  | 'commented'
  | 'merged'
  | 'closed';

/** One thing that happened in a repository: what music needs of a webhook delivery, and nothing else. */
export interface GitHubActivity {
  /** The delivery's GUID (`X-GitHub-Delivery`); the first one's where several speak of the same happening. */
  readonly deliveryId: string;
  /** The event's name as GitHub sends it in `X-GitHub-Event`, such as `pull_request`. */
  readonly event: string;
  /** The payload's `action`, such as `opened`, where it has one; `created` or `deleted` for branches and tags. */
  readonly action?: string;
  /** `owner/repo` as GitHub spells it; compared without case. */
  readonly repoId: string;
  /** GitHub's numeric id of the repository: the key that survives renames. */
  readonly repositoryId: number;
  /** True when strangers may not hear this repository. */
  readonly isPrivate: boolean;
  /** Login of the account that acted. */
  readonly actor: string;
  /** True for apps and bot accounts. */
  readonly isBot: boolean;
  /** The repository's main language as GitHub names it, such as `TypeScript`; absent where GitHub knows none. */
  readonly language?: string;
  /** Commits in this activity, ≥ 0. */
  readonly commits: number;
  /** Distinct files touched, ≥ 0. */
  readonly files: number;
  /** Lines added, ≥ 0; 0 where the payload does not tell (pushes list files only). */
  readonly additions: number;
  /** Lines deleted, ≥ 0; 0 where the payload does not tell. */
  readonly deletions: number;
  /** How it ended, where the event speaks of an end. */
  readonly outcome?: ActivityOutcome;
  /** True for a push that rewrote history. */
  readonly forced?: boolean;
  /** What happened, in one line of plain text, ≤ 200 characters. */
  readonly title: string;
  /** An https link to it on GitHub. */
  readonly url: string;
  /** When it happened by the payload's own clock; the time of receipt where the payload has none. */
  readonly occurredAt: EpochMs;
}
