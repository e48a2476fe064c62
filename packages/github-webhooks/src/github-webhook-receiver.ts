import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { decodePayload } from './decode-payload.ts';
import { DedupeWindow } from './dedupe-window.ts';
import { readDeliveryHeaders, type WebhookHeaders } from './delivery-headers.ts';
import type { EventName, PayloadOf } from './documented.ts';
import { WebhookError, type WebhookErrorCode } from './errors.ts';
import { isUnique } from './identity.ts';
import { NewestMap } from './newest-map.ts';
import { type IgnoredReason, readDelivery } from './normalize-activity.ts';
import { BodyReader, checkBodySize } from './read-body.ts';
import { type RepositoryFields, readRepository } from './repository.ts';
import { type RepositoryFact, readRepositoryFacts } from './repository-facts.ts';
import { verifySignature } from './signature.ts';
import { Storyteller } from './storyteller.ts';

/** A webhook has just been connected, or somebody pressed "redeliver" on its first delivery. */
export interface WebhookPing {
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
export interface GitHubWebhookReceiverOptions {
  /** Secrets that a delivery may be signed with, each ≥ 16 bytes: one, or two while one replaces the other. */
  readonly secrets: readonly string[];
  /**
   * Keeps a delivery for good before it is acknowledged, and tells whether one of its keys is known already. Whoever
   * keeps deliveries hears them from the store, with `hear`, so that what they tell together survives a crash.
   * Without it, the receiver hears them itself, in memory: the facts of the newest 1,000 repositories, and the newest
   * 100,000 keys for 30 days.
   */
  publish?(
    delivery: GitHubDelivery,
    ids: { readonly dedupeId: readonly string[] },
  ): Promise<{ readonly duplicate: boolean }>;
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
export interface IncomingDelivery {
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
export type WebhookReceipt =
  | (ReceivedDelivery & { readonly status: 'accepted' | 'duplicate'; readonly delivery: GitHubDelivery })
  | (ReceivedDelivery & { readonly status: 'ignored'; readonly reason: IgnoredReason })
  | (ReceivedDelivery & { readonly status: 'ping'; readonly ping: WebhookPing });

/**
 * Returns the payload of a receipt with its documented type, when it is of this event. The sender is verified, the shape
 * is not: older servers and newer events may differ from the documentation.
 */
export function payloadOf<E extends EventName>(
  { event, payload }: Pick<WebhookReceipt, 'event' | 'payload'>,
  wanted: E,
): PayloadOf<E> | undefined {
  return event === wanted ? (payload as PayloadOf<E>) : undefined;
}

/** Counters since the receiver was made. */
export interface WebhookStats {
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

const minSecretBytes = 16;
const maxRememberedKeys = 100_000;
const maxRememberedNames = 10_000;

function checkSecrets(secrets: readonly string[]): void {
  if (secrets.length === 0) throw new TypeError('secrets must hold at least one secret.');
  for (const [index, secret] of secrets.entries()) {
    const bytes = typeof secret === 'string' ? Buffer.byteLength(secret) : 0;
    if (bytes < minSecretBytes) {
      throw new TypeError(`secrets[${index}] must have at least ${minSecretBytes} bytes; it has ${bytes}.`);
    }
  }
}

function checkLimit(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`${name} must be a whole number > 0; it is ${value}.`);
}

/**
 * Receives GitHub's webhooks: verifies, dedupes and understands them. Knows no HTTP framework; `./fastify` is the
 * plugin for one.
 */
export class GitHubWebhookReceiver {
  readonly #options: GitHubWebhookReceiverOptions;
  readonly #maxBodyBytes: number;
  readonly #bodies: BodyReader;
  readonly #remembered = new DedupeWindow(maxRememberedKeys);
  readonly #names = new NewestMap<number, { readonly name: string; readonly former?: string }>(maxRememberedNames);
  readonly #storyteller: Storyteller;
  readonly #counts = { accepted: 0, duplicate: 0, ping: 0 };
  readonly #ignored = { unknown_event: 0, unknown_action: 0, no_repository: 0, not_heard: 0 };
  readonly #refused: Partial<Record<WebhookErrorCode, number>> = {};

