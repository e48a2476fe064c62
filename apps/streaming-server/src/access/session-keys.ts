import { hkdfSync, type webcrypto } from 'node:crypto';

type CryptoKey = webcrypto.CryptoKey;

const { subtle } = globalThis.crypto;

/** The keys derived from one secret: one for each purpose, so that nothing made for one purpose passes for another. */
export interface SessionKey {
  /** Id of the key, in the header of everything that it has made. */
  readonly id: string;
  /** Signs tokens. Imported once: importing costs as much as reading a token. */
  readonly token: Promise<CryptoKey>;
  /** Encrypts sign-ins. */
  readonly login: Uint8Array;
  /** Signs paths of clips. */
  readonly clip: Uint8Array;
}

/** The keys of this server, newest first: the newest one signs and encrypts, and all of them are accepted. */
export class SessionKeys {
  readonly newest: SessionKey;
  readonly all: readonly SessionKey[];

  /** @throws {RangeError} when there is no secret */
  constructor(secrets: readonly string[]) {
    this.all = secrets.map(keyOf);
    const [newest] = this.all;
    if (!newest) throw new RangeError('secrets must hold at least one secret');
    this.newest = newest;
  }

  /** Finds the key that a header names. */
  get(id: unknown): SessionKey | undefined {
    return this.all.find((key) => key.id === id);
  }
}

function keyOf(secret: string): SessionKey {
  const derive = (purpose: string, bytes = 32): Uint8Array<ArrayBuffer> =>
    new Uint8Array(hkdfSync('sha256', secret, '', `bots-n-cats ${purpose}`, bytes));
  return {
    id: Buffer.from(derive('key id', 6)).toString('base64url'),
    token: subtle.importKey('raw', derive('token'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']),
    login: derive('login'),
    clip: derive('clip'),
  };
}
