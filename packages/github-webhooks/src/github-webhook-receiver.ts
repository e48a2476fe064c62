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

/** A ping. GitHub sends one when a webhook is connected, and again when a user redelivers it. */
export interface WebhookPing {
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
export interface GitHubWebhookReceiverOptions {
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
  publish?(
    delivery: GitHubDelivery,
    ids: { readonly dedupeId: readonly string[] },
  ): Promise<{ readonly duplicate: boolean }>;
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
export interface IncomingDelivery {
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
export type WebhookReceipt =
  | (ReceivedDelivery & { readonly status: 'accepted' | 'duplicate'; readonly delivery: GitHubDelivery })
  | (ReceivedDelivery & { readonly status: 'ignored'; readonly reason: IgnoredReason })
  | (ReceivedDelivery & { readonly status: 'ping'; readonly ping: WebhookPing });

/**
 * Returns the payload of a receipt with its documented type, if the receipt is for this event. The sender is verified,
 * the shape is not: payloads of older servers and newer events may differ from the documentation.
 */
export function payloadOf<E extends EventName>(
  { event, payload }: Pick<WebhookReceipt, 'event' | 'payload'>,
  wanted: E,
): PayloadOf<E> | undefined {
  return event === wanted ? (payload as PayloadOf<E>) : undefined;
}

/** Counters since the receiver was made. */
export interface WebhookStats {
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
 * Receives GitHub's webhooks: verifies them, finds duplicates and turns them into activities. Works with any HTTP
 * server; the entry `./fastify` is a plugin for Fastify.
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

  /**
   * Makes a receiver.
   * @throws {TypeError} when there is no secret, or one with fewer than 16 bytes
   * @throws {RangeError} when a limit is not a whole number > 0
   */
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
   * Receives one delivery. Checks the headers before it reads the body, and the signature before it parses the body.
   * Resolves after `onFact`, `onPing` and `publish` have resolved.
   * @throws {WebhookError} when the delivery is refused: respond with its `statusCode`. The README lists the codes. The
   * code is `WEBHOOK_STORE_UNAVAILABLE` when `publish`, `nameOf`, `onFact` or `onPing` throws.
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
        'The signature does not match the bytes of the body. Either the secret is not the webhook’s, or something on the way, such as a relay, rewrote the body: it must forward the bytes that GitHub sent.',
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
    // A replay may change the delivery's id and the event, which are not signed. The signature identifies the bytes.
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

  /** Returns the name that a repository had, when a delivery may change the name. */
  async #formerName(event: string, payload: object): Promise<string | undefined> {
    if (event !== 'repository') return undefined;
    const repository = readRepository((payload as { repository?: RepositoryFields }).repository);
    return repository && this.#store(() => this.#nameOf(repository.repositoryId));
  }

  /** Returns the name before this one until a change of name has been passed on, and the known name after that. */
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

  /** Does not acknowledge a delivery that could not be stored: GitHub shows it as failed, and it can be sent again. */
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
