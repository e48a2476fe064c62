import { verify } from '@octokit/webhooks-methods';
import { describe, expect, it } from 'vitest';
import { isSignature, signWebhook, verifySignature } from './signature.ts';

const secret = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');

describe('signWebhook', () => {
  it('gives the signature that GitHub documents for its example', () => {
    expect(signWebhook(secret, body)).toBe('sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17');
  });

  it('agrees with octokit’s verify', async () => {
    for (const text of ['{}', '{"zen":"Überraschung 🐈"}', 'x'.repeat(100_000)]) {
      expect(await verify(secret, text, signWebhook(secret, text))).toBe(true);
      expect(await verify('another secret, also long', text, signWebhook(secret, text))).toBe(false);
    }
  });
});

describe('verifySignature', () => {
  it('accepts any of several secrets', () => {
    const signature = signWebhook('the newer of two secrets', body);
    expect(verifySignature([secret, 'the newer of two secrets'], body, signature)).toBe(true);
    expect(verifySignature(['the newer of two secrets', secret], body, signature)).toBe(true);
    expect(verifySignature([secret], body, signature)).toBe(false);
  });

  it('covers bytes that are not UTF-8', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    expect(verifySignature([secret], bytes, signWebhook(secret, bytes))).toBe(true);
    expect(verifySignature([secret], Buffer.from([0xff, 0xfe, 0x00, 0x81]), signWebhook(secret, bytes))).toBe(false);
  });

  it('refuses a signature with any digit changed', () => {
    const signature = signWebhook(secret, body);
    for (let place = 'sha256='.length; place < signature.length; place++) {
      const digit = signature[place] === '0' ? '1' : '0';
      expect(verifySignature([secret], body, signature.slice(0, place) + digit + signature.slice(place + 1))).toBe(
        false,
      );
    }
  });
});

describe('isSignature', () => {
  it.each([
    '',
    'sha256=',
    'sha1=757107ea0eb2509fc211221cce984b8a',
    `sha256=${'G'.repeat(64)}`,
    `sha256=${'0'.repeat(65)}`,
  ])('refuses %j', (value) => {
    expect(isSignature(value)).toBe(false);
  });
});
