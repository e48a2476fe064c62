import { hkdfSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SessionKeys } from './session-keys.ts';
import { maxRepositories, Tokens } from './tokens.ts';

const secrets = ['a-secret-of-32-bytes-that-is-newer', 'a-secret-of-32-bytes-that-is-older'];
const keys = new SessionKeys(secrets);
const tokens = new Tokens(keys);
/** The bytes of the newest key, as they are derived. */
const tokenBytes = new Uint8Array(hkdfSync('sha256', secrets[0] ?? '', '', 'bots-n-cats token', 32));
const now = Math.floor(Date.now() / 1000);

/** A token that is right but for what is changed. */
async function forged({
  header = {},
  claims = {},
  key = keys.newest.token,
}: {
  readonly header?: Readonly<Record<string, string>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: Uint8Array | (typeof keys.newest)['token'];
}): Promise<string> {
  const right = { iss: 'bots-n-cats', aud: 'bots-n-cats listeners', sub: 'x', iat: now, exp: now + 60 };
  return new SignJWT({ ...right, repos: [7], until: now + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'bnc-listen+jwt', kid: keys.newest.id, ...header })
    .sign(await key);
}

function recoded(token: string, part: number, change: Readonly<Record<string, unknown>>): string {
  const parts = token.split('.');
  const value = JSON.parse(Buffer.from(parts[part] ?? '', 'base64url').toString()) as object;
  parts[part] = Buffer.from(JSON.stringify({ ...value, ...change })).toString('base64url');
  return parts.join('.');
}

describe('a token', () => {
  afterEach(() => vi.useRealTimers());

  test('says whom it was made for, what it opens and for how long: ten minutes at most', async () => {
    const renewableUntil = Date.now() + 3_600_000;
    const { token, expiresAt } = await tokens.make({ subject: 'Ada', repositories: [7, 8], renewableUntil });
    expect(await tokens.read(token)).toEqual({
      subject: 'Ada',
      repositories: [7, 8],
      expiresAt,
      renewableUntil: Math.floor(renewableUntil / 1000) * 1000,
    });
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(600_000);
    expect(await tokens.read(await forged({}))).toMatchObject({ subject: 'x' });
    expect(await tokens.read(await forged({ key: tokenBytes }))).toMatchObject({ subject: 'x' });
  });

  test('that lists all that it may fits into a cookie, and no more is listed', async () => {
    const repositories = Array.from({ length: maxRepositories }, (_, i) => 4_000_000_000 + i);
    const grant = { subject: 'github 4000000000', repositories, renewableUntil: Date.now() };
    expect((await tokens.make(grant)).token.length).toBeLessThan(4096 - '__Host-bnc-token='.length);
    await expect(tokens.make({ ...grant, repositories: [...repositories, 1] })).rejects.toThrow(RangeError);
  });

  test.each<[string, string, () => Promise<string>]>([
    ['has ended', 'expired', () => forged({ claims: { iat: now - 60, exp: now - 1 } })],
    ['is not good yet', 'invalid', () => forged({ claims: { nbf: now + 60 } })],
    ['was made in the future', 'invalid', () => forged({ claims: { iat: now + 60, exp: now + 120 } })],
    ['lives for longer than any token', 'invalid', () => forged({ claims: { exp: now + 601 } })],
    ['is for another audience', 'invalid', () => forged({ claims: { aud: 'another' } })],
    ['is by another issuer', 'invalid', () => forged({ claims: { iss: 'another' } })],
    ['is of another type', 'invalid', () => forged({ header: { typ: 'JWT' } })],
    ['names an unknown key', 'invalid', () => forged({ header: { kid: 'unknown' } })],
    ['names another key than its own', 'invalid', () => forged({ header: { kid: keys.all[1]?.id ?? '' } })],
    ['is signed with another algorithm', 'invalid', () => forged({ header: { alg: 'HS512' }, key: tokenBytes })],
    ['is signed with the key of another purpose', 'invalid', () => forged({ key: keys.newest.clip })],
    ['lists what is no number', 'invalid', () => forged({ claims: { repos: ['7'] } })],
    ['lists no repositories', 'invalid', () => forged({ claims: { repos: undefined } })],
    ['says nothing of its end', 'invalid', () => forged({ claims: { exp: undefined } })],
    ['claims to need no signature', 'invalid', async () => recoded(await forged({}), 0, { alg: 'none' })],
    ['has no signature', 'invalid', async () => recoded(await forged({}), 0, { alg: 'none' }).replace(/[^.]+$/, '')],
    ['was changed', 'invalid', async () => recoded(await forged({}), 1, { repos: [8] })],
    ['was cut', 'invalid', async () => (await forged({})).slice(0, -1)],
    ['is no token at all', 'invalid', async () => 'hello'],
    ['is far too long', 'invalid', async () => `${await forged({})}${'a'.repeat(5000)}`],
  ])('that %s is %s', async (_, fault, make) => {
    expect(await tokens.read(await make())).toBe(fault);
  });

  test('that was verified before still ends at its end, and opens nothing for one that was changed or cut', async () => {
    const right = await forged({});
    for (let read = 0; read < 2; read++) expect(await tokens.read(right)).toMatchObject({ repositories: [7] });
    expect(await tokens.read(recoded(right, 1, { repos: [8] }))).toBe('invalid');
    expect(await tokens.read(right.slice(0, -1))).toBe('invalid');
    vi.useFakeTimers({ now: (now + 61) * 1000 });
    expect(await tokens.read(right)).toBe('expired');
  });

  test('of an older secret is good until that secret is removed', async () => {
    const grant = { subject: 'x', repositories: [7], renewableUntil: Date.now() };
    const { token } = await new Tokens(new SessionKeys(secrets.slice(1))).make(grant);
    expect(await tokens.read(token)).toMatchObject({ repositories: [7] });
    expect(await new Tokens(new SessionKeys(secrets.slice(0, 1))).read(token)).toBe('invalid');
  });
});
