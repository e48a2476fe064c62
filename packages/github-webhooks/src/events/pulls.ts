import { by, doneTo, isProgram, personOf } from '../senders.ts';
import { type Scalar, text, whole } from '../untrusted.ts';
import type { Chapters, Story } from './story.ts';

type PullEvent = 'pull_request' | 'pull_request_review' | 'pull_request_review_comment' | 'pull_request_review_thread';

interface Pull {
  readonly number?: Scalar;
  readonly title?: Scalar;
}

/** Names something by number and title, with `more` in between. */
export function numbered(kind: string, it: Pull | undefined, more = ''): string {
  const number = whole(it?.number);
  const title = text(it?.title);
  return `${kind}${number === undefined ? '' : ` #${number}`}${more}${title && `: ${title}`}`;
}

function subjectOf(pull: Pull | undefined): Pick<Story, 'subject'> {
  const number = whole(pull?.number);
  return number === undefined ? {} : { subject: `pull/${number}` };
}

/** Actions that are about the code of the pull request, so its size counts: adding a label does not add 40 commits. */
const sizedActions = new Set(['opened', 'reopened', 'closed', 'ready_for_review', 'converted_to_draft', 'enqueued']);

/** Actions that often come with opening something, and are then reported as part of it. */
export const housekeeping: ReadonlySet<string> = new Set([
  'assigned',
  'unassigned',
  'labeled',
  'unlabeled',
  'milestoned',
  'demilestoned',
  'review_requested',
  'review_request_removed',
  'typed',
  'untyped',
  'field_added',
  'field_removed',
  'edited',
  'auto_merge_enabled',
]);

/**
 * Says why a pull request left the merge queue; returns undefined when it left because it merged.
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request
 */
function dequeued(reason: Scalar): string | undefined {
  const name = text(reason).toUpperCase();
  if (/^(?:ALREADY_)?MERGED?$/.test(name)) return undefined;
  const words = queueReasons.find(([pattern]) => pattern.test(name))?.[1];
  return words === undefined ? '' : ` (${words})`;
}

const queueReasons: readonly (readonly [RegExp, string])[] = [
  [/CI_TIMEOUT|TIMED_OUT/, 'its checks took too long'],
  [/CI_FAILURE|FAILED_CHECKS/, 'its checks failed'],
  [/CONFLICT/, 'it conflicts'],
  [/BRANCH_PROTECTION/, 'the branch is protected'],
  [/QUEUE_CLEARED/, 'the queue was cleared'],
  [/ROLL_BACK/, 'rolled back'],
  [/INVALID/, 'it cannot be merged'],
  [/MANUAL/, 'by hand'],
];

/** Finds the issues that a merge closes, by the keywords that GitHub accepts. */
function closedBy(...texts: readonly Scalar[]): string[] {
  return [
    ...new Set(
      texts.flatMap((one) =>
        [
          ...text(one)
            .slice(0, 20_000)
            .matchAll(/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d{1,10})\b/gi),
        ].map(([, number]) => number ?? ''),
      ),
    ),
  ];
}

const reviewOutcomes = new Map<string, 'approved' | 'changes_requested' | 'commented'>([
  ['approved', 'approved'],
  ['changes_requested', 'changes_requested'],
  ['commented', 'commented'],
]);
const reviewVerbs = {
  approved: 'Approved',
  changes_requested: 'Asked for changes in',
  commented: 'Reviewed',
} as const;

