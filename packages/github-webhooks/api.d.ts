// @bnc/github-webhooks

import { EpochMs, GitHubActivity, GitHubAgent, GitHubDelivery } from "@bnc/contracts";
import { operations } from "@octokit/openapi-webhooks-types";
/** A program that acts on GitHub, with every name that it acts under. */
interface KnownAgent extends GitHubAgent {
  /** Its name for people, such as `Copilot`. */
  readonly name: string;
  /** Logins of its accounts; compared without case. */
  readonly logins: readonly string[];
  /** Slugs of its apps, as in `https://github.com/apps/<slug>`; compared without case. */
  readonly slugs: readonly string[];
  /** The page of the program, or of its app. */
  readonly source: string;
}
/**
 * Programs that are known by name: coding agents first, then bots. `Claude` and `Codex`, under which two of the agents
 * appear in some payloads, are people's logins too: only the slug of their app tells them.
 */
export declare const agents: readonly KnownAgent[];
/**
 * Returns the program that a login belongs to, or that acted for its owner; nothing for a person. The whole login is
 * compared, without case: somebody called `claudette` or `cursor` stays a person. Any other login that ends in `[bot]`
 * is a bot of that name, in lower case.
 * @param appSlug Slug of the app that acted, such as `copilot-swe-agent`, where it is known. A slug that is not in
 * {@link agents} says nothing: people comment through apps too.
 */
export declare function agentOf(login: string, appSlug?: string): GitHubAgent | undefined;
/** Headers of a request: Node's `request.headers`, a plain object with names in any case, or a `Headers`. */
type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
type Snake<S extends string> = S extends `${infer A}-${infer B}` ? `${A}_${Snake<B>}` : S;
type Head<S extends string> = S extends `${infer A}/${string}` ? A : S;
type Operation = Extract<keyof operations, string>;
/** Every event that GitHub documents, as `X-GitHub-Event` spells it. */
type EventName = Snake<Head<Operation>>;
type OperationOf<E extends EventName> = { [O in Operation]: Snake<Head<O>> extends E ? O : never; }[Operation];
type BodyOf<O extends Operation> = operations[O] extends {
  requestBody?: {
    content: {
      "application/json": infer B;
    };
  };
} ? B : never;
/** The documented payload of an event. */
type PayloadOf<E extends EventName> = BodyOf<OperationOf<E>>;
/** Why a delivery was refused, or another source of activities failed. The package's README has a row for each. */
type WebhookErrorCode = "WEBHOOK_SIGNATURE_MISSING" | "WEBHOOK_SIGNATURE_INVALID" | "WEBHOOK_HEADER_INVALID" | "WEBHOOK_MEDIA_TYPE_UNSUPPORTED" | "WEBHOOK_BODY_TOO_LARGE" | "WEBHOOK_BODY_TIMEOUT" | "WEBHOOK_BODY_INVALID" | "WEBHOOK_REPOSITORY_INVALID" | "WEBHOOK_BUSY" | "WEBHOOK_STORE_UNAVAILABLE" | "WEBHOOK_SOURCE_FAILED";
/** Says why a delivery was refused. Its message holds no secret, no signature and nothing of the payload. */
export declare class WebhookError extends Error {
  override readonly name = "WebhookError";
  /** Stable code; test this, not the message. */
  readonly code: WebhookErrorCode;
  /** The HTTP status that answers it: 4xx where the sender must change something, 503 where it may try again. */
  readonly statusCode: number;
  constructor(code: WebhookErrorCode, message: string, options?: ErrorOptions);
}
/** A small map in the order of use, newest last, that JSON keeps as it is. Keys are anybody's words. */
type Entries<T> = readonly (readonly [key: string, value: T])[];
/** Anything that is forgotten when it is old. */
interface Dated {
  readonly at: EpochMs;
}
/** What was told: a thing, the state it was in, and when. */
interface Told extends Dated {
  readonly state: string;
  readonly occurredAt: EpochMs;
}
/** The newest verdict of one workflow on one branch. */
interface Colour extends Dated {
  readonly isRed: boolean;
  /** Number and attempt of its run: an older run that ends later changes nothing. */
  readonly number: number;
  readonly attempt: number;
}
/** A run or suite that has not ended. */
interface OpenRun extends Dated {
  readonly sha: string;
  /** Names of jobs that failed so far. */
  readonly failed: readonly string[];
}
/** What has looked at a commit. */
interface CheckedCommit extends Dated {
  /** True once a check or run has: then statuses say nothing. */
  readonly isChecked: boolean;
  readonly statuses: Entries<"pending" | "success" | "failure">;
  /** The last status, while its commit's verdict waits for more of them. */
  readonly last?: GitHubDelivery;
  /** When the verdict is told. */
  readonly due?: EpochMs;
  /** The verdict that was told. */
  readonly verdict?: "success" | "failure";
}
/** Something done in one go that has been told. */
interface Act extends Dated {
  readonly occurredAt: EpochMs;
  readonly absorbs: readonly string[];
}
/** A delivery that waits for the one that it may belong to. */
interface Waiting {
  readonly delivery: GitHubDelivery;
  readonly until: EpochMs;
  /** Id of the act that it would begin. */
  readonly act: string;
}
/**
 * What is known of one repository from everything that was heard of it: plain data, which JSON keeps as it is. Make it
 * with `openFacts`, go on with `hear`. Bounded: at most 256 kB, mostly a few.
 */
