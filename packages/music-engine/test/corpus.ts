import { createRequire } from 'node:module';
import type { ActivityOutcome, GitHubActivity } from '@bnc/contracts';

const require = createRequire(import.meta.url);
const examples = require('@octokit/webhooks-examples') as readonly {
  readonly name: string;
  readonly examples: readonly unknown[];
}[];

type Json = Readonly<Record<string, unknown>>;

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Json)[key] : undefined),
    value,
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

const outcomes: readonly string[] = [
  'success',
  'failure',
  'timed_out',
  'cancelled',
  'neutral',
  'skipped',
  'approved',
  'changes_requested',
  'commented',
];

function outcomeOf(event: string, payload: unknown): ActivityOutcome | undefined {
  if (event === 'pull_request' && at(payload, 'action') === 'closed') {
    return at(payload, 'pull_request', 'merged') === true ? 'merged' : 'closed';
  }
  const said = [
    at(payload, event, 'conclusion'),
    at(payload, 'deployment_status', 'state'),
    at(payload, 'review', 'state'),
    at(payload, 'state'),
  ].find((value) => typeof value === 'string' && outcomes.includes(value));
  return said as ActivityOutcome | undefined;
}

function toActivity(event: string, payload: unknown, index: number): GitHubActivity {
  const commits = list(at(payload, 'commits'));
  const touched = commits.flatMap((commit) => ['added', 'removed', 'modified'].flatMap((key) => list(at(commit, key))));
  const action = text(at(payload, 'action'));
  const outcome = outcomeOf(event, payload);
  const language = text(at(payload, 'repository', 'language'));
  return {
    deliveryId: `delivery-${index}`,
    event,
    ...(action && { action }),
    repoId: text(at(payload, 'repository', 'full_name')) ?? 'octo/none',
    repositoryId: count(at(payload, 'repository', 'id')),
    isPrivate: at(payload, 'repository', 'private') === true,
    actor: text(at(payload, 'sender', 'login')) ?? 'ghost',
    isBot: at(payload, 'sender', 'type') === 'Bot',
    ...(language && { language }),
    commits: event === 'push' ? commits.length : count(at(payload, 'pull_request', 'commits')),
    files: event === 'push' ? new Set(touched).size : count(at(payload, 'pull_request', 'changed_files')),
    additions: count(at(payload, 'pull_request', 'additions')),
    deletions: count(at(payload, 'pull_request', 'deletions')),
    ...(outcome && { outcome }),
    ...(event === 'push' && { forced: at(payload, 'forced') === true }),
    title: event,
    url: 'https://github.com',
    occurredAt: 1_700_000_000_000 + index,
  };
}

/** Every example payload of GitHub's webhooks as an activity, by a reading of the payload that is only as good as these tests need. */
export const corpus: readonly GitHubActivity[] = examples
  .flatMap(({ name, examples }) => examples.map((payload) => ({ name, payload })))
  .map(({ name, payload }, index) => toActivity(name, payload, index));
