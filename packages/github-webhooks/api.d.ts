// @bnc/github-webhooks

import { EpochMs, GitHubActivity, GitHubAgent, GitHubDelivery } from "@bnc/contracts";
import { operations } from "@octokit/openapi-webhooks-types";
/** A program that acts on GitHub, and every name that it uses there. */
interface KnownAgent extends GitHubAgent {
  /** Its name for people, such as `Copilot`. */
  readonly name: string;
  /** Logins of its accounts, compared ignoring case. */
  readonly logins: readonly string[];
  /** Slugs of its apps, as in `https://github.com/apps/<slug>`, compared ignoring case. */
  readonly slugs: readonly string[];
  /** The page of the program, or of its app. */
  readonly source: string;
}
/**
 * The programs that this package knows by name: coding agents first, then bots. Two of the agents appear in some
 * payloads as `Claude` and `Codex`. People have those logins too, so only an app identifies these agents: by its slug,
 * or by its login `<slug>[bot]`.
 */
export declare const agents: readonly KnownAgent[];
/**
 * Returns the program that a login belongs to, or the program that acted for the owner of the login; `undefined` for a
 * person. Compares the whole login, ignoring case: a user called `claudette` or `cursor` is a person. Any other login
 * that ends in `[bot]` is a bot of that name, in lower case.
 * @param appSlug Slug of the app that acted, such as `copilot-swe-agent`, if known. A slug that is not in
 * {@link agents} is ignored, because people comment through apps too.
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
/** Why a delivery was refused, or why another source of activities failed. The README has a row for each code. */
type WebhookErrorCode = "WEBHOOK_SIGNATURE_MISSING" | "WEBHOOK_SIGNATURE_INVALID" | "WEBHOOK_HEADER_INVALID" | "WEBHOOK_MEDIA_TYPE_UNSUPPORTED" | "WEBHOOK_BODY_TOO_LARGE" | "WEBHOOK_BODY_TIMEOUT" | "WEBHOOK_BODY_INVALID" | "WEBHOOK_REPOSITORY_INVALID" | "WEBHOOK_BUSY" | "WEBHOOK_STORE_UNAVAILABLE" | "WEBHOOK_SOURCE_FAILED";
/**
 * Says why a delivery was refused, or why another source failed. The message contains no secret, no signature and no
 * part of the payload.
 */
export declare class WebhookError extends Error {
  override readonly name = "WebhookError";
  /** Stable code: test this, not the message. */
  readonly code: WebhookErrorCode;
  /**
   * The HTTP status to respond with: 4xx when the sender must change something; 408 and 503 when it may send the same
   * again. 502 for `WEBHOOK_SOURCE_FAILED`.
   */
  readonly statusCode: number;
  constructor(code: WebhookErrorCode, message: string, options?: ErrorOptions);
}
/** A small map that survives JSON. The entry that was set last is last. Its keys may be any text from a payload. */
type Entries<T> = readonly (readonly [key: string, value: T])[];
/** An entry that knows when it was set. */
interface Dated {
  readonly at: EpochMs;
}
/** The last report of a thing: its state, and when. */
interface Told extends Dated {
  readonly state: string;
  readonly occurredAt: EpochMs;
}
/** The newest verdict of one workflow on one branch. */
interface Colour extends Dated {
  readonly isRed: boolean;
  /** Number and attempt of the run: an older run that ends later changes nothing. */
  readonly number: number;
  readonly attempt: number;
}
/** A run or suite that has not ended. */
interface OpenRun extends Dated {
  readonly sha: string;
  /** Names of jobs that failed so far. */
  readonly failed: readonly string[];
}
/** What has checked a commit. */
interface CheckedCommit extends Dated {
  /** True once a check, run or suite has checked the commit: its statuses are ignored from then on. */
  readonly isChecked: boolean;
  readonly statuses: Entries<"pending" | "success" | "failure">;
  /** The last status, while the verdict waits for more of them. */
  readonly last?: GitHubDelivery;
  /** When to report the verdict. */
  readonly due?: EpochMs;
  /** The verdict that was reported. */
  readonly verdict?: "success" | "failure";
}
/** A group of things done in one go, after it was reported. */
interface Act extends Dated {
  readonly occurredAt: EpochMs;
  readonly absorbs: readonly string[];
}
/** A delivery that waits for another one that it may belong to. */
interface Waiting {
  readonly delivery: GitHubDelivery;
  readonly until: EpochMs;
  /** Id of the act that the delivery would begin. */
  readonly act: string;
}
/**
 * What is known about one repository from all its deliveries so far. Plain data that survives JSON. `openFacts` makes
 * the first facts, and `hear` returns the next. At most 256 kB; a few kB for most repositories.
 */
