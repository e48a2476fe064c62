import { type Scalar, text, whole } from '../untrusted.ts';
import type { Chapters, Story } from './story.ts';

type PullEvent = 'pull_request' | 'pull_request_review' | 'pull_request_review_comment' | 'pull_request_review_thread';

interface Pull {
  readonly number?: Scalar;
  readonly title?: Scalar;
  readonly html_url?: Scalar;
}

const named = (pull: Pull | undefined): string => {
  const number = whole(pull?.number);
  const title = text(pull?.title);
  return `pull request${number === undefined ? '' : ` #${number}`}${title && `: ${title}`}`;
};

/** Actions whose subject is the code of the pull request: its size counts. Elsewhere a label is added, not 40 commits. */
const SIZED = new Set(['opened', 'reopened', 'closed', 'ready_for_review', 'converted_to_draft', 'enqueued']);

const REVIEW_OUTCOMES = new Map<string, 'approved' | 'changes_requested' | 'commented'>([
  ['approved', 'approved'],
  ['changes_requested', 'changes_requested'],
  ['commented', 'commented'],
]);
const REVIEW_VERBS = {
  approved: 'Approved',
  changes_requested: 'Asked for changes in',
  commented: 'Reviewed',
} as const;

/** Pull requests and everything said about them. A review and its comments are one happening per verdict. */
export const PULLS: Chapters<PullEvent> = {
  pull_request: {
    actions: {
      opened: 'Opened',
      reopened: 'Reopened',
      closed: 'Closed',
      ready_for_review: 'Ready for review:',
      converted_to_draft: 'Back to draft:',
      synchronize: 'Updated',
      edited: 'Edited',
      assigned: 'Assigned',
      unassigned: 'Unassigned',
      labeled: 'Labelled',
      unlabeled: 'Unlabelled',
      locked: 'Locked',
      unlocked: 'Unlocked',
      milestoned: 'Set a milestone for',
      demilestoned: 'Removed the milestone of',
      review_requested: 'Asked for a review of',
      review_request_removed: 'No longer asked for a review of',
      auto_merge_enabled: 'Set to merge when green:',
      auto_merge_disabled: 'No longer set to merge when green:',
      enqueued: 'Queued',
      dequeued: 'Took off the queue',
      stacked: 'Stacked',
    },
    tell({ action, before, after, number, pull_request: pull, repository }, verb): Story {
      const merged = action === 'closed' && pull?.merged === true;
      const outcome = merged ? 'merged' : action === 'closed' ? 'closed' : undefined;
      // GitHub tells new commits on a branch of the same repository twice: as a push and as this.
      const ownBranch = whole(pull?.head?.repo?.id) !== undefined && pull?.head?.repo?.id === repository?.id;
      return {
        title: `${merged ? 'Merged' : verb} ${named({ number: pull?.number ?? number, title: pull?.title })}`,
        url: pull?.html_url,
        at: pull?.updated_at,
        outcome,
        ...(SIZED.has(text(action)) && {
          commits: pull?.commits,
          files: pull?.changed_files,
          additions: pull?.additions,
          deletions: pull?.deletions,
        }),
        ...(action === 'synchronize' &&
          ownBranch && { sameAs: ['push', `refs/heads/${text(pull?.head?.ref)}`, before, after] }),
      };
    },
  },
  pull_request_review: {
    actions: { submitted: 'Reviewed', dismissed: 'Dismissed a review of', edited: null },
    tell({ action, review, pull_request: pull }, verb): Story {
      const outcome = action === 'submitted' ? REVIEW_OUTCOMES.get(text(review?.state).toLowerCase()) : undefined;
      return {
        title: `${outcome ? REVIEW_VERBS[outcome] : verb} ${named(pull)}`,
        url: review?.html_url,
        at: action === 'submitted' ? review?.submitted_at : undefined,
        outcome,
        sameAs: ['review', review?.id, outcome ?? action],
      };
    },
  },
  pull_request_review_comment: {
    actions: { created: 'Commented on', edited: null, deleted: null },
    tell: ({ comment, pull_request: pull }, verb) => ({
      title: `${verb} ${named(pull)}`,
      url: comment?.html_url,
      at: comment?.created_at,
      outcome: 'commented',
      sameAs: ['review', comment?.pull_request_review_id ?? comment?.node_id, 'commented'],
    }),
  },
  pull_request_review_thread: {
    actions: { resolved: 'Resolved a conversation in', unresolved: 'Reopened a conversation in' },
    tell: ({ action, thread, pull_request: pull }, verb) => ({
      title: `${verb} ${named(pull)}`,
      url: pull?.html_url,
      at: pull?.updated_at,
      sameAs: ['thread', action, thread?.node_id, pull?.updated_at],
    }),
  },
};
