import type { GitHubDelivery } from '@bnc/contracts';
import { digest } from './digest.ts';
import type { EventName, Payload } from './documented.ts';
import type { Story } from './events/story.ts';
import { isObject, items, type Scalar, text } from './untrusted.ts';

/**
 * What makes two deliveries of one repository the same happening: they name the same thing in the same state, within a
 * window of time. docs/same-happening.md shows this module as a table: change both.
 */
export interface Identity {
  /** Names the thing. */
  readonly thing: readonly Scalar[];
  /** The state that the thing is in now. A state is news again after another state in between. */
  readonly state?: Scalar;
  /** For how long a second delivery is not news. */
  readonly withinMs: number;
  /** True when a delivery is not news once the thing is known in any state. */
  readonly isFirst?: boolean;
  /** Another name of the thing, for deliveries that do not have the first. */
  readonly also?: readonly Scalar[];
}

const minuteMs = 60_000;
/** The hooks of a repository, of its organisation and of an app deliver within minutes of each other. */
export const hooksMs = 10 * minuteMs;
/** Longer than GitHub offers redeliveries: for what never happens twice. */
export const everMs = 30 * 24 * 60 * minuteMs;
/** Pressing a button twice within this time counts once. */
const pressMs = minuteMs;

type Naming<E extends EventName> = (payload: Payload<E>, story: Story) => Identity | undefined;

/** How the happenings of an event are named. Events that are not listed are named by everything in their payload. */
const names: { readonly [E in EventName]?: Naming<E> } = {
  push: ({ ref, before, after }, story) => branchOrTag(story) ?? push(ref, before, after),
  create: (_payload, story) => branchOrTag(story),
  delete: (_payload, story) => branchOrTag(story),
  gollum: ({ pages: edited }) =>
    ever(
      'wiki',
      ...items(edited)
        .slice(0, 20)
        .flatMap((page) => [page?.page_name, page?.sha]),
    ),
  fork: ({ forkee }) => ever('fork', forkee?.id),
  merge_group: ({ merge_group: group }) => ever('merge group', group?.head_sha),
  pull_request({ action, before, after, number, pull_request: pull }, story) {
    if (action === 'synchronize') return push(`refs/heads/${text(pull?.head?.ref)}`, before, after);
    if (action === 'enqueued') return becomes('in', hooksMs, 'queue', story.subject);
    if (action === 'dequeued') return becomes('out', hooksMs, 'queue', story.subject);
    if (story.outcome === 'merged') return ever('merge', pull?.id ?? number);
    return undefined;
  },
  pull_request_review: ({ action, review }, { outcome }) => ever('review', review?.id, outcome ?? action),
  pull_request_review_comment: ({ comment }) => ever('review comment', comment?.id ?? comment?.node_id),
  pull_request_review_thread: ({ action, thread, pull_request: pull }) =>
    becomes(`${text(action)} ${text(pull?.updated_at)}`, hooksMs, 'thread', thread?.node_id),
  workflow_run({ workflow_run: run }, { build, isSilent, action, outcome }) {
    if (build?.of !== 'run') return pages(run?.head_sha, outcome);
    return isSilent && !build.hasEnded ? undefined : ever('run', build.id, build.attempt, action ?? 'ended');
  },
  check_suite: ({ check_suite: suite }) => becomes(suite?.conclusion, everMs, 'suite', suite?.id),
  workflow_job: ({ action, workflow_job: job }) => ever('job', job?.id, action),
  check_run: ({ action, check_run: run }) => ever('check', run?.id, action, run?.conclusion),
  status: ({ id, sha, context, state }) => ever('status', id, sha, context, state),
  workflow_dispatch: ({ ref, workflow, inputs, sender }) => ({
    thing: ['workflow dispatch', ref, workflow, valueName(inputs), sender?.id],
    withinMs: pressMs,
  }),
  repository_dispatch: ({ action, client_payload, sender }) => ({
    thing: ['repository dispatch', action, valueName(client_payload), sender?.id],
    withinMs: pressMs,
  }),
  deployment_status({ deployment, deployment_status: status }, { outcome, subject }) {
    if (subject === 'pages') return pages(deployment?.sha, outcome);
    return becomes(status?.state === 'error' ? 'failure' : status?.state, everMs, 'deployment', deployment?.id);
  },
  deployment_review: ({ action, workflow_run: run, since }, { title }) => ever('gate', run?.id, action, title, since),
  page_build: ({ build }, { outcome }) => pages(build?.commit, outcome),
  sub_issues: ({ action, parent_issue_id, sub_issue_id }) =>
    becomes(text(action).endsWith('added'), hooksMs, 'sub-issue', parent_issue_id, sub_issue_id),
  issue_dependencies: ({ action, blocked_issue_id, blocking_issue_id }) =>
    becomes(text(action).endsWith('added'), hooksMs, 'dependency', blocked_issue_id, blocking_issue_id),
  dependabot_alert: ({ alert }, { title }) => dependencyAlert(title, alert?.number, alert?.security_advisory?.ghsa_id),
  repository_vulnerability_alert: ({ alert }, { title }) =>
    dependencyAlert(title, alert?.number, alert?.ghsa_id ?? alert?.external_identifier),
  code_scanning_alert: ({ alert }, { title }) => becomes(title, everMs, 'code alert', alert?.number),
  secret_scanning_alert: ({ alert }, { title }) => becomes(title, everMs, 'secret alert', alert?.number),
  secret_scanning_alert_location: ({ alert }, { title }) => ({
    ...becomes(title, everMs, 'secret alert', alert?.number),
    isFirst: true,
  }),
  repository_advisory: ({ action, repository_advisory: advisory }) => ever('advisory', advisory?.ghsa_id, action),
  star: ({ sender }) => star(sender?.id),
  watch: ({ sender }) => star(sender?.id),
  member: ({ action, member }) => becomes(action, hooksMs, 'member', member?.id),
  public: ({ repository }) => becomes('public', hooksMs, 'repository', repository?.updated_at),
  repository: ({ action, repository, changes }) =>
    becomes(
      action === 'publicized'
        ? 'public'
        : `${text(action)} ${Object.keys(changes ?? {})
            .slice(0, 10)
            .join(' ')}`,
      hooksMs,
      'repository',
      repository?.updated_at,
    ),
  release({ action, release }) {
    const isOut = action === 'published' || action === 'released';
    return isOut ? becomes(release?.prerelease === true ? 'early' : 'out', everMs, 'release', release?.id) : undefined;
  },
  package: ({ action, package: item }) => becomes(action, hooksMs, 'package', item?.id, item?.package_version?.id),
  registry_package: ({ action, registry_package: item }) =>
    becomes(action, hooksMs, 'package', item?.id, item?.package_version?.id),
};