interface RepositoryFacts {
  /** Version of this object's shape. */
  readonly v: 1;
  /** The latest time that `hear` was called with, in epoch milliseconds. */
  readonly at: EpochMs;
  /** `owner/repo` of the last delivery; empty before the first. */
  readonly name: string;
  /** The name before that, until the change of name has been reported. */
  readonly formerName?: string;
  /** When a change of name was last reported. */
  readonly movedAt?: EpochMs;
  readonly told: Entries<Told>;
  /** Colours by branch, then by workflow. */
  readonly colours: Entries<Entries<Colour>>;
  readonly runs: Entries<OpenRun>;
  readonly commits: Entries<CheckedCommit>;
  /** Who added which pull request to the merge queue. */
  readonly queue: Entries<string>;
  /** Patterns of protected branches, by the rule that protects them. */
  readonly rules: Entries<readonly string[]>;
  readonly acts: readonly Act[];
  readonly waiting: readonly Waiting[];
  /** True once a run of GitHub Actions was delivered: the suites of Actions are ignored from then on. */
  readonly hearsRuns: boolean;
  /** When to call `hear` next even if no delivery comes; absent when nothing waits. */
  readonly due?: EpochMs;
}
/** Returns the facts of a repository that has not sent a delivery yet. */
export declare function openFacts(): RepositoryFacts;
/** What {@link hear} returns. */
interface Heard {
  /** What is known now: pass it to the next call. */
  readonly facts: RepositoryFacts;
  /** The activities that have become certain, in the order in which they did. */
  readonly activities: readonly GitHubActivity[];
  /** True when an earlier delivery has reported the same. */
  readonly isDuplicate: boolean;
}
/**
 * Turns the next delivery of a repository into activities: each happening once, however many deliveries report it.
 * Without a delivery, returns what has become certain because time has passed. Pure: the same deliveries at the same
 * times give the same activities.
 *
 * Some things are certain only later, such as whether a status is the last one of its commit, or whether a deleted
 * branch belongs to a merge that is about to be reported. `facts.due` is then set: call again at that time, without a
 * delivery.
 *
 * Cost: about 10 µs.
 * @param facts - what the last call returned; undefined for the first delivery of a repository
 * @param delivery - from `GitHubWebhookReceiver`; all from one repository, in the order in which they arrived
 * @param at - when the delivery arrived, by the caller's clock; a clock that runs backwards is ignored
 */
export declare function hear(facts: RepositoryFacts | undefined, delivery: GitHubDelivery | undefined, at: EpochMs): Heard;
/** What is known about a delivery in addition to its payload. */
interface DeliveryContext {
  /** The delivery's id, `X-GitHub-Delivery`. */
  readonly deliveryId: string;
  /** When it was received. An activity has this time when the payload has none, or one over 10 minutes later. */
  readonly receivedAt: EpochMs;
}
/**
 * Why a delivery is ignored: GitHub does not document the event (`unknown_event`) or the action (`unknown_action`), the
 * delivery is not about a repository (`no_repository`), or this package ignores it on purpose (`not_heard`);
 * docs/reported.md lists what that is.
 */
type IgnoredReason = "unknown_event" | "unknown_action" | "no_repository" | "not_heard";
/**
 * Turns one webhook payload into an activity, without regard to other deliveries. Use `hear` to get each happening of a
 * repository once.
 *
 * Returns `undefined` for a delivery that is ignored: events and actions that GitHub does not document, events without
 * a repository, single jobs, checks and statuses, settings. Does not trust the types in the payload: a value of the
 * wrong type counts as absent.
 *
 * Cost: microseconds, plus one pass over the files that a push lists.
 * @throws {WebhookError} `WEBHOOK_REPOSITORY_INVALID` when the repository's name or numeric id is not one that GitHub
 * allows
 */
