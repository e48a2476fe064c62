/** Keys that only payloads of one event have, the more specific events first. */
const signs: readonly (readonly [event: string, ...keys: string[]])[] = [
  ['workflow_run', 'workflow_run'],
  ['workflow_job', 'workflow_job'],
  ['check_suite', 'check_suite'],
  ['check_run', 'check_run'],
  ['deployment_review', 'workflow_job_runs'],
  ['deployment_status', 'deployment_status'],
  ['deployment', 'deployment'],
  ['pull_request_review', 'review', 'pull_request'],
  ['pull_request_review_comment', 'comment', 'pull_request'],
  ['pull_request_review_thread', 'thread', 'pull_request'],
  ['pull_request', 'pull_request'],
  ['issue_comment', 'comment', 'issue'],
  ['issues', 'issue'],
  ['discussion_comment', 'comment', 'discussion'],
  ['discussion', 'discussion'],
  ['commit_comment', 'comment'],
  ['release', 'release'],
  ['fork', 'forkee'],
  ['gollum', 'pages'],
  ['push', 'ref', 'commits'],
  ['create', 'ref', 'ref_type', 'master_branch'],
  ['delete', 'ref', 'ref_type'],
  ['status', 'sha', 'context', 'state'],
  ['star', 'starred_at'],
  ['member', 'member'],
];

/** Returns the event of a webhook payload by its keys; undefined if they do not tell. */
export function eventOf(payload: object): string | undefined {
  if (!('repository' in payload)) return undefined;
  return signs.find(([, ...keys]) => keys.every((key) => key in payload))?.[0];
}
