import type { Cadence, CatName, MusicalParameters, Reason } from '@bnc/contracts';
import type { Happening } from '../happening.ts';
import { changeOf } from '../judge.ts';
import type { QuoteManner } from '../quote.ts';
import type { SignObject } from '../signs/objects.ts';
import { signVoiceOf } from '../signs/parts.ts';
import { arrangements } from '../themes.ts';
import { workAt } from './pace.ts';
import type { PhraseMatter } from './parameters.ts';
import type { Salience } from './salience.ts';

/** What reasons are given for. */
interface Decided extends PhraseMatter {
  readonly params: MusicalParameters &
    Required<Pick<MusicalParameters, 'cadence' | 'cats' | 'emotion' | 'gesture' | 'motif' | 'sign' | 'tonic' | 'mode'>>;
  /** How often the kind has been heard, this time included. */
  readonly times: number;
}

const endings: Readonly<Record<Cadence, string>> = {
  authentic: 'it comes home',
  half: 'it ends open, like a question',
  deceptive: 'it ends elsewhere than expected',
  plagal: 'it comes home gently',
  suspended: 'it does not settle',
};

const manners: Readonly<Record<QuoteManner, string>> = {
  continues: 'goes on',
  answers: 'is answered',
  'breaks off': 'breaks off',
  'comes home': 'comes home',
};

const levels: Readonly<Record<Salience, string>> = {
  1: 'routine, a soft sign alone',
  2: 'talk, soft',
  3: 'work, of middle loudness',
  4: 'a result, loud',
  5: 'it matters, as loud as anything here',
};

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** Gives the reasons of a phrase, the most important first, in a listener's words. */
export function reasonsOf(decided: Decided): Reason[] {
  const { all, room, at, quote, times, params, salience } = decided;
  const { activity, happening } = decided.character;
  const { tempo, cadence, sign, theme = 'chamber', chords = [], bars = 0, motif } = params;
  const pushed = Math.round(workAt(room.work, at));
  const isAlone = bars === 0;
  const arrangement = arrangements[theme as keyof typeof arrangements];
  const { words } = signVoiceOf(sign.split('.')[0] as SignObject, arrangement);
  return [
    because(happening.words, isAlone ? words : `${words}, then ${plural(bars, 'bar')}`),
    ...(quote && !isAlone ? [because(subjectOf(decided), `its line ${manners[quote.how]}`)] : []),
    ...(isAlone ? [] : [because(`it feels like ${params.emotion}`, `${params.gesture}, and ${endings[cadence]}`)]),
    because(levels[salience], `${params.loudness} LUFS`),
    ...(times > 1 ? [because(`heard ${numbers[times] ?? times} times, at most 20 minutes apart`, 'softer')] : []),
    because(`by ${activity.actor}${activity.isBot ? ', a program' : ''}`, whose(decided, motif)),
    because(`${plural(pushed, 'commit')} an hour`, `${tempo} BPM`),
    because(`repository ${activity.repoId}`, `home note ${params.tonic}`),
    ...(isAlone ? [] : [because(`${params.mode} at this time of the day`, `chords ${chords.join(' ')}`)]),
    ...(isAlone ? [] : [leadReason(decided)]),
    ...(isAlone ? [] : [because(wordsOf(decided), 'its length')]),
    ...catReasons([happening, ...all.map((one) => one.happening)], params.cats),
    ...(all.length > 1 ? [because(`${all.length} happenings at once`, 'one phrase for all')] : []),
    because(`theme ${theme}`, arrangement.words),
  ];
}

function because(fact: string, therefore: string): Reason {
  return { because: fact, therefore };
}

function leadReason({ params: { lead, instrumentType }, character: { activity } }: Decided): Reason {
  if (lead !== undefined) return because('its theme', `lead on ${lead}`);
  return because(
    activity.language ? `written in ${activity.language}` : 'no main language',
    `lead on ${instrumentType}`,
  );
}

function whose({ signature, character }: Decided, motif: readonly number[]): string {
  const own = `signature ${signature + 1}`;
  return character.activity.isBot ? `${own}, small and dry, and 4 LU softer` : `${own}, leitmotif ${motif.join(' ')}`;
}

/** What subjects are called, by their first part; `#` stands for the rest. */
const subjects: Readonly<Record<string, string>> = {
  pull: '##',
  issues: '##',
  discussions: '##',
  heads: 'branch #',
  tags: 'tag #',
  commit: 'commit #',
  alert: 'alert #',
  milestone: 'milestone #',
  deployment: 'this deployment',
  run: 'this build',
  suite: 'this build',
  pages: 'the site',
};

/** `#12 was heard before`, `branch main was heard before`. */
function subjectOf({ quote, character: { activity } }: Decided): string {
  const { subject = '', branch = '' } = activity;
  const [, kind = '', name = ''] = /^([^/]+)(?:\/(.+))?$/.exec(subject) ?? [];
  const words = quote?.isByBranch ? `branch ${branch}` : (subjects[kind]?.replace(/#$/, () => name) ?? `the ${kind}`);
  return `${words} was heard before`;
}

function wordsOf({ all }: Decided): string {
  const { commits, files, additions, deletions } = changeOf(all);
  return commits + files + additions + deletions === 0
    ? 'no new code'
    : `${plural(commits, 'commit')}, ${plural(files, 'file')}, ${plural(additions + deletions, 'line')}`;
}

/** Names for each cat the first happening that calls it. */
function catReasons(callers: readonly Happening[], cats: readonly CatName[]): Reason[] {
  const called = new Map<string, CatName[]>();
  for (const cat of cats) {
    const words = callers.find((one) => one.cats.includes(cat))?.words ?? '';
    called.set(words, [...(called.get(words) ?? []), cat]);
  }
  return [...called].map(([words, some]) => because(words, some.join(', ')));
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
