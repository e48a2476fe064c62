import { createHmac, timingSafeEqual } from 'node:crypto';

/** GitHub's form of a signature: the algorithm and 64 lower-case hexadecimal digits. */
const signaturePattern = /^sha256=[0-9a-f]{64}$/;

/**
 * Signs a body as GitHub does, and returns the value of `X-Hub-Signature-256`. For demos, tests and relays.
 * Cost: one HMAC-SHA-256 over the bytes.
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function signWebhook(secret: string, body: Uint8Array | string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Returns whether a header has the form of a signature. Checked before the body is read. */
export function isSignature(value: string): boolean {
  return signaturePattern.test(value);
}

/**
 * Returns whether one of the secrets signed these bytes. Compares digests of equal length in constant time, and tries
 * every secret even after one matches.
 */
export function verifySignature(secrets: readonly string[], body: Uint8Array, signature: string): boolean {
  const claimed = Buffer.from(signature.slice('sha256='.length), 'hex');
  let verified = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest();
    if (claimed.length === expected.length && timingSafeEqual(claimed, expected)) verified = true;
  }
  return verified;
}