  /** @throws {TypeError} for a missing or short secret, RangeError for a limit that is no whole number > 0 */
  constructor(options: GitHubWebhookReceiverOptions) {
    checkSecrets(options.secrets);
    this.#options = options;
    this.#storyteller = new Storyteller({
      onHeard: ({ activities }) => {
        for (const activity of activities) options.onActivity?.(activity);
      },
    });
    this.#maxBodyBytes = checkLimit('maxBodyBytes', options.maxBodyBytes ?? 25 * 2 ** 20);
    this.#bodies = new BodyReader({
      maxBodyBytes: this.#maxBodyBytes,
      maxUnverifiedBytes: checkLimit('maxUnverifiedBytes', options.maxUnverifiedBytes ?? 64 * 2 ** 20),
      bodyTimeoutMs: checkLimit('bodyTimeoutMs', options.bodyTimeoutMs ?? 10_000),
    });
  }

  /**
   * Receives one delivery. Headers are checked before a byte of the body is read, the signature before a byte of it is
   * parsed. Resolves once `onFact`, `onPing` and `publish` have.
   * @throws {WebhookError} with the status code to answer; README lists the codes
   */
  async receive(delivery: IncomingDelivery): Promise<WebhookReceipt> {
    try {
      const receipt = await this.#receive(delivery);
      if (receipt.status === 'ignored') this.#ignored[receipt.reason]++;
      else this.#counts[receipt.status]++;
      return receipt;
    } catch (error) {
      if (error instanceof WebhookError) this.#refused[error.code] = (this.#refused[error.code] ?? 0) + 1;
      throw error;
    }
  }

  /** Returns counters since the receiver was made. */
  stats(): WebhookStats {
    return {
      ...this.#counts,
      ignored: { ...this.#ignored },
      refused: { ...this.#refused },
      unverifiedBytes: this.#bodies.held,
    };
  }

  async #receive({ headers, body }: IncomingDelivery): Promise<WebhookReceipt> {
    const { event, deliveryId, signature, form, contentLength } = readDeliveryHeaders(headers);
    checkBodySize(body instanceof Uint8Array ? body.length : (contentLength ?? 0), this.#maxBodyBytes);
    const bytes = body instanceof Uint8Array ? body : await this.#bodies.read(body);
    if (!verifySignature(this.#options.secrets, bytes, signature)) {
      throw new WebhookError(
        'WEBHOOK_SIGNATURE_INVALID',
        'The signature does not match the bytes of the body. Either the secret is not the webhook’s, or something on the way, such as a relay, wrote the body anew: it must forward the bytes that GitHub sent.',
      );
    }
    const payload = decodePayload(bytes, form);
    const receivedAt = Date.now();
    const received = { deliveryId, event, payload, activities: [] };
    if (event === 'ping') {
      const ping = { ...readRepository((payload as { repository?: RepositoryFields }).repository), receivedAt };
      await this.#store(() => this.#options.onPing?.(ping));
      return { ...received, status: 'ping', ping };
    }
    const context = { deliveryId, receivedAt };
    const former = await this.#formerName(event, payload);
    for (const fact of readRepositoryFacts(event, payload, context, former)) {
      await this.#store(() => this.#options.onFact?.(fact));
      this.#remember(fact, fact.kind === 'renamed' || fact.kind === 'transferred');
    }
    // Neither the delivery's id nor the event is signed, so a replay may change both; the signature names the bytes.
    const bodyId = `${event} ${signature.slice('sha256='.length, 39)}`;
    const reading = readDelivery(event, payload, context, bodyId);
    if (!reading.counts) return { ...received, status: 'ignored', reason: reading.reason };
    const { delivery } = reading;
    this.#remember(delivery);
    const { same } = delivery;
    const dedupeId = [`delivery:${deliveryId}`, ...(same && isUnique(same) ? [`happening:${same.thing}`] : [])];
    const { publish } = this.#options;
    if (publish) {
      const { duplicate } = await this.#store(() => publish.call(this.#options, delivery, { dedupeId }));
      return { ...received, status: duplicate ? 'duplicate' : 'accepted', delivery };
    }
    if (!this.#remembered.claim(dedupeId, receivedAt)) return { ...received, status: 'duplicate', delivery };
    const { activities, isDuplicate } = this.#storyteller.hear(delivery, receivedAt);
    return { ...received, status: isDuplicate ? 'duplicate' : 'accepted', delivery, activities };
  }

  /** The name that a repository had, where a delivery says that it has another one. */
  async #formerName(event: string, payload: object): Promise<string | undefined> {
    if (event !== 'repository') return undefined;
    const repository = readRepository((payload as { repository?: RepositoryFields }).repository);
    return repository && this.#store(() => this.#nameOf(repository.repositoryId));
  }

  /** The name before this one, until a change of name has been passed on; else the one that is known. */
  #nameOf(repositoryId: number): string | undefined | Promise<string | undefined> {
    if (this.#options.nameOf) return this.#options.nameOf(repositoryId);
    const known = this.#names.get(repositoryId);
    return known?.former ?? known?.name;
  }

  #remember({ repositoryId, repoId }: Pick<GitHubDelivery, 'repositoryId' | 'repoId'>, isTold = false): void {
    if (this.#options.nameOf) return;
    const known = this.#names.get(repositoryId);
    const former = known && known.name !== repoId ? known.name : known?.former;
    this.#names.set(repositoryId, { name: repoId, ...(former !== undefined && !isTold && { former }) });
  }

  /** A delivery that could not be kept is not acknowledged: GitHub shows it as failed, and it can be sent again. */
  async #store<T>(keep: () => T | Promise<T>): Promise<T> {
    try {
      return await keep();
    } catch (cause) {
      throw new WebhookError('WEBHOOK_STORE_UNAVAILABLE', 'The delivery could not be stored. Send it again later.', {
        cause,
      });
    }
  }
}
