import { by, doneTo } from '../senders.ts';
import { type Scalar, text, whole } from '../untrusted.ts';
import { housekeeping, type Labelled, numbered } from './pulls.ts';
import type { Chapters, Story } from './story.ts';

type IssueEvent =
  | 'issues'
  | 'issue_comment'
  | 'sub_issues'
  | 'issue_dependencies'
  | 'issue_relates_to'
  | 'discussion'
  | 'discussion_comment'
  | 'label'
  | 'milestone'
  | 'project'
  | 'project_card'
  | 'project_column'
  | 'projects_v2'
  | 'projects_v2_item'
  | 'projects_v2_status_update';

const reasons = new Map<string, readonly [outcome: 'not_planned' | 'duplicate', verb: string]>([
  ['not_planned', ['not_planned', 'Closed as not planned:']],
  ['outdated', ['not_planned', 'Closed as outdated:']],
  ['duplicate', ['duplicate', 'Closed as a duplicate:']],
]);

function about(kind: string, it: { readonly number?: Scalar } | undefined): Pick<Story, 'subject'> {
  const number = whole(it?.number);
  return number === undefined ? {} : { subject: `${kind}/${number}` };
}

/** Issues, discussions, and the labels, milestones and boards that organise them. */
export const issueChapters: Chapters<IssueEvent> = {
  issues: {
    actions: {
      opened: 'Opened',
      closed: 'Closed',
      reopened: 'Reopened',
      edited: 'Edited',
      deleted: 'Deleted',
      transferred: 'Moved',
      assigned: 'Assigned',
      unassigned: 'Unassigned',
      labeled: 'Labelled',
      unlabeled: 'Unlabelled',
      milestoned: 'Set a milestone for',
      demilestoned: 'Removed the milestone of',
      locked: 'Locked',
      unlocked: 'Unlocked',
      pinned: 'Pinned',
      unpinned: 'Unpinned',
      typed: 'Set the type of',
      untyped: 'Removed the type of',
      field_added: 'Set a field of',
      field_removed: 'Removed a field of',
    },
    tell(payload, verb): Story {
      const { action, issue, sender } = payload;
      const [reason, closed] = (action === 'closed' && reasons.get(text(issue?.state_reason))) || [];
      const { label, assignee, milestone } = payload as Labelled;
      const what =
        action === 'labeled' || action === 'unlabeled'
          ? text(label?.name)
          : action === 'assigned' || action === 'unassigned'
            ? text(assignee?.login)
            : action === 'milestoned' || action === 'demilestoned'
              ? text(milestone?.title)
              : '';
      const name = `issues/${whole(issue?.number) ?? ''}`;
      const isFresh = action === 'opened' || action === 'reopened';
      return {
        title: `${closed ?? verb} ${numbered('issue', issue, what && ` (${what})`)}`,
        ...(action === 'opened' && { app: issue?.performed_via_github_app?.slug }),
        ...about('issues', issue),
        url: issue?.html_url,
        at: issue?.updated_at,
        outcome: action === 'closed' ? (reason ?? 'closed') : undefined,
        ties: isFresh
          ? { absorbs: doneTo(name, sender) }
          : action === 'closed' && reason === undefined
            ? {
                absorbs: doneTo(name, sender),
                joins: [by('closed an issue', sender), `closed ${name}`],
                waits: 'short',
              }
            : housekeeping.has(text(action))
              ? { joins: [by(name, sender)], waits: 'long' }
              : undefined,
      };
    },
  },
  issue_comment: {
    actions: {
      created: 'Commented on',
      edited: null,
      deleted: null,
      pinned: 'Pinned a comment on',
      unpinned: 'Unpinned a comment on',
    },
    tell: ({ action, issue, comment }, verb) => ({
      title: `${verb} ${numbered(issue?.pull_request ? 'pull request' : 'issue', issue)}`,
      app: comment?.performed_via_github_app?.slug,
      ...about(issue?.pull_request ? 'pull' : 'issues', issue),
      url: comment?.html_url,
      at: action === 'created' ? comment?.created_at : comment?.updated_at,
    }),
  },
  sub_issues: {
    actions: {
      sub_issue_added: 'Gave a sub-issue to',
      sub_issue_removed: 'Took a sub-issue from',
      parent_issue_added: 'Gave a parent to',
      parent_issue_removed: 'Took the parent from',
    },
    tell({ action, parent_issue: parent, sub_issue: sub }, verb): Story {
      const side = text(action).startsWith('parent') ? sub : parent;
      return {
        title: `${verb} ${numbered('issue', side)}`,
        ...about('issues', side),
        url: side?.html_url,
        at: side?.updated_at,
      };
    },
  },
  issue_dependencies: {
    actions: {
      blocked_by_added: 'Marked as blocked:',
      blocked_by_removed: 'No longer blocked:',
      blocking_added: 'Marked as blocking:',
      blocking_removed: 'No longer blocking:',
    },
    tell({ action, blocked_issue: blocked, blocking_issue: blocking }, verb): Story {
      const side = text(action).startsWith('blocked') ? blocked : blocking;
      return {
        title: `${verb} ${numbered('issue', side)}`,
        ...about('issues', side),
        url: side?.html_url,
        at: side?.updated_at,
      };
    },
  },
  issue_relates_to: {
    actions: { relates_to_added: 'Linked', relates_to_removed: 'Unlinked' },
    tell: ({ issue }, verb) => ({
      title: `${verb} ${numbered('issue', issue)}`,
      ...about('issues', issue),
      url: issue?.html_url,
      at: issue?.updated_at,
    }),
  },
  discussion: {
    actions: {
      created: 'Opened',
      closed: 'Closed',
      reopened: 'Reopened',
      answered: 'Answered',
      unanswered: 'No longer answered:',
      edited: 'Edited',
      deleted: 'Deleted',
      transferred: 'Moved',
      category_changed: 'Changed the category of',
      labeled: 'Labelled',
      unlabeled: 'Unlabelled',
      locked: 'Locked',
      unlocked: 'Unlocked',
      pinned: 'Pinned',
      unpinned: 'Unpinned',
    },
    tell({ action, discussion }, verb): Story {
      const [reason, closed] = (action === 'closed' && reasons.get(text(discussion?.state_reason))) || [];
      return {
        title: `${closed ?? verb} ${numbered('discussion', discussion)}`,
        ...about('discussions', discussion),
        url: discussion?.html_url,
        at: discussion?.updated_at,
        outcome: action === 'closed' ? (reason ?? 'closed') : undefined,
      };
    },
  },
  discussion_comment: {
    actions: { created: 'Commented on', edited: null, deleted: null },
    tell: ({ comment, discussion }, verb) => ({
      title: `${verb} ${numbered('discussion', discussion)}`,
      ...about('discussions', discussion),
      url: comment?.html_url,
      at: comment?.created_at,
    }),
  },
  label: {
    actions: {
      created: 'Created',
      edited: 'Edited',
      deleted: 'Deleted',
      archived: 'Archived',
      unarchived: 'Brought back',
    },
    tell: ({ label }, verb) => ({ title: `${verb} label ${text(label?.name)}` }),
  },
  milestone: {
    actions: { created: 'Created', opened: 'Reopened', closed: 'Closed', edited: 'Edited', deleted: 'Deleted' },
    tell: ({ action, milestone }, verb) => ({
      title: `${verb} ${numbered('milestone', milestone)}`,
      ...about('milestones', milestone),
      url: milestone?.html_url,
      at: milestone?.updated_at,
      outcome: action === 'closed' ? 'closed' : undefined,
    }),
  },
  project: {
    actions: { created: 'Created', closed: 'Closed', reopened: 'Reopened', edited: 'Edited', deleted: 'Deleted' },
    tell: ({ project }, verb) => ({
      title: `${verb} project ${text(project?.name)}`,
      url: project?.html_url,
      at: project?.updated_at,
    }),
  },
  project_card: {
    actions: { created: 'Added', converted: 'Turned into an issue:', edited: null, deleted: 'Removed', moved: 'Moved' },
    tell: ({ project_card: card }, verb) => ({ title: `${verb} a project card`, at: card?.updated_at }),
  },
  project_column: {
    actions: { created: 'Added', edited: null, deleted: 'Removed', moved: 'Moved' },
    tell: ({ project_column: column }, verb) => ({
      title: `${verb} project column ${text(column?.name)}`,
      at: column?.updated_at,
    }),
  },
  // Boards belong to an organisation and do not name a repository.
  projects_v2: null,
  projects_v2_item: null,
  projects_v2_status_update: null,
};
