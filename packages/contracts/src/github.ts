import type { EpochMs } from './units.ts';

/** How a build, deployment, review, pull request or issue ended. */
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
  | 'closed'
  | 'not_planned'
  | 'duplicate';

/** A program that acts on GitHub, recognised by its login or by the slug of its app. */
export interface GitHubAgent {
  /** Stable short name, such as `copilot` or `dependabot`: the same for all logins of a program. */
  readonly id: string;
  /** `coding-agent` writes code on request; `bot` repeats the same routine work. */
  readonly kind: 'coding-agent' | 'bot';
}

/** One thing that happened in a repository: what the music needs to know, and nothing else. */
export interface GitHubActivity {
  /** The GUID (`X-GitHub-Delivery`) of the delivery that made it certain. */
  readonly deliveryId: string;
  /** The event's name as GitHub sends it in `X-GitHub-Event`, such as `pull_request`. */
  readonly event: string;
  /**
   * The payload's `action`, such as `opened`, where it has one. Branches and tags: `created`, `deleted`, and for tags
   * `moved`. Pushes that are more than new commits: `rewritten` (forced, on the default branch or a protected one),
   * `rebased` (forced, elsewhere), `forwarded` (known commits only), `updated` (another branch merged in) and
   * `published` (to `gh-pages`).
   */
  readonly action?: string;
  /** `owner/repo` as GitHub spells it; compared without regard to case. */
  readonly repoId: string;
  /** GitHub's numeric id of the repository: the key that survives renames. */
  readonly repositoryId: number;
  /** True when strangers may not hear this repository. */
  readonly isPrivate: boolean;
  /** Login of the actor. Where a program acted for a person and the payload says so, the login of that person. */
  readonly actor: string;
  /** True when it is about a program's own work, such as a pull request that a bot opened. */
  readonly isOfProgram?: boolean;
  /** True when a program acted and no person is known behind it. */
  readonly isBot: boolean;
  /** The program that acted, by itself or for `actor`. */
  readonly agent?: GitHubAgent;
  /** What it is about, such as `pull/12`, `issues/7`, `heads/main`, `tags/v2`, `run/4711` or `alert/3`. */
  readonly subject?: string;
  /**
   * Groups what was done in one go: the `deliveryId` of its first delivery. Activities with the same `act` make one
   * happening.
   */
  readonly act?: string;
  /** The branch that it happened on, if any. */
  readonly branch?: string;
  /** True when that branch is the repository's default one. */
  readonly isDefaultBranch?: boolean;
  /** The repository's main language as GitHub names it, such as `TypeScript`; absent where GitHub knows none. */
  readonly language?: string;
  /** New commits in this activity, ≥ 0. */
  readonly commits: number;
  /** Commits of this activity that the repository already had, ≥ 1; absent for none. */
  readonly knownCommits?: number;
  /** Distinct files touched, ≥ 0. */
  readonly files: number;
  /** Lines added, ≥ 0; 0 where the payload does not tell (pushes list files only). */
  readonly additions: number;
  /** Lines deleted, ≥ 0; 0 where the payload does not tell. */
  readonly deletions: number;
  /** How it ended, where the event is about an end. */
  readonly outcome?: ActivityOutcome;
  /** What a build's verdict means for its branch: red after green, green after red, or the same as before. */
  readonly turn?: 'broken' | 'fixed' | 'same';
  /** Names of the jobs and checks that failed: the first three that were seen. */
  readonly failed?: readonly string[];
  /** True for a push that rewrote history. */
  readonly forced?: boolean;
  /** What happened, in one line of plain text, ≤ 200 characters. */
  readonly title: string;
  /** A link to it on the forge that sent it; empty where there is none. */
  readonly url: string;
  /** When it happened by the payload's own clock; the time of receipt where the payload has none. */
  readonly occurredAt: EpochMs;
}

/**
 * A verified delivery, small enough to keep. It holds what the delivery says by itself, and what `hear` of
 * `@bnc/github-webhooks` needs to work out what happened from all deliveries of a repository. Deliveries that earlier
 * versions stored have only the fields of {@link GitHubActivity}.
 */
export interface GitHubDelivery extends GitHubActivity {
  /** True for a delivery that never makes an activity by itself: a job, a status, the start of a run, a setting. */
  readonly isSilent?: boolean;
  /** The event's name and part of the body's signature: the same for the same bytes. */
  readonly bodyId?: string;
  /**
   * Recognises deliveries that say the same: a thing, its state, and the time in ms within which they count as the
   * same.
   */
  readonly same?: {
    readonly thing: string;
    readonly state: string;
    readonly withinMs: number;
    /** True when it says nothing new if the thing is already known in any state. */
    readonly isFirst?: boolean;
    /** Another name of the thing, for deliveries that do not know the first one. */
    readonly also?: string;
  };
  /** What it says about a build. */
  readonly build?: BuildReport;
  /** What it says about which branches are protected. */
  readonly protection?: ProtectionReport;
  /** How it joins other deliveries that were done in one go. */
  readonly ties?: {
    /** Words by which other deliveries join this one. */
    readonly absorbs?: readonly string[];
    /** Words by which this delivery joins others. */
    readonly joins?: readonly string[];
    /** Waits for the delivery that it may belong to: `short` where people wait for it, `long` where it is routine. */
    readonly waits?: 'short' | 'long';
  };
}

/** What a delivery says about a build. `sha` is that of the commit; each `branch` is green or red by itself. */
export type BuildReport =
  | {
      readonly of: 'run';
      readonly id: number;
      readonly attempt: number;
      /** Grows with each run of the workflow. */
      readonly number: number;
      readonly suiteId?: number;
      readonly sha: string;
      readonly branch?: string;
      readonly workflow: string;
      readonly hasEnded: boolean;
    }
  | {
      readonly of: 'suite';
      readonly id: number;
      readonly sha: string;
      readonly branch?: string;
      readonly app: string;
      /** True for GitHub Actions, whose runs speak for themselves. */
      readonly isActions: boolean;
    }
  | {
      readonly of: 'check';
      readonly runId?: number;
      readonly attempt?: number;
      readonly suiteId?: number;
      readonly sha: string;
      readonly name: string;
      readonly hasFailed: boolean;
      /** True for a check that begins: its suite has not ended. */
      readonly hasBegun?: boolean;
    }
  | {
      readonly of: 'status';
      readonly sha: string;
      readonly branch?: string;
      readonly context: string;
      /** When the commit was made: a verdict on an older commit does not turn the branch green or red. */
      readonly committedAt: EpochMs;
      readonly state: 'pending' | 'success' | 'failure';
    };

/** Branches by name or pattern (`*` within a part of the name, `**` across), and whether they are protected now. */
export interface ProtectionReport {
  /** Where this comes from; a later report of the same source replaces it. */
  readonly source: string;
  /**
   * Patterns; those that begin with `!` name branches that are not protected. Empty when the source protects none any
   * more.
   */
  readonly branches: readonly string[];
}