export declare function normalizeActivity(event: string, payload: unknown, context: DeliveryContext): GitHubActivity | undefined;
/** Changes of a repository that decide who may listen to it, and under which name. */
type RepositoryFactKind = "privatized" | "publicized" | "renamed" | "transferred" | "deleted" | "installed" | "uninstalled";
/**
 * A change that decides who may listen to a repository, and under which name. Facts come again with every redelivery
 * and in any order: keep the one with the latest `occurredAt`.
 */
interface RepositoryFact {
  /** What changed. `installed` and `uninstalled`: a GitHub App gained or lost access to the repository. */
  readonly kind: RepositoryFactKind;
  /** GitHub's numeric id, which stays the same through renames and transfers. */
  readonly repositoryId: number;
  /** `owner/repo` from now on. */
  readonly repoId: string;
  /**
   * `owner/repo` until now, for `renamed` and `transferred`: the name that was known for the id, or else the name in
   * the payload. Absent when the new name was known already: a repository that is moved and renamed in one go sends two
   * facts.
   */
  readonly previousRepoId?: string;
  /** True when strangers may not hear it from now on. */
  readonly isPrivate: boolean;
  /**
   * When it happened, by the payload's time, but never later than it was received. When it was received, if the payload
   * has no time, and for `deleted` and `uninstalled`.
   */
  readonly occurredAt: EpochMs;
  /** Id of the delivery that reported it. */
  readonly deliveryId: string;
}
/** A ping. GitHub sends one when a webhook is connected, and again when a user redelivers it. */
interface WebhookPing {
  /** `owner/repo` as GitHub spells it; absent for webhooks of an organisation or an app. */
  readonly repoId?: string;
  /** GitHub's numeric id of the repository; absent without a repository. */
  readonly repositoryId?: number;
  /** True when strangers may not hear the repository; absent without a repository. */
  readonly isPrivate?: boolean;
  /** When the ping was received. */
  readonly receivedAt: EpochMs;
}
/** Settings of a {@link GitHubWebhookReceiver}. */
interface GitHubWebhookReceiverOptions {
  /**
   * Secrets that a delivery may be signed with, each ≥ 16 bytes: one, or two while a new secret replaces an old one.
   */
  readonly secrets: readonly string[];
  /**
   * Stores a delivery before it is acknowledged, and returns whether one of its keys was stored before. Read the
   * deliveries back from the store and call `hear` with each, so that a crash loses nothing.
   *
   * Default: the receiver calls `hear` itself and keeps everything in memory: the facts of the newest 1,000
   * repositories, and the newest 100,000 keys for 30 days.
   */
  publish?(delivery: GitHubDelivery, ids: {
    readonly dedupeId: readonly string[];
  }): Promise<{
    readonly duplicate: boolean;
  }>;
  /**
   * Called with each activity as soon as it is certain, but only without `publish`. Most activities are certain at
   * once, and in the receipt too. A few follow within seconds, and the verdict of a commit that has only statuses after
   * a minute. Must not throw.
   */
  onActivity?(activity: GitHubActivity): void;
  /**
   * Returns the name that a repository had until now, if known. Default: the receiver remembers the newest 10,000
   * names.
   */
  nameOf?(repositoryId: number): string | undefined | Promise<string | undefined>;
  /** Called with each {@link RepositoryFact}, such as a new name, before the delivery is acknowledged. */
  onFact?(fact: RepositoryFact): void | Promise<void>;
  /** Called with a ping, before it is acknowledged. */
  onPing?(ping: WebhookPing): void | Promise<void>;
  /** Most bytes of one body. Default 26,214,400 (25 MiB), GitHub's own limit. */
  readonly maxBodyBytes?: number;
  /**
   * Most bytes of all bodies together while they are being read; beyond that, the largest one is refused with
   * `WEBHOOK_BUSY`. Default 67,108,864 (64 MiB).
   */
  readonly maxUnverifiedBytes?: number;
  /** Milliseconds that a body may take to arrive. Default 10,000, after which GitHub gives up too. */
  readonly bodyTimeoutMs?: number;
}
/** A delivery as it arrives. */
interface IncomingDelivery {
  /** The request's headers. */
  readonly headers: WebhookHeaders;
  /** The body: its bytes as they arrived, or the request itself, which is then read within the limits. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}
/** Fields of every receipt. */
interface ReceivedDelivery {
  readonly deliveryId: string;
  /** The event's name, as `X-GitHub-Event` spells it. */
  readonly event: string;
  /** The verified payload, as it arrived. {@link payloadOf} gives it its documented type. */
  readonly payload: object;
  /** The activities that are certain at once. Always empty with `publish`. */
  readonly activities: readonly GitHubActivity[];
}
/** Says what became of a delivery. */
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
 * Returns the payload of a receipt with its documented type, if the receipt is for this event. The sender is verified,
 * the shape is not: payloads of older servers and newer events may differ from the documentation.
 */
export declare function payloadOf<E extends EventName>({ event, payload }: Pick<WebhookReceipt, "event" | "payload">, wanted: E): PayloadOf<E> | undefined;
/** Counters since the receiver was made. */
interface WebhookStats {
  /** Deliveries that were reported, or count towards a report. */
  readonly accepted: number;
  /** Deliveries that came before, or report the same as an earlier one. */
  readonly duplicate: number;
  /** Ignored deliveries, by reason. */
  readonly ignored: Readonly<Record<IgnoredReason, number>>;
  /** Pings. */
  readonly ping: number;
  /** Refused requests, by code. Codes that never occurred are absent. */
  readonly refused: Readonly<Partial<Record<WebhookErrorCode, number>>>;
  /** Bytes held right now for bodies whose sender is not verified yet. */
  readonly unverifiedBytes: number;
}
/**
 * Receives GitHub's webhooks: verifies them, finds duplicates and turns them into activities. Works with any HTTP
 * server; the entry `./fastify` is a plugin for Fastify.
 */
export declare class GitHubWebhookReceiver {
  #private;
  /**
   * Makes a receiver.
   * @throws {TypeError} when there is no secret, or one with fewer than 16 bytes
   * @throws {RangeError} when a limit is not a whole number > 0
   */
  constructor(options: GitHubWebhookReceiverOptions);
  /**
   * Receives one delivery. Checks the headers before it reads the body, and the signature before it parses the body.
   * Resolves after `onFact`, `onPing` and `publish` have resolved.
   * @throws {WebhookError} when the delivery is refused: respond with its `statusCode`. The README lists the codes. The
   * code is `WEBHOOK_STORE_UNAVAILABLE` when `publish`, `nameOf`, `onFact` or `onPing` throws.
   */
  receive(delivery: IncomingDelivery): Promise<WebhookReceipt>;
  /** Returns counters since the receiver was made. */
  stats(): WebhookStats;
}
/**
 * Returns whether a text is `owner/repo` as GitHub allows it. Use this one check for all repository names. GitHub
 * ignores case in names, so ignore it when you compare them.
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
  /** Called with the result of each delivery, and with what becomes certain later. */
  onHeard(heard: Heard, repositoryId: number): void;
  /** Most repositories whose facts are kept in memory; the one quiet for longest goes first. Default 1,000. */
  readonly maxRepositories?: number;
  /** Returns the time in epoch milliseconds. Default `Date.now`. */
  now?(): EpochMs;
}
/** Keeps the facts of many repositories in memory, and calls {@link hear} with each delivery and when facts are due. */
export declare class Storyteller {
  #private;
  constructor(options: StorytellerOptions);
  /**
   * Turns a delivery into activities.
   * @param at - when the delivery arrived, in epoch milliseconds. Default: now
   */
  hear(delivery: GitHubDelivery, at?: EpochMs): Heard;
  /** Forgets everything and stops calling `onHeard`. */
  close(): void;
}
export type { DeliveryContext, EventName, GitHubWebhookReceiverOptions, Heard, IgnoredReason, IncomingDelivery, PayloadOf, RepositoryFact, RepositoryFactKind, RepositoryFacts, StorytellerOptions, WebhookErrorCode, WebhookHeaders, WebhookPing, WebhookReceipt, WebhookStats };