interface RepositoryFacts {
  /** Form of this object; grows when it changes. */
  readonly v: 1;
  /** The last moment that is known of. */
  readonly at: EpochMs;
  /** `owner/repo` of the last delivery; empty before the first. */
  readonly name: string;
  /** The name before that, until the change of name has been told. */
  readonly formerName?: string;
  /** When a change of name was told. */
  readonly movedAt?: EpochMs;
  readonly told: Entries<Told>;
  /** Colours by branch, then by workflow. */
  readonly colours: Entries<Entries<Colour>>;
  readonly runs: Entries<OpenRun>;
  readonly commits: Entries<CheckedCommit>;
  /** Who queued which pull request. */
  readonly queue: Entries<string>;
  /** Patterns of protected branches, by the rule that says so. */
  readonly rules: Entries<readonly string[]>;
  readonly acts: readonly Act[];
  readonly waiting: readonly Waiting[];
  /** True once a run of GitHub Actions has told its end itself: their suites need not. */
  readonly hearsRuns: boolean;
  /** When `hear` has something to tell though nothing more comes; absent for never. */
  readonly due?: EpochMs;
}
/** Returns the facts of a repository of which nothing has been heard. */
export declare function openFacts(): RepositoryFacts;
/** What came of hearing something. */
interface Heard {
  /** What is known now. */
  readonly facts: RepositoryFacts;
  /** What has become certain, in the order in which it did. */
  readonly activities: readonly GitHubActivity[];
  /** True when the delivery says what another one has said. */
  readonly isDuplicate: boolean;
}
/**
 * Hears one delivery of a repository, or, without one, that time has passed: tells what happened, each happening once.
 * Pure: the same deliveries at the same times give the same activities.
 *
 * Some things are certain only later: whether a status is the last one of its commit, or whether a deleted branch
 * belongs to a merge that is about to be told. Then `facts.due` is set: call again without a delivery at that time.
 * @param facts - what the last call returned; undefined for a repository of which nothing has been heard
 * @param delivery - from `GitHubWebhookReceiver`; all of one repository, in the order in which they came
 * @param at - when it came, by the clock of the caller; never runs backwards
 * Cost: some 10 µs.
 */
export declare function hear(facts: RepositoryFacts | undefined, delivery: GitHubDelivery | undefined, at: EpochMs): Heard;
/** What is known of a delivery beside its payload. */
interface DeliveryContext {
  /** The delivery's id, `X-GitHub-Delivery`. */
  readonly deliveryId: string;
  /** When it was received: the time of happenings whose payload has none, and the latest time of any. */
  readonly receivedAt: EpochMs;
}
/**
 * Why a delivery is not heard: an event that GitHub does not document, an action that it does not document, no
 * repository to be heard in, or deliberately, as README's table of events says.
 */
