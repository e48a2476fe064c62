import { WebhookError } from './errors.ts';
import { isSignature } from './signature.ts';

/** Headers of a request: Node's `request.headers`, a plain object with names in any case, or a `Headers`. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The checked headers of a delivery. */
export interface DeliveryHeaders {
  readonly event: string;
  readonly deliveryId: string;
  readonly signature: string;
  readonly form: boolean;
  /** Bytes that the sender announced; undefined when it announced none. */
  readonly contentLength: number | undefined;
}

const eventPattern = /^[a-z][a-z0-9_]{0,63}$/;
const deliveryIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const formType = 'application/x-www-form-urlencoded';

/**
 * Reads the headers of a delivery, before its body.
 * @throws {WebhookError} `WEBHOOK_SIGNATURE_MISSING`, `WEBHOOK_SIGNATURE_INVALID`, `WEBHOOK_HEADER_INVALID`,
 * `WEBHOOK_MEDIA_TYPE_UNSUPPORTED`
 */
export function readDeliveryHeaders(headers: WebhookHeaders): DeliveryHeaders {
  const signature = header(headers, 'x-hub-signature-256');
  if (!signature && header(headers, 'x-hub-signature')) {
    throw new WebhookError(
      'WEBHOOK_SIGNATURE_MISSING',
      'This server signs with SHA-1 only (X-Hub-Signature). Deliveries must be signed with SHA-256 (X-Hub-Signature-256): upgrade GitHub Enterprise Server to version 3.0 or later.',
    );
  }
  if (!signature) {
    throw new WebhookError(
      'WEBHOOK_SIGNATURE_MISSING',
      'The header X-Hub-Signature-256 is missing: set a secret in the webhook’s settings on GitHub.',
    );
  }
  if (!isSignature(signature)) {
    throw new WebhookError(
      'WEBHOOK_SIGNATURE_INVALID',
      'The header X-Hub-Signature-256 must be sha256= and 64 lower-case hexadecimal digits.',
    );
  }
  const event = header(headers, 'x-github-event') ?? '';
  if (!eventPattern.test(event)) {
    throw new WebhookError('WEBHOOK_HEADER_INVALID', 'The header X-GitHub-Event must name an event, such as push.');
  }
  const deliveryId = header(headers, 'x-github-delivery') ?? '';
  if (!deliveryIdPattern.test(deliveryId)) {
    throw new WebhookError(
      'WEBHOOK_HEADER_INVALID',
      'The header X-GitHub-Delivery must be an id of 1-100 letters, digits, dots, underscores and hyphens.',
    );
  }
  const form = readMediaType(headers);
  const announced = header(headers, 'content-length');
  const contentLength = announced !== undefined && /^\d{1,15}$/.test(announced) ? Number(announced) : undefined;
  return { event, deliveryId, signature, form, contentLength };
}

function header(headers: WebhookHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = headers[name] ?? Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : value?.join(', ');
}

function readMediaType(headers: WebhookHeaders): boolean {
  const [mediaType = '', ...parameters] = (header(headers, 'content-type') ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const encoding = header(headers, 'content-encoding') ?? 'identity';
  const known = mediaType === 'application/json' || mediaType === formType;
  if (!known || !/^(?:"?utf-?8"?)?$/.test(charset ?? '') || encoding.toLowerCase() !== 'identity') {
    throw new WebhookError(
      'WEBHOOK_MEDIA_TYPE_UNSUPPORTED',
      `A delivery must be application/json or ${formType}, in UTF-8 and not compressed: choose one of these content types in the webhook's settings.`,
    );
  }
  return mediaType === formType;
}
