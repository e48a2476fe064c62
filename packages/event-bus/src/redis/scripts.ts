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
import { trim } from './trim-scripts.ts';

const texts = {
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
  trim,
  ownAdopt,
  ownBeat,
  ownCommit,
  ownSettle: ownCommit,
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
};

/**
 * Scripts that Redis refuses when its memory is full. The others handle what is stored already, and take little memory.
 */
const growing: ReadonlySet<string> = new Set(['publish', 'ownCommit', 'release', 'retry']);

export type ScriptName = keyof typeof texts;

/** The scripts by name, without indentation and comments: a script is sent in full when Redis does not know it. */
export const scripts = Object.fromEntries(
  Object.entries(texts).map(([name, text]) => [
    name,
    `${growing.has(name) ? '' : '#!lua flags=allow-oom\n'}${text.replace(/^\s+/gm, '').replace(/^--.*\n/gm, '')}`,
  ]),
) as Readonly<Record<ScriptName, string>>;

/** Scripts that append events. They run in the order in which a process sends them. */
export const ordered: ReadonlySet<ScriptName> = new Set(['publish', 'ownCommit', 'ownSettle']);