// @bnc/github-webhooks/fastify

import { FastifyPluginCallback } from "fastify";
import { EpochMs, GitHubActivity, GitHubDelivery } from "@bnc/contracts";
import "@octokit/openapi-webhooks-types";
/** Headers of a request: Node's `request.headers`, a plain object with names in any case, or a `Headers`. */
type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
/** Why a delivery was refused, or why another source of activities failed. The README has a row for each code. */
type WebhookErrorCode = "WEBHOOK_SIGNATURE_MISSING" | "WEBHOOK_SIGNATURE_INVALID" | "WEBHOOK_HEADER_INVALID" | "WEBHOOK_MEDIA_TYPE_UNSUPPORTED" | "WEBHOOK_BODY_TOO_LARGE" | "WEBHOOK_BODY_TIMEOUT" | "WEBHOOK_BODY_INVALID" | "WEBHOOK_REPOSITORY_INVALID" | "WEBHOOK_BUSY" | "WEBHOOK_STORE_UNAVAILABLE" | "WEBHOOK_SOURCE_FAILED";
/**
 * Why a delivery is ignored: GitHub does not document the event (`unknown_event`) or the action (`unknown_action`), the
 * delivery is not about a repository (`no_repository`), or this package ignores it on purpose (`not_heard`);
 * docs/reported.md lists what that is.
 */
