import { createHmac } from 'node:crypto';
import type { ClipRoom } from '../rooms/access.ts';
import { isSameText } from './same-text.ts';
import type { SessionKey, SessionKeys } from './session-keys.ts';

/** Path under which clips are served by name. */
export const clipsPath = '/clips/';

/** Shortest time in ms for which a signed path is valid; the longest is twice that. */
const pathMs = 150_000;

/** The form of a signature in a path: when it expires, and a code. */
const signaturePattern = /^([0-9a-z]{1,9})\.([\w-]{22})$/;

/** Makes the paths of clips. Those of private rooms are signed, and expire after 2.5 to 5 minutes. */
export class ClipPaths {
  readonly #keys: SessionKeys;
  readonly #folder: string;

  /** @param basePath - the path under which browsers reach the server, such as `/music`; empty at the root */
  constructor(keys: SessionKeys, basePath: string) {
    this.#keys = keys;
    this.#folder = basePath + clipsPath;
  }

  /** Returns the path of a clip: the plain one where anyone may hear it, or one that is signed for a private room. */
  of(name: string, room: ClipRoom | undefined): string {
    if (!room) return `${this.#folder}${name}`;
    // Rounded, so that a phrase has one path for all who hear it.
    const ends = (Math.floor(Date.now() / pathMs) + 2) * pathMs;
    return `${this.#folder}${ends.toString(36)}.${code(this.#keys.newest, { name, ends, room })}/${name}`;
  }

  /** Tells whether a signature opens a clip of a room now. */
  isSigned(signature: string, name: string, room: ClipRoom): boolean {
    const [, digits = '', given = ''] = signaturePattern.exec(signature) ?? [];
    const ends = Number.parseInt(digits, 36);
    return ends > Date.now() && this.#keys.all.some((key) => isSameText(code(key, { name, ends, room }), given));
  }
}

function code(
  key: SessionKey,
  {
    name,
    ends,
    room: { repoId, repositoryId },
  }: { readonly name: string; readonly ends: number; readonly room: ClipRoom },
): string {
  // A list, not joined text: no part can pass for another.
  const signed = JSON.stringify([name, ends, repoId, repositoryId]);
  return createHmac('sha256', key.clip).update(signed).digest('base64url').slice(0, 22);
}
