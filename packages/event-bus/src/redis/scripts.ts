import { followAdd, followBeat, followDelete, followEnd, followOpen, followRead } from './follow-scripts.ts';
import { forget, forgetLetters } from './forget-scripts.ts';
import { adopt, again, beat, dead, done, join, leave, take } from './group-scripts.ts';
import { check, endGroups, retry, stats } from './log-scripts.ts';
import {
  ownAdopt,
  ownBeat,
  ownCommit,
  ownDead,
  ownDone,
  ownJoin,
  ownLeave,
  ownLook,
  ownRelease,
  ownRetire,
  ownReturn,
  ownStart,
} from './owner-scripts.ts';
import { read, readPlaces, walkKey } from './read-scripts.ts';
import { publish } from './store-scripts.ts';

/** The scripts by name. */
export const scripts = {
  check,
  publish,
  read,
  readPlaces,
  walkKey,
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
  forget,
  forgetLetters,
  endGroups,
  ownAdopt,
  ownBeat,
  ownCommit,
  ownDead,
  ownDone,
  ownJoin,
  ownLeave,
  ownLook,
  ownRelease,
  ownRetire,
  ownReturn,
  ownStart,
  followAdd,
  followBeat,
  followDelete,
  followEnd,
  followOpen,
  followRead,
} as const;