type IgnoredReason = "unknown_event" | "unknown_action" | "no_repository" | "not_heard";
/** Changes of a repository that decide who may listen to it, and under which name. */
type RepositoryFactKind = "privatized" | "publicized" | "renamed" | "transferred" | "deleted" | "installed" | "uninstalled";
/**
 * A change that decides who may listen to a repository, and under which name. Facts come again with every redelivery
 * and in any order: keep the one with the latest `occurredAt`.
 */
interface RepositoryFact {
  /** What changed. `installed` and `uninstalled`: a GitHub App gained or lost access to the repository. */
  readonly kind: RepositoryFactKind;
  /** GitHub's numeric id, which stays the same through renames and transfers. */
  readonly repositoryId: number;
  /** `owner/repo` from now on. */
  readonly repoId: string;
  /**
   * `owner/repo` until now, for `renamed` and `transferred`: the name that was known for the id, or else the name in
   * the payload. Absent when the new name was known already: a repository that is moved and renamed in one go sends two
   * facts.
   */
  readonly previousRepoId?: string;
  /** True when strangers may not hear it from now on. */
  readonly isPrivate: boolean;
  /**
   * When it happened, by the payload's time, but never later than it was received. When it was received, if the payload
   * has no time, and for `deleted` and `uninstalled`.
   */
  readonly occurredAt: EpochMs;
  /** Id of the delivery that reported it. */
  readonly deliveryId: string;
}
/** A ping. GitHub sends one when a webhook is connected, and again when a user redelivers it. */
interface WebhookPing {
  /** `owner/repo` as GitHub spells it; absent for webhooks of an organisation or an app. */
  readonly repoId?: string;
  /** GitHub's numeric id of the repository; absent without a repository. */
  readonly repositoryId?: number;
  /** True when strangers may not hear the repository; absent without a repository. */
  readonly isPrivate?: boolean;
  /** When the ping was received. */
  readonly receivedAt: EpochMs;
}
/** Settings of a {@link GitHubWebhookReceiver}. */
interface GitHubWebhookReceiverOptions {
  /**
   * Secrets that a delivery may be signed with, each ≥ 16 bytes: one, or two while a new secret replaces an old one.
   */
  readonly secrets: readonly string[];
  /**
   * Stores a delivery before it is acknowledged, and returns whether one of its keys was stored before. Read the
   * deliveries back from the store and call `hear` with each, so that a crash loses nothing.
   *
   * Default: the receiver calls `hear` itself and keeps everything in memory: the facts of the newest 1,000
   * repositories, and the newest 100,000 keys for 30 days.
   */
  publish?(delivery: GitHubDelivery, ids: {
    readonly dedupeId: readonly string[];
  }): Promise<{
    readonly duplicate: boolean;
  }>;
  /**
   * Called with each activity as soon as it is certain, but only without `publish`. Most activities are certain at
   * once, and in the receipt too. A few follow within seconds, and the verdict of a commit that has only statuses after
   * a minute. Must not throw.
   */
  onActivity?(activity: GitHubActivity): void;
  /**
   * Returns the name that a repository had until now, if known. Default: the receiver remembers the newest 10,000
   * names.
   */
  nameOf?(repositoryId: number): string | undefined | Promise<string | undefined>;
  /** Called with each {@link RepositoryFact}, such as a new name, before the delivery is acknowledged. */
  onFact?(fact: RepositoryFact): void | Promise<void>;
  /** Called with a ping, before it is acknowledged. */
  onPing?(ping: WebhookPing): void | Promise<void>;
  /** Most bytes of one body. Default 26,214,400 (25 MiB), GitHub's own limit. */
  readonly maxBodyBytes?: number;
  /**
   * Most bytes of all bodies together while they are being read; beyond that, the largest one is refused with
   * `WEBHOOK_BUSY`. Default 67,108,864 (64 MiB).
   */
  readonly maxUnverifiedBytes?: number;
  /** Milliseconds that a body may take to arrive. Default 10,000, after which GitHub gives up too. */
  readonly bodyTimeoutMs?: number;
}
/** A delivery as it arrives. */
interface IncomingDelivery {
  /** The request's headers. */
  readonly headers: WebhookHeaders;
  /** The body: its bytes as they arrived, or the request itself, which is then read within the limits. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}
/** Fields of every receipt. */
interface ReceivedDelivery {
  readonly deliveryId: string;
  /** The event's name, as `X-GitHub-Event` spells it. */
  readonly event: string;
  /** The verified payload, as it arrived. {@link payloadOf} gives it its documented type. */
  readonly payload: object;
  /** The activities that are certain at once. Always empty with `publish`. */
  readonly activities: readonly GitHubActivity[];
}
/** Says what became of a delivery. */
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
  /** Deliveries that were reported, or count towards a report. */
  readonly accepted: number;
  /** Deliveries that came before, or report the same as an earlier one. */
  readonly duplicate: number;
  /** Ignored deliveries, by reason. */
  readonly ignored: Readonly<Record<IgnoredReason, number>>;
  /** Pings. */
  readonly ping: number;
  /** Refused requests, by code. Codes that never occurred are absent. */
  readonly refused: Readonly<Partial<Record<WebhookErrorCode, number>>>;
  /** Bytes held right now for bodies whose sender is not verified yet. */
  readonly unverifiedBytes: number;
}
/**
 * Receives GitHub's webhooks: verifies them, finds duplicates and turns them into activities. Works with any HTTP
 * server; the entry `./fastify` is a plugin for Fastify.
 */