type IgnoredReason = "unknown_event" | "unknown_action" | "no_repository" | "not_heard";
/**
 * Turns one webhook payload into an activity: what it says by itself, without what other deliveries have said before.
 * Returns nothing for deliveries that are not heard: events and actions that GitHub does not document, events without a
 * repository, single jobs, checks and statuses, settings. Believes no type in the payload: odd values count as absent.
 * Use `hear` to tell happenings of a repository, each once.
 * Cost: microseconds, plus one pass over the files that a push lists.
 * @throws {WebhookError} `WEBHOOK_REPOSITORY_INVALID` when the repository's name or numeric id is not one that GitHub allows
 */
export declare function normalizeActivity(event: string, payload: unknown, context: DeliveryContext): GitHubActivity | undefined;
/** What may become of a repository beside what is heard of it. */
type RepositoryFactKind = "privatized" | "publicized" | "renamed" | "transferred" | "deleted" | "installed" | "uninstalled";
/**
 * Something to know about a repository whether or not anybody hears it: who may listen, and under which name. Facts come
 * again with every redelivery and in any order: keep the one with the latest `occurredAt`.
 */
interface RepositoryFact {
  /** What became of it. `installed` and `uninstalled`: a GitHub App was given or lost the repository. */
  readonly kind: RepositoryFactKind;
  /** GitHub's numeric id: stays through renames and transfers. */
  readonly repositoryId: number;
  /** `owner/repo` from now on. */
  readonly repoId: string;
  /**
   * `owner/repo` until now, for `renamed` and `transferred`: the name that its number had, else what the payload tells.
   * Absent when the name is known to have changed before: a repository that is moved and renamed in one go sends two.
   */
  readonly previousRepoId?: string;
  /** True when strangers may not hear it from now on. */
  readonly isPrivate: boolean;
  /** When it happened by the payload's own clock; the time of receipt where the payload has none. */
  readonly occurredAt: EpochMs;
  /** The delivery that said so. */
  readonly deliveryId: string;
}
/** A webhook has just been connected, or somebody pressed "redeliver" on its first delivery. */
interface WebhookPing {
  /** `owner/repo` as GitHub spells it; absent for webhooks of an organisation or an app. */
  readonly repoId?: string;
  /** GitHub's numeric id of the repository, where there is one. */
  readonly repositoryId?: number;
  /** True when strangers may not hear the repository, where there is one. */
  readonly isPrivate?: boolean;
  /** When it was received. */
  readonly receivedAt: EpochMs;
}
/** Settings of a {@link GitHubWebhookReceiver}. */
interface GitHubWebhookReceiverOptions {
  /** Secrets that a delivery may be signed with, each ≥ 16 bytes: one, or two while one replaces the other. */
  readonly secrets: readonly string[];
  /**
   * Keeps a delivery for good before it is acknowledged, and tells whether one of its keys is known already. Whoever
   * keeps deliveries hears them from the store, with `hear`, so that what they tell together survives a crash.
   * Without it, the receiver hears them itself, in memory: the facts of the newest 1,000 repositories, and the newest
   * 100,000 keys for 30 days.
   */
  publish?(delivery: GitHubDelivery, ids: {
    readonly dedupeId: readonly string[];
  }): Promise<{
    readonly duplicate: boolean;
  }>;
  /**
   * Takes each activity when it has become certain; without `publish` only. Most are certain at once and in the receipt
   * too; a few follow within seconds, the verdict of lone commit statuses after a minute. It must not throw.
   */
  onActivity?(activity: GitHubActivity): void;
  /** Returns the name that a repository had until now, where the caller knows it. Default: the last 10,000 that were heard. */
  nameOf?(repositoryId: number): string | undefined | Promise<string | undefined>;
  /** Takes what a delivery says of a repository beside what is heard, before the delivery is acknowledged. */
  onFact?(fact: RepositoryFact): void | Promise<void>;
  /** Takes a ping, before it is acknowledged. */
  onPing?(ping: WebhookPing): void | Promise<void>;
  /** Bytes that a body may have. Default 26,214,400 (25 MiB), GitHub's own cap. */
  readonly maxBodyBytes?: number;
  /** Bytes that all bodies may have together while they are being read. Default 67,108,864 (64 MiB). */
  readonly maxUnverifiedBytes?: number;
  /** Milliseconds that a body may take to arrive. Default 10,000: GitHub itself gives up then. */
  readonly bodyTimeoutMs?: number;
}
/** A delivery as it comes. */
interface IncomingDelivery {
  /** The request's headers. */
  readonly headers: WebhookHeaders;
  /** The body's bytes as they came over the wire, or the request itself, which is then read within the limits. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}
/** What every receipt has. */
interface ReceivedDelivery {
  readonly deliveryId: string;
  /** The event's name, as `X-GitHub-Event` spells it. */
  readonly event: string;
  /** The verified payload, as it came. {@link payloadOf} gives it its documented type. */
  readonly payload: object;
  /** What it tells at once, with `publish` always empty. */
  readonly activities: readonly GitHubActivity[];
}
/** What became of a delivery. */
type WebhookReceipt = (ReceivedDelivery & {
  readonly status: "accepted" | "duplicate";
  readonly delivery: GitHubDelivery;
}) | (ReceivedDelivery & {
  readonly status: "ignored";
  readonly reason: IgnoredReason;
}) | (ReceivedDelivery & {
  readonly status: "ping";
  readonly ping: WebhookPing;
});
/**
 * Returns the payload of a receipt with its documented type, when it is of this event. The sender is verified, the shape
 * is not: older servers and newer events may differ from the documentation.
 */
export declare function payloadOf<E extends EventName>({ event, payload }: Pick<WebhookReceipt, "event" | "payload">, wanted: E): PayloadOf<E> | undefined;
/** Counters since the receiver was made. */
interface WebhookStats {
  /** Deliveries that are heard, or count towards what is. */
  readonly accepted: number;
  /** Deliveries that were known already, or say what another one has said. */
  readonly duplicate: number;
  /** Deliveries that are not heard, by reason. */
  readonly ignored: Readonly<Record<IgnoredReason, number>>;
  /** Pings. */
  readonly ping: number;
  /** Refused requests by code; codes that never came up are absent. */
  readonly refused: Readonly<Partial<Record<WebhookErrorCode, number>>>;
  /** Bytes held right now for bodies whose sender is not known yet. */
  readonly unverifiedBytes: number;
}
/**
 * Receives GitHub's webhooks: verifies, dedupes and understands them. Knows no HTTP framework; `./fastify` is the
 * plugin for one.
 */
export declare class GitHubWebhookReceiver {
  #private;
  /** @throws {TypeError} for a missing or short secret, RangeError for a limit that is no whole number > 0 */
  constructor(options: GitHubWebhookReceiverOptions);
  /**
   * Receives one delivery. Headers are checked before a byte of the body is read, the signature before a byte of it is
   * parsed. Resolves once `onFact`, `onPing` and `publish` have.
   * @throws {WebhookError} with the status code to answer; README lists the codes
   */
  receive(delivery: IncomingDelivery): Promise<WebhookReceipt>;
  /** Returns counters since the receiver was made. */
  stats(): WebhookStats;
}
/**
 * Tells whether a text is `owner/repo` as GitHub allows it: the one grammar for repository names. Case is not
 * checked: compare without it.
 */
export declare function isRepoId(value: string): boolean;
/**
 * Signs a body as GitHub does, and returns the value of `X-Hub-Signature-256`. For demos, tests and relays.
 * Cost: one HMAC-SHA-256 over the bytes.
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export declare function signWebhook(secret: string, body: Uint8Array | string): string;
/** Settings of a {@link Storyteller}. */
interface StorytellerOptions {
  /** Called with what came of each delivery, and of time that passed. */
  onHeard(heard: Heard, repositoryId: number): void;
  /** Repositories whose facts are kept in memory; the one that has been quiet longest is forgotten. Default 1,000. */
  readonly maxRepositories?: number;
  /** The clock. Default `Date.now`. */
  now?(): EpochMs;
}
/** Keeps the facts of many repositories in memory, and hears what time brings when it is due. */
export declare class Storyteller {
  #private;
  constructor(options: StorytellerOptions);
  /**
   * Hears a delivery.
   * @param at - when it came. Default: now
   */
  hear(delivery: GitHubDelivery, at?: EpochMs): Heard;
  /** Forgets everything, and tells no more. */
  close(): void;
}
export type { DeliveryContext, EventName, GitHubWebhookReceiverOptions, Heard, IgnoredReason, IncomingDelivery, PayloadOf, RepositoryFact, RepositoryFactKind, RepositoryFacts, StorytellerOptions, WebhookErrorCode, WebhookHeaders, WebhookPing, WebhookReceipt, WebhookStats };

// @bnc/github-webhooks/fastify

import { FastifyPluginCallback } from "fastify";
import { EpochMs, GitHubActivity, GitHubDelivery } from "@bnc/contracts";
import "@octokit/openapi-webhooks-types";
/** Headers of a request: Node's `request.headers`, a plain object with names in any case, or a `Headers`. */
type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
/** Why a delivery was refused, or another source of activities failed. The package's README has a row for each. */
type WebhookErrorCode = "WEBHOOK_SIGNATURE_MISSING" | "WEBHOOK_SIGNATURE_INVALID" | "WEBHOOK_HEADER_INVALID" | "WEBHOOK_MEDIA_TYPE_UNSUPPORTED" | "WEBHOOK_BODY_TOO_LARGE" | "WEBHOOK_BODY_TIMEOUT" | "WEBHOOK_BODY_INVALID" | "WEBHOOK_REPOSITORY_INVALID" | "WEBHOOK_BUSY" | "WEBHOOK_STORE_UNAVAILABLE" | "WEBHOOK_SOURCE_FAILED";
/**
 * Why a delivery is not heard: an event that GitHub does not document, an action that it does not document, no
 * repository to be heard in, or deliberately, as README's table of events says.
 */
type IgnoredReason = "unknown_event" | "unknown_action" | "no_repository" | "not_heard";
/** What may become of a repository beside what is heard of it. */
type RepositoryFactKind = "privatized" | "publicized" | "renamed" | "transferred" | "deleted" | "installed" | "uninstalled";
/**
 * Something to know about a repository whether or not anybody hears it: who may listen, and under which name. Facts come
 * again with every redelivery and in any order: keep the one with the latest `occurredAt`.
 */
interface RepositoryFact {
  /** What became of it. `installed` and `uninstalled`: a GitHub App was given or lost the repository. */
  readonly kind: RepositoryFactKind;
  /** GitHub's numeric id: stays through renames and transfers. */
  readonly repositoryId: number;
  /** `owner/repo` from now on. */
  readonly repoId: string;
  /**
   * `owner/repo` until now, for `renamed` and `transferred`: the name that its number had, else what the payload tells.
   * Absent when the name is known to have changed before: a repository that is moved and renamed in one go sends two.
   */
  readonly previousRepoId?: string;
  /** True when strangers may not hear it from now on. */
  readonly isPrivate: boolean;
  /** When it happened by the payload's own clock; the time of receipt where the payload has none. */
  readonly occurredAt: EpochMs;
  /** The delivery that said so. */
  readonly deliveryId: string;
}
/** A webhook has just been connected, or somebody pressed "redeliver" on its first delivery. */
interface WebhookPing {
  /** `owner/repo` as GitHub spells it; absent for webhooks of an organisation or an app. */
  readonly repoId?: string;
  /** GitHub's numeric id of the repository, where there is one. */
  readonly repositoryId?: number;
  /** True when strangers may not hear the repository, where there is one. */
  readonly isPrivate?: boolean;
  /** When it was received. */
  readonly receivedAt: EpochMs;
}
/** Settings of a {@link GitHubWebhookReceiver}. */
interface GitHubWebhookReceiverOptions {
  /** Secrets that a delivery may be signed with, each ≥ 16 bytes: one, or two while one replaces the other. */
  readonly secrets: readonly string[];
  /**
   * Keeps a delivery for good before it is acknowledged, and tells whether one of its keys is known already. Whoever
   * keeps deliveries hears them from the store, with `hear`, so that what they tell together survives a crash.
   * Without it, the receiver hears them itself, in memory: the facts of the newest 1,000 repositories, and the newest
   * 100,000 keys for 30 days.
   */
  publish?(delivery: GitHubDelivery, ids: {
    readonly dedupeId: readonly string[];
  }): Promise<{
    readonly duplicate: boolean;
  }>;
  /**
   * Takes each activity when it has become certain; without `publish` only. Most are certain at once and in the receipt
   * too; a few follow within seconds, the verdict of lone commit statuses after a minute. It must not throw.
   */
  onActivity?(activity: GitHubActivity): void;
  /** Returns the name that a repository had until now, where the caller knows it. Default: the last 10,000 that were heard. */
  nameOf?(repositoryId: number): string | undefined | Promise<string | undefined>;
  /** Takes what a delivery says of a repository beside what is heard, before the delivery is acknowledged. */
  onFact?(fact: RepositoryFact): void | Promise<void>;
  /** Takes a ping, before it is acknowledged. */
  onPing?(ping: WebhookPing): void | Promise<void>;
  /** Bytes that a body may have. Default 26,214,400 (25 MiB), GitHub's own cap. */
  readonly maxBodyBytes?: number;
  /** Bytes that all bodies may have together while they are being read. Default 67,108,864 (64 MiB). */
  readonly maxUnverifiedBytes?: number;
  /** Milliseconds that a body may take to arrive. Default 10,000: GitHub itself gives up then. */
  readonly bodyTimeoutMs?: number;
}
/** A delivery as it comes. */
interface IncomingDelivery {
  /** The request's headers. */
  readonly headers: WebhookHeaders;
  /** The body's bytes as they came over the wire, or the request itself, which is then read within the limits. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}
/** What every receipt has. */
interface ReceivedDelivery {
  readonly deliveryId: string;
  /** The event's name, as `X-GitHub-Event` spells it. */
  readonly event: string;
  /** The verified payload, as it came. {@link payloadOf} gives it its documented type. */
  readonly payload: object;
  /** What it tells at once, with `publish` always empty. */
  readonly activities: readonly GitHubActivity[];
}
/** What became of a delivery. */
type WebhookReceipt = (ReceivedDelivery & {
  readonly status: "accepted" | "duplicate";
  readonly delivery: GitHubDelivery;
}) | (ReceivedDelivery & {
  readonly status: "ignored";
  readonly reason: IgnoredReason;
}) | (ReceivedDelivery & {
  readonly status: "ping";
  readonly ping: WebhookPing;
});
/** Counters since the receiver was made. */
interface WebhookStats {
  /** Deliveries that are heard, or count towards what is. */
  readonly accepted: number;
  /** Deliveries that were known already, or say what another one has said. */
  readonly duplicate: number;
  /** Deliveries that are not heard, by reason. */
  readonly ignored: Readonly<Record<IgnoredReason, number>>;
  /** Pings. */
  readonly ping: number;
  /** Refused requests by code; codes that never came up are absent. */
  readonly refused: Readonly<Partial<Record<WebhookErrorCode, number>>>;
  /** Bytes held right now for bodies whose sender is not known yet. */
  readonly unverifiedBytes: number;
}
/**
 * Receives GitHub's webhooks: verifies, dedupes and understands them. Knows no HTTP framework; `./fastify` is the
 * plugin for one.
 */
declare class GitHubWebhookReceiver {
  #private;
  /** @throws {TypeError} for a missing or short secret, RangeError for a limit that is no whole number > 0 */
  constructor(options: GitHubWebhookReceiverOptions);
  /**
   * Receives one delivery. Headers are checked before a byte of the body is read, the signature before a byte of it is
   * parsed. Resolves once `onFact`, `onPing` and `publish` have.
   * @throws {WebhookError} with the status code to answer; README lists the codes
   */
  receive(delivery: IncomingDelivery): Promise<WebhookReceipt>;
  /** Returns counters since the receiver was made. */
  stats(): WebhookStats;
}
/** Settings of {@link githubWebhooks}. */
export interface GitHubWebhooksOptions {
  /** What receives the deliveries; its limits hold. */
  readonly receiver: GitHubWebhookReceiver;
  /** Path of the route. Default `/webhooks/github`. */
  readonly path?: string;
}
/**
 * Adds the route that GitHub posts to. It reads the raw body itself, within the receiver's limits; nothing outside the
 * plugin changes. Answers 202 with `{ deliveryId, status }`, 200 for a ping, and errors as
 * `{ statusCode, code, error, message }`.
 */
export declare const githubWebhooks: FastifyPluginCallback<GitHubWebhooksOptions>;
export {};

// @bnc/github-webhooks/sources

import { GitHubActivity } from "@bnc/contracts";
/** Settings of {@link readGitHistory}. */
interface GitHistoryOptions {
  /** `owner/repo` that the activities are of. */
  readonly repoId: string;
  /** Numeric id that the activities are of: GitHub's, or one of your own for a repository that is not there. */
  readonly repositoryId: number;
  /**
   * Where the repository is on the web, such as `https://github.com/cats/choir`: commits link to it. Default: no link,
   * as nothing says where a local repository is at home.
   */
  readonly homeUrl?: string;
  /** True when strangers may not hear it. Default true: nobody knows what is in a local repository. */
  readonly isPrivate?: boolean;
  /** Reads the newest this many commits. Default 1,000. */
  readonly maxCommits?: number;
  /** Ends the reading; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}
/**
 * Reads the history of a local git repository, oldest first, one push per commit: a way to hear a repository without a
 * webhook. Ids are `git-` and the commit's, so reading twice gives the same activities. A merge is a push of no files,
 * and so are the commits that a shallow clone ends at: their size is unknown. A repository without commits yields
 * nothing. Needs `git` on the PATH. Reads the repository that `folder` is in, whatever `GIT_DIR` says. Memory does not
 * grow with the history, with a commit's files or with its message.
 * @throws {TypeError} when `homeUrl` is not an http or https URL
 * @throws {RangeError} when `maxCommits` is not a whole number ≥ 0
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when git cannot read the folder
 */
export declare function readGitHistory(folder: string, options: GitHistoryOptions): AsyncGenerator<GitHubActivity>;
/** Settings of {@link pollRepositoryEvents}. */
interface RepositoryEventsOptions {
  /** A token: 5,000 requests an hour in place of 60. Without one, a repository is asked once a minute at most. */
  readonly token?: string;
  /**
   * Where the API is, such as `https://forge.example.com/api/v3`. Default `https://api.github.com`. Activities link to
   * the forge that it is of.
   */
  readonly apiUrl?: string;
  /** Ends the polling: the generator returns. */
  readonly signal?: AbortSignal;
}
/**
 * Polls GitHub's Events API for a public repository that one cannot hook, and yields what happened, oldest first, each
 * event once. Asks with the last ETag (an unchanged answer costs nothing of the rate limit), no more often than
 * `X-Poll-Interval` says, and rests while the rate limit is used up. Begins with what GitHub still lists, up to 100
 * events. It is minutes behind: a webhook is not.
 * @throws {TypeError} when `repoId` is not `owner/repo`
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when there is no such public repository, the token is refused, or five
 * requests in a row fail
 * @see https://docs.github.com/rest/activity/events
 */
export declare function pollRepositoryEvents(repoId: string, { token, apiUrl, signal }?: RepositoryEventsOptions): AsyncGenerator<GitHubActivity>;
export type { GitHistoryOptions, RepositoryEventsOptions };
