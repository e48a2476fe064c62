import { WebhookError } from './errors.ts';
import { isObject } from './untrusted.ts';

/**
 * Reads the JSON object of a verified body. `JSON.parse` runs without a reviver, so a key such as `__proto__` becomes a
 * plain property that nothing reads.
 * @throws {WebhookError} `WEBHOOK_BODY_INVALID` when it is not UTF-8, not JSON, or not an object
 */
export function decodePayload(body: Uint8Array, form: boolean): object {
  let payload: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw invalid('The body is not UTF-8.');
  }
  const json = form ? readForm(text) : text;
  try {
    payload = JSON.parse(json);
  } catch {
    throw invalid('The body is not JSON.');
  }
  if (!isObject(payload) || Array.isArray(payload)) {
    throw invalid('The body is JSON but not an object.');
  }
  return payload;
}

/** Without a cause: the parser's message would quote the payload. */
function invalid(message: string): WebhookError {
  return new WebhookError('WEBHOOK_BODY_INVALID', message);
}

/** GitHub's form bodies have one field, `payload`. Finding it by name keeps a body of many fields cheap. */
function readForm(text: string): string {
  const fields = text.split('&', 3).filter((field) => field.startsWith('payload='));
  const [field, second] = fields;
  if (field === undefined || second !== undefined) {
    throw invalid('A form body must have exactly one field payload, before any other.');
  }
  try {
    return decodeURIComponent(field.slice('payload='.length).replaceAll('+', ' '));
  } catch {
    throw invalid('The field payload is not percent-encoded UTF-8.');
  }
}