declare class GitHubWebhookReceiver {
  #private;
  /**
   * Makes a receiver.
   * @throws {TypeError} when there is no secret, or one with fewer than 16 bytes
   * @throws {RangeError} when a limit is not a whole number > 0
   */
  constructor(options: GitHubWebhookReceiverOptions);
  /**
   * Receives one delivery. Checks the headers before it reads the body, and the signature before it parses the body.
   * Resolves after `onFact`, `onPing` and `publish` have resolved.
   * @throws {WebhookError} when the delivery is refused: respond with its `statusCode`. The README lists the codes. The
   * code is `WEBHOOK_STORE_UNAVAILABLE` when `publish`, `nameOf`, `onFact` or `onPing` throws.
   */
  receive(delivery: IncomingDelivery): Promise<WebhookReceipt>;
  /** Returns counters since the receiver was made. */
  stats(): WebhookStats;
}
/** Settings of {@link githubWebhooks}. */
export interface GitHubWebhooksOptions {
  /** Receives the deliveries, within its limits. */
  readonly receiver: GitHubWebhookReceiver;
  /** Path of the route. Default `/webhooks/github`. */
  readonly path?: string;
}
/**
 * Adds the route that GitHub posts to. The route reads the raw body itself, within the receiver's limits, and changes
 * nothing outside the plugin. It responds with `{ deliveryId, status }`: 202 for a delivery and 200 for a ping. It
 * responds to errors with `{ statusCode, code, error, message }`, and sends `Retry-After: 10` with a 503.
 */
export declare const githubWebhooks: FastifyPluginCallback<GitHubWebhooksOptions>;
export {};

// @bnc/github-webhooks/sources

