import { BusError, type BusErrorCode } from '../errors.ts';

/**
 * First words of the errors of Redis that have an error code here.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const refusals: readonly (readonly [RegExp, BusErrorCode, string])[] = [
  [/^OOM\b/, 'BUS_STORAGE_FULL', 'Redis has used up its maxmemory: raise it, or keep fewer events'],
  [/^MISCONF\b/, 'BUS_STORAGE_FULL', 'Redis cannot write to its disk: make space, or repair the disk'],
  [
    /^(NOAUTH|WRONGPASS|ERR AUTH|ERR invalid password)/,
    'BUS_REFUSED',
    'Redis refused the user or password: check them in the url',
  ],
  [
    /^NOPERM\b|ACL failure in script|executing the script can't/,
    'BUS_REFUSED',
    'Redis refuses this user a command or a key: allow it',
  ],
  [
    /^MOVED\b/,
    'BUS_REFUSED',
    'another node of the cluster has the keys of this bus: give its address; the bus does not follow a cluster',
  ],
  [/^ERR DB index is out of range|^ERR invalid DB index/, 'BUS_REFUSED', 'Redis has no database with this number'],
];

/**
 * Replies of a server that cannot serve a bus now: it is a replica, it is loading its data, or its cluster has lost a
 * part.
 */
const away = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)\b/;

/**
 * Returns whether a reply says that this server is the wrong one, or not ready, so that it is time to connect again.
 */
export function isAway(cause: unknown): boolean {
  return cause instanceof Error && away.test(cause.message);
}

/** Turns an error of Redis or its client into a `BusError`, whose message never contains the password. */
export function asBusError(cause: unknown, where: string): BusError {
  if (cause instanceof BusError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = refusals.find(([words]) => words.test(said));
  if (known) return new BusError(known[1], `${where}: ${known[2]} (${said.slice(0, 120)})`, { cause });
  return new BusError('BUS_UNAVAILABLE', `${where}: ${said.slice(0, 200)}`, { cause });
}

/**
 * Turns errors that will hardly go away by themselves into `BUS_REFUSED`. For use at the start; later, the bus waits
 * instead.
 */
export function atStart(error: unknown): unknown {
  if (!(error instanceof BusError) || error.code !== 'BUS_UNAVAILABLE' || !(error.cause instanceof Error)) {
    return error;
  }
  const { message } = error.cause;
  if (/Socket closed unexpectedly|ECONNRESET/.test(message)) {
    const words = `${error.message}. Does it expect TLS (rediss://), or is it in protected mode (set a password in Redis)?`;
    return new BusError('BUS_UNAVAILABLE', words, { cause: error.cause });
  }
  const why = message.startsWith('READONLY')
    ? 'this Redis is a read-only replica: give the address of its master'
    : message.startsWith('CLUSTERDOWN')
      ? `this node of a cluster does not have the keys of this bus (${message.slice(0, 80)}): give the address of the node that has them`
      : undefined;
  const where = error.message.slice(0, error.message.indexOf(`: ${message.slice(0, 10)}`));
  return why === undefined ? error : new BusError('BUS_REFUSED', `${where}: ${why}`, { cause: error.cause });
}
