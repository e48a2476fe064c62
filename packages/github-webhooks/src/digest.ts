import { hash } from 'node:crypto';

/** Returns the first 132 bits of a text's SHA-256: 22 characters that stand for a text of any length. */
export function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
