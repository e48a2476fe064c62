import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { SessionKeys } from './session-keys.ts';

/** Encrypts facts for a cookie, which only servers with the same secret can make or read, until it expires. */
export class Sealed<Facts extends object> {
  readonly #keys: SessionKeys;
  readonly #type: string;

  /** @param purpose - what the facts are for; facts for one purpose are not accepted for another */
  constructor(keys: SessionKeys, purpose: string) {
    this.#keys = keys;
    this.#type = `bnc-${purpose}+jwt`;
  }

  /** Seals facts until a moment in epoch ms. */
  seal(facts: Facts, endsAt: number): Promise<string> {
    const { id, login } = this.#keys.newest;
    return new EncryptJWT({ facts })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: this.#type, kid: id })
      .setIssuedAt()
      .setExpirationTime(Math.floor(endsAt / 1000))
      .encrypt(login);
  }

  /** Returns facts that this server, or one with the same secret, has sealed; undefined for anything else. */
  async open(text: string | undefined): Promise<{ readonly facts: Facts; readonly endsAt: number } | undefined> {
    if (text === undefined || text === '') return undefined;
    try {
      const { payload, protectedHeader } = await jwtDecrypt(
        text,
        ({ kid }) => this.#keys.get(kid)?.login ?? Promise.reject(new errors.JWKSNoMatchingKey()),
        {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp', 'facts'],
        },
      );
      if (protectedHeader.typ !== this.#type) return undefined;
      return { facts: payload.facts as Facts, endsAt: (payload.exp ?? 0) * 1000 };
    } catch {
      return undefined;
    }
  }
}