const envelopeFields = new Set(['repository', 'sender', 'organization', 'installation', 'enterprise']);

/** Events whose payload has neither a time nor an id. */
const timelessFields = new Set(['label', 'repository_import', 'project_card', 'project_column']);

/** Returns whether a happening can never happen again. */
export function isUnique({ state, withinMs }: NonNullable<GitHubDelivery['same']>): boolean {
  return state === '' && withinMs === everMs;
}

/** A naming whose event is known at run time only. */
type AnyNaming = (payload: object, story: Story) => Identity | undefined;
const byName = new Map<string, AnyNaming>(Object.entries(names as Readonly<Record<string, AnyNaming>>));

/** Names the happening that a delivery reports. */
export function identify(
  event: string,
  payload: object,
  story: Story,
  { repositoryId, senderId }: { readonly repositoryId: number; readonly senderId: Scalar },
): NonNullable<GitHubDelivery['same']> {
  const identity = byName.get(event)?.(payload, story) ?? {
    thing: [event, senderId, ...everythingIn(payload)],
    // Without a time in the payload, the same again a little later is the same action done again.
    withinMs: timelessFields.has(event) ? pressMs : hooksMs,
  };
  return {
    thing: nameOf(repositoryId, identity.thing),
    state: identity.state === undefined ? '' : String(identity.state).slice(0, 100),
    withinMs: identity.withinMs,
    ...(identity.isFirst && { isFirst: true }),
    ...(identity.also && { also: nameOf(repositoryId, identity.also) }),
  };
}

/** Names what can happen only once, so that a store may drop it the second time. */
function ever(...thing: readonly Scalar[]): Identity {
  return { thing, withinMs: everMs };
}

function becomes(state: Scalar, withinMs: number, ...thing: readonly Scalar[]): Identity {
  return {
    thing,
    state,
    withinMs,
  };
}

function branchOrTag(story: Story): Identity | undefined {
  return story.action === 'created' || story.action === 'deleted'
    ? becomes(story.action, hooksMs, 'ref', story.subject)
    : undefined;
}

function push(ref: Scalar, before: Scalar, after: Scalar): Identity {
  return {
    thing: ['push', ref, before, after],
    withinMs: hooksMs,
  };
}

function star(id: Scalar): Identity {
  return ever('star', id);
}

function pages(sha: Scalar, outcome: Scalar): Identity {
  return becomes(outcome, hooksMs, 'pages', sha);
}

/** Several alerts may be about one advisory. Older servers do not send the number: then the advisory is the name. */
function dependencyAlert(title: string, number: Scalar, advisory: Scalar): Identity {
  return number === undefined
    ? becomes(title, everMs, 'advisory of an alert', advisory)
    : { ...becomes(title, everMs, 'dependency alert', number), also: ['advisory of an alert', advisory] };
}

/** Returns a part of a name for a value of any size. */
function valueName(value: unknown): string {
  return digest(JSON.stringify(value ?? null).slice(0, 100_000));
}

/**
 * Names what a payload is about: every top-level leaf, and the fields that identify each top-level object. Does not
 * walk deeper, so the cost does not grow with the payload.
 */
function everythingIn(payload: object): Scalar[] {
  return Object.entries(payload as Readonly<Record<string, unknown>>)
    .filter(([key]) => !envelopeFields.has(key))
    .slice(0, 40)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]): Scalar[] => {
      if (!isObject(value)) return [key, value as Scalar];
      const { id, node_id, number, sha, name, login, updated_at } = value as Readonly<Record<string, Scalar>>;
      return [key, ...[id, node_id, number, sha, name, login, updated_at].filter((part) => typeof part !== 'object')];
    });
}

/** Makes one name of several parts. JSON keeps the parts apart, whatever they contain; long parts are cut first. */
function nameOf(repositoryId: number, parts: readonly unknown[]): string {
  const short = parts.map((part) =>
    typeof part === 'string' ? part.slice(0, 500) : typeof part === 'object' ? null : part,
  );
  return digest(JSON.stringify([repositoryId, ...short]));
}