import { EpochMs, GitHubActivity } from "@bnc/contracts";
/** An event in the form of a webhook's delivery: sign the payload and post it where deliveries are received. */
interface SourceDelivery {
  /** The event, as `X-GitHub-Event` spells it. */
  readonly event: string;
  /** The id for `X-GitHub-Delivery`: the same event always has the same id. */
  readonly deliveryId: string;
  /** When it happened. */
  readonly occurredAt: EpochMs;
  /** The payload, as far as the Events API has what a webhook has. */
  readonly payload: object;
}
/** Settings of {@link readGitHistory}. */
interface GitHistoryOptions {
  /** `owner/repo` in the activities. */
  readonly repoId: string;
  /** Numeric id in the activities: GitHub's, or one that you choose for a repository that is not on GitHub. */
  readonly repositoryId: number;
  /**
   * The page of the repository, such as `https://github.com/cats/choir`: activities link to its commits. Default: no
   * links, as a local repository does not say where its page is.
   */
  readonly homeUrl?: string;
  /** True when strangers may not hear the repository. Default true: a local repository may hold anything. */
  readonly isPrivate?: boolean;
  /** Most commits to read, the newest ones. Default 1,000. */
  readonly maxCommits?: number;
  /** The oldest moment, in any form that git reads, such as `2026-11-01` or `2 weeks ago`. Default: none. */
  readonly since?: string;
  /** Stops reading: the generator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}
/**
 * Reads the history of a local git repository and yields one push per commit, oldest first. Use it for a repository
 * that cannot send webhooks. Needs `git` on the PATH.
 *
 * The id of an activity is `git-` and the id of the commit, so reading twice gives the same activities. A merge is a
 * push of 0 files. So are the commits at the boundary of a shallow clone, as their size is unknown. A repository
 * without commits yields nothing.
 *
 * Reads the repository that `folder` is in and ignores `GIT_DIR`. Memory does not grow with the history, with a
 * commit's files or with its message.
 * @throws {TypeError} when `homeUrl` is not an http or https URL
 * @throws {RangeError} when `maxCommits` is not a whole number ≥ 0
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when git cannot read the folder
 */
export declare function readGitHistory(folder: string, options: GitHistoryOptions): AsyncGenerator<GitHubActivity>;
/** Settings of {@link pollRepositoryEvents}. */
interface RepositoryEventsOptions {
  /** A token of GitHub: allows 5,000 requests an hour. Default: none, which allows 60, or one poll a minute. */
  readonly token?: string;
  /**
   * Address of the API, such as `https://forge.example.com/api/v3`. Default `https://api.github.com`. Activities link
   * to the forge that the API belongs to.
   */
  readonly apiUrl?: string;
  /**
   * Most events of the first list, the newest ones. Default: all of them, up to 100. 0 begins with what happens next.
   */
  readonly newest?: number;
  /** Called with the reason when a request failed, and the milliseconds until the next one. Must not throw. */
  onRetry?(problem: string, waitMs: number): void;
  /** Ends the polling: the generator returns. */
  readonly signal?: AbortSignal;
}
/**
 * Polls GitHub's Events API for a public repository and yields its events, oldest first, each event once. Use it for a
 * repository that you cannot add a webhook to. Events arrive minutes late, unlike those of a webhook.
 *
 * Begins with the events that GitHub still lists, at most `newest`. Sends the last ETag: an unchanged list does not
 * count towards the rate limit. Polls no more often than `X-Poll-Interval` allows, and waits while the rate limit is
 * used up.
 * @throws {TypeError} when `repoId` is not `owner/repo`
 * @throws {RangeError} when `newest` is not a whole number of 0 to 100
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when the repository does not exist, is not public or is blocked,
 * GitHub refuses the token, or five requests in a row fail or are refused
 * @see https://docs.github.com/rest/activity/events
 */
export declare function pollRepositoryEvents(repoId: string, options?: RepositoryEventsOptions): AsyncGenerator<GitHubActivity>;
/**
 * Polls as {@link pollRepositoryEvents} does, and yields what a webhook would have sent, including events that this
 * package ignores.
 * @throws {TypeError} when `repoId` is not `owner/repo`
 * @throws {RangeError} when `newest` is not a whole number of 0 to 100
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` in the same cases
 */
export declare function pollRepositoryDeliveries(repoId: string, { token, apiUrl, newest, onRetry, signal }?: RepositoryEventsOptions): AsyncGenerator<SourceDelivery>;
export type { GitHistoryOptions, RepositoryEventsOptions, SourceDelivery };
