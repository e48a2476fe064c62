/** Says why a step failed and what to do, from what the programs printed. */
import { statfsSync } from 'node:fs';
import { root, tail } from './processes.mjs';

/** Something that the machine lacks: its message is for people, and needs no stack. */
export class Lack extends Error {}

const again = 'then run the same command again.';

/** The first that matches is the reason. */
const reasons = [
  [
    /ENOSPC|EDQUOT|no space left|quota exceeded|os error 28\b/i,
    () => `The disk is full: ${megabytes(freeSpace())} are free in ${root}. Free some space, ${again}`,
  ],
  [
    /EACCES|EPERM|EROFS|permission denied|read-only file system|os error (?:13|30)\b/i,
    (output) => {
      const [, path] = /(?:path|mkdir|open|rename|unlink|scandir)[ :]+'?([/\\][^'\n]+)/.exec(output) ?? [];
      return `${path ?? 'A file or folder'} may not be written by this user. Make it writable (or name another HOME, if it is there), ${again}`;
    },
  ],
  [
    /EINTEGRITY|integrity check|ERR_PNPM_TARBALL_INTEGRITY|sha512-\S+ integrity|checksum/i,
    () =>
      `The registry sent other bytes than the lockfile names. Nothing of them was kept. If a registry of your own changes packages, use another: 'npm config get registry' shows it.`,
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|CERT_|certificate|ERR_TLS|ERR_SSL/i,
    () =>
      `The registry's certificate is not trusted here. Name your authority ('npm config set cafile FILE', or NODE_EXTRA_CA_CERTS), ${again}`,
  ],
  [
    /\b407\b|ERR_PROXY|tunneling socket|proxy authentication/i,
    () => `The proxy did not let the request pass. Check 'npm config get proxy' and 'https-proxy', ${again}`,
  ],
  [
    /\bE?40[13]\b|ENEEDAUTH|unauthorized|forbidden/i,
    () => `The registry refuses to serve this user. Log in ('npm login') or check its settings in .npmrc, ${again}`,
  ],
  [
    /\bE?404\b|ETARGET|ERR_PNPM_(?:FETCH_404|NO_MATCHING_VERSION)|not found in the registry/i,
    () =>
      `The registry does not have one of the packages. Use a complete one ('npm config get registry' shows yours), ${again}`,
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|SOCKET_TIMEOUT|ERR_PNPM_META_FETCH|dns error|error sending request|tcp connect|connection refused|timed out|network|fetch failed/i,
    () => `The npm registry cannot be reached. Check network and proxy with 'npm ping', ${again}`,
  ],
  [
    /ended by SIG/,
    () => `It was ended from outside; where memory is short, the system does that. Free some memory, ${again}`,
  ],
];

/** Returns a Lack that says what failed, the reason in words, and the end of the output. */
export function lackOf(what, output) {
  const [, words] = reasons.find(([pattern]) => pattern.test(output)) ?? [];
  const advice =
    words?.(output) ?? `If it fails again, remove the folders .toolchain and node_modules of this folder first.`;
  return new Lack(`${what}\nTo do: ${advice}\n\n${tail(output) || 'The program printed nothing.'}`);
}

function freeSpace() {
  try {
    const { bavail, bsize } = statfsSync(root);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function megabytes(bytes) {
  return `${Math.floor(bytes / 1e6).toLocaleString('en')} MB`;
}

/** Refuses to begin what would end in a full disk. `needed` is in megabytes; `free` is in bytes. */
export function checkSpace(needed, free = freeSpace()) {
  if (free < needed * 1e6) {
    throw new Lack(
      `The set-up needs ${megabytes(needed * 1e6)} in ${root}, and ${megabytes(free)} are free.\nTo do: free some space, ${again}`,
    );
  }
}
