import { followAdd, followBeat, followDelete, followEnd, followOpen, followRead } from './follow-scripts.ts';
import { forget, forgetLetters } from './forget-scripts.ts';
import { adopt, beat, dead, done, join, later, leave, take } from './group-scripts.ts';
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
import { forgetDelayed, publish, release } from './store-scripts.ts';

/** The scripts by name. */
export const scripts = {
  check,
  publish,
  release,
  forgetDelayed,
  read,
  readPlaces,
  walkKey,
  join,
  take,
  done,
  later,
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