/** Pull requests and all comments on them. A review and its comments are one happening. */
export const pullChapters: Chapters<PullEvent> = {
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
      dequeued: 'Took off the queue:',
      stacked: 'Stacked',
    },
    tell(payload, verb): Story | undefined {
      const { action, number, after, pull_request: pull, repository, sender } = payload;
      const it = { number: pull?.number ?? number, title: pull?.title };
      const name = `pull/${whole(it.number) ?? ''}`;
      const isMerged = action === 'closed' && pull?.merged === true;
      const isOver = action === 'dequeued' ? dequeued(payload.reason) : '';
      if (isOver === undefined) return undefined;
      const { label, assignee, requested_reviewer: reviewer, requested_team: team } = payload as Labelled;
      const more =
        action === 'labeled' || action === 'unlabeled'
          ? text(label?.name) && ` (${text(label?.name)})`
          : action === 'assigned' || action === 'unassigned'
            ? text(assignee?.login) && ` (${text(assignee?.login)})`
            : text(reviewer?.login ?? team?.name) && ` (${text(reviewer?.login ?? team?.name)})`;
      // GitHub sends new commits on a branch of the same repository twice: as a push and as this.
      const isOwnBranch = whole(pull?.head?.repo?.id) !== undefined && pull?.head?.repo?.id === repository?.id;
      const head = `heads/${text(pull?.head?.ref)}`;
      const ended = [...doneTo(name, sender), ...(isOwnBranch ? [`deleted ${head}`] : [])];
      const closes = isMerged ? closedBy(pull.title, pull.body).slice(0, 20) : [];
      const ties: Story['ties'] =
        action === 'closed'
          ? {
              absorbs: isMerged
                ? [
                    ...ended,
                    `commit ${text(pull.merge_commit_sha)}`,
                    `merge of ${whole(it.number) ?? ''}`,
                    ...(closes.length > 0
                      ? closes.map((issue) => `closed issues/${issue}`)
                      : [by('closed an issue', sender)]),
                  ]
                : ended,
            }
          : action === 'opened' || action === 'reopened' || action === 'ready_for_review'
            ? { absorbs: [...doneTo(name, sender), ...(isOwnBranch && action === 'opened' ? [`new ${head}`] : [])] }
            : housekeeping.has(text(action))
              ? { joins: [by(name, sender)], waits: action === 'auto_merge_enabled' ? 'short' : 'long' }
              : action === 'enqueued'
                ? { absorbs: [`queue of ${name}`] }
                : action === 'synchronize' && isOwnBranch
                  ? { absorbs: [`update to ${text(after)}`], joins: [`update to ${text(after)}`], waits: 'long' }
                  : undefined;
      return {
        title: `${isMerged ? 'Merged' : verb} ${numbered('pull request', it, more)}${isOver}`,
        ...(isMerged &&
          isProgram(sender) && { person: personOf(pull.user, pull.auto_merge?.enabled_by, pull.merged_by) }),
        ...(isProgram(pull?.user) && { isOfProgram: true }),
        ...subjectOf(it),
        ...(isMerged ? { branch: pull.base?.ref } : isOwnBranch && { branch: pull?.head?.ref }),
        url: pull?.html_url,
        at: pull?.updated_at,
        outcome: isMerged ? 'merged' : action === 'closed' ? 'closed' : undefined,
        ...(sizedActions.has(text(action)) && {
          commits: pull?.commits,
          files: pull?.changed_files,
          additions: pull?.additions,
          deletions: pull?.deletions,
        }),
        ties,
      };
    },
  },
  pull_request_review: {
    actions: { submitted: 'Reviewed', dismissed: 'Dismissed a review of', edited: null },
    tell({ action, review, pull_request: pull }, verb): Story {
      const outcome = action === 'submitted' ? reviewOutcomes.get(text(review?.state).toLowerCase()) : undefined;
      return {
        title: `${outcome ? reviewVerbs[outcome] : verb} ${numbered('pull request', pull)}`,
        ...subjectOf(pull),
        url: review?.html_url,
        at: action === 'submitted' ? review?.submitted_at : undefined,
        outcome,
        ties: { absorbs: [`review ${whole(review?.id) ?? ''}`] },
      };
    },
  },
  pull_request_review_comment: {
    actions: { created: 'Commented on', edited: null, deleted: null },
    tell: ({ comment, pull_request: pull }, verb) => ({
      title: `${verb} ${numbered('pull request', pull)}`,
      ...subjectOf(pull),
      url: comment?.html_url,
      at: comment?.created_at,
      outcome: 'commented',
      ...(whole(comment?.pull_request_review_id) !== undefined && {
        // When the webhook does not subscribe to reviews, the first comment stands for the review.
        ties: {
          absorbs: [`review ${whole(comment?.pull_request_review_id) ?? ''}`],
          joins: [`review ${whole(comment?.pull_request_review_id) ?? ''}`],
          waits: 'short',
        },
      }),
    }),
  },
  pull_request_review_thread: {
    actions: { resolved: 'Resolved a conversation in', unresolved: 'Reopened a conversation in' },
    tell: ({ pull_request: pull }, verb) => ({
      title: `${verb} ${numbered('pull request', pull)}`,
      ...subjectOf(pull),
      url: pull?.html_url,
      at: pull?.updated_at,
    }),
  },
};

/** Fields that some actions add to a payload; the documented shape is a union of all actions. */
export interface Labelled {
  readonly label?: { readonly name?: Scalar };
  readonly assignee?: { readonly login?: Scalar };
  readonly milestone?: { readonly title?: Scalar };
  readonly requested_reviewer?: { readonly login?: Scalar };
  readonly requested_team?: { readonly name?: Scalar };
}
