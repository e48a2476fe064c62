import { BusError, type BusErrorCode } from '../errors.ts';

/**
 * First words of the errors of Redis that have an error code here.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const refusals: readonly (readonly [RegExp, BusErrorCode, string])[] = [
  [/^OOM\b/, 'BUS_STORAGE_FULL', 'Redis has used up its maxmemory: raise it, or keep fewer events'],
  [/^MISCONF\b/, 'BUS_STORAGE_FULL', 'Redis cannot write to its disk: make space, or repair the disk'],
  [
    /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)/,
    'BUS_REFUSED',
    'Redis refused the user or password: check them in the url',
  ],
];

/** The server cannot serve a bus now: it is a replica, it loads its data, or its cluster has lost a part. */
const away = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)\b/;

/** Returns whether a reply says that this server is the wrong one, or not ready: then it is time to connect again. */
export function isAway(cause: unknown): boolean {
  return cause instanceof Error && away.test(cause.message);
}

/** Turns an error of Redis or its client into a `BusError`, whose message never contains the password. */
export function asBusError(cause: unknown, where: string): BusError {
  if (cause instanceof BusError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = refusals.find(([words]) => words.test(said));
  if (known) return new BusError(known[1], `${where}: ${known[2]} (${said.slice(0, 80)})`, { cause });
  return new BusError('BUS_UNAVAILABLE', `${where}: ${said.slice(0, 200)}`, { cause });
}

/** At the start, a replica is refused: it will hardly become a master. Later it is one that was demoted. */
export function atStart(error: unknown): unknown {
  if (!(error instanceof BusError) || !(error.cause instanceof Error) || !/^READONLY\b/.test(error.cause.message)) {
    return error;
  }
  const where = error.message.slice(0, error.message.indexOf(': READONLY'));
  return new BusError('BUS_REFUSED', `${where}: this Redis is a read-only replica: give the url of its master`, {
    cause: error.cause,
  });
}
