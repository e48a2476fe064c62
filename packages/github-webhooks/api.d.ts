// @bnc/github-webhooks

import { a as WebhookReceipt, c as RepositoryFactKind, d as normalizeActivity, f as WebhookError, i as WebhookPing, l as DeliveryContext, m as WebhookHeaders, n as GitHubWebhookReceiverOptions, o as WebhookStats, p as WebhookErrorCode, r as IncomingDelivery, s as RepositoryFact, t as GitHubWebhookReceiver, u as IgnoredReason } from "./github-webhook-receiver.js";
import { GitHubActivity } from "@bnc/contracts";
/** Settings of {@link readGitHistory}. */
interface GitHistoryOptions {
  /** `owner/repo` that the activities are of. */
  readonly repoId: string;
  /** Numeric id that the activities are of: GitHub's, or one of your own for a repository that is not there. */
  readonly repositoryId: number;
  /** True when strangers may not hear it. Default true: nobody knows what is in a local repository. */
  readonly isPrivate?: boolean;
  /** Reads the newest this many commits. Default 1,000. */
  readonly maxCommits?: number;
  /** Ends the reading; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}
/**
 * Reads the history of a local git repository, oldest first, one push per commit: a way to hear a repository without a
 * webhook. Ids are `git-` and the commit's, so reading twice gives the same activities. Needs `git` on the PATH.
 * @throws WebhookError `WEBHOOK_SOURCE_FAILED` when git cannot read the folder
 */
export declare function readGitHistory(folder: string, options: GitHistoryOptions): AsyncGenerator<GitHubActivity>;
/**
 * Tells whether a text is `owner/repo` as GitHub allows it: the one grammar for repository names. Case is not
 * checked: compare without it.
 */
export declare const isRepoId: (value: string) => boolean;
/** Settings of {@link pollRepositoryEvents}. */
interface RepositoryEventsOptions {
  /** A token: 5,000 requests an hour in place of 60. Without one, a repository is asked once a minute at most. */
  readonly token?: string;
  /** Where the API is. Default `https://api.github.com`. */
  readonly apiUrl?: string;
  /** Ends the polling: the generator returns. */
  readonly signal?: AbortSignal;
}
/**
 * Polls GitHub's Events API for a public repository that one cannot hook, and yields what happened, oldest first, each
 * event once. Asks with the last ETag (an unchanged answer costs nothing of the rate limit), no more often than
 * `X-Poll-Interval` says, and rests while the rate limit is used up. Begins with what GitHub still lists, up to 100
 * events. It is minutes behind: a webhook is not.
 * @throws TypeError when `repoId` is not `owner/repo`
 * @throws WebhookError `WEBHOOK_SOURCE_FAILED` when there is no such public repository, the token is refused, or five
 * requests in a row fail
 * @see https://docs.github.com/rest/activity/events
 */
export declare function pollRepositoryEvents(repoId: string, { token, apiUrl, signal }?: RepositoryEventsOptions): AsyncGenerator<GitHubActivity>;
/**
 * Signs a body as GitHub does, and returns the value of `X-Hub-Signature-256`. For demos, tests and relays.
 * Cost: one HMAC-SHA-256 over the bytes.
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export declare const signWebhook: (secret: string, body: Uint8Array | string) => string;
export { type DeliveryContext, type GitHistoryOptions, GitHubWebhookReceiver, type GitHubWebhookReceiverOptions, type IgnoredReason, type IncomingDelivery, type RepositoryEventsOptions, type RepositoryFact, type RepositoryFactKind, WebhookError, type WebhookErrorCode, type WebhookHeaders, type WebhookPing, type WebhookReceipt, type WebhookStats, normalizeActivity };
import { EpochMs, GitHubActivity } from "@bnc/contracts";
/** Headers of a request: Node's `request.headers`, a plain object with names in any case, or a `Headers`. */
type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
/** Why a delivery was refused, or another source of activities failed. The package's README has a row for each. */
type WebhookErrorCode = "WEBHOOK_SIGNATURE_MISSING" | "WEBHOOK_SIGNATURE_INVALID" | "WEBHOOK_HEADER_INVALID" | "WEBHOOK_MEDIA_TYPE_UNSUPPORTED" | "WEBHOOK_BODY_TOO_LARGE" | "WEBHOOK_BODY_TIMEOUT" | "WEBHOOK_BODY_INVALID" | "WEBHOOK_REPOSITORY_INVALID" | "WEBHOOK_BUSY" | "WEBHOOK_STORE_UNAVAILABLE" | "WEBHOOK_SOURCE_FAILED";
/** Says why a delivery was refused. Its message holds no secret, no signature and nothing of the payload. */
declare class WebhookError extends Error {
  override readonly name = "WebhookError";
  /** Stable code; test this, not the message. */
  readonly code: WebhookErrorCode;
  /** The HTTP status that answers it: 4xx where the sender must change something, 503 where it may try again. */
  readonly statusCode: number;
  constructor(code: WebhookErrorCode, message: string, options?: ErrorOptions);
}
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
 * Turns a webhook's payload into an activity: what happened, by whom, how large, how it ended. Answers nothing for
 * deliveries that are not heard: events and actions that GitHub does not document, events without a repository, builds
 * that have not ended, settings. Believes no type in the payload: odd values count as absent.
 * Cost: microseconds, plus one pass over the files that a push lists.
 * @throws WebhookError `WEBHOOK_REPOSITORY_INVALID` when the repository's name or numeric id is not one that GitHub allows
 */
declare const normalizeActivity: (event: string, payload: unknown, context: DeliveryContext) => GitHubActivity | undefined;
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
  /** `owner/repo` until now, for `renamed` and `transferred`, where the payload tells it. */
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
   * Keeps an activity for good before the delivery is acknowledged, and tells whether one of its keys is known already.
   * Without it, keys are remembered in memory only: the newest 100,000, for 30 days.
   */
  publish?(activity: GitHubActivity, ids: {
    readonly dedupeId: readonly string[];
  }): Promise<{
    readonly duplicate: boolean;
  }>;
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
/** What became of a delivery. */
type WebhookReceipt = {
  readonly status: "accepted";
  readonly deliveryId: string;
  readonly activity: GitHubActivity;
} | {
  readonly status: "duplicate";
  readonly deliveryId: string;
  readonly activity: GitHubActivity;
} | {
  readonly status: "ignored";
  readonly deliveryId: string;
  readonly reason: IgnoredReason;
} | {
  readonly status: "ping";
  readonly deliveryId: string;
  readonly ping: WebhookPing;
};
/** Counters since the receiver was made. */
interface WebhookStats {
  /** Deliveries that became an activity. */
  readonly accepted: number;
  /** Deliveries of a happening that was known already. */
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
  /** @throws TypeError for a missing or short secret, RangeError for a limit that is no whole number > 0 */
  constructor(options: GitHubWebhookReceiverOptions);
  /**
   * Receives one delivery. Headers are checked before a byte of the body is read, the signature before a byte of it is
   * parsed. Resolves once `onFact`, `onPing` and `publish` have.
   * @throws WebhookError with the status code to answer; README lists the codes
   */
  receive(delivery: IncomingDelivery): Promise<WebhookReceipt>;
  /** Returns counters since the receiver was made. */
  stats(): WebhookStats;
}
export { WebhookReceipt as a, RepositoryFactKind as c, normalizeActivity as d, WebhookError as f, WebhookPing as i, DeliveryContext as l, WebhookHeaders as m, GitHubWebhookReceiverOptions as n, WebhookStats as o, WebhookErrorCode as p, IncomingDelivery as r, RepositoryFact as s, GitHubWebhookReceiver as t, IgnoredReason as u };

// @bnc/github-webhooks/fastify

import { t as GitHubWebhookReceiver } from "./github-webhook-receiver.js";
import { FastifyPluginCallback } from "fastify";
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
