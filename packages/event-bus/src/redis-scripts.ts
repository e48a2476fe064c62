import { adopt, again, beat, dead, done, join, leave, take } from './redis-group-scripts.ts';
import { check, publish, read, retry, stats } from './redis-log-scripts.ts';

/** The scripts by name. */
export const scripts = {
  check,
  publish,
  read,
  join,
  take,
  done,
  again,
  dead,
  beat,
  adopt,
  leave,
  retry,
  stats,
} as const;
