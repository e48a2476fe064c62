import type { Cadence, CatName, Emotion, Gesture, MusicalParameters, Tell } from '@bnc/contracts';
import type { Phrase } from './phrase.ts';

/** What a phrase says, in words for people. */
export interface Words {
  /** Who did it, if the headline begins with a name; '' if it does not. */
  readonly actor: string;
  /** What was done, such as `merged`, or everything that there is to say. */
  readonly did: string;
  /** The name of what it was done to, as its author wrote it; '' if it has none. */
  readonly name: string;
  /** What the headline leaves out, such as `pull request #7`; '' for nothing. */
  readonly about: string;
}

/** The parts of a tell that this file uses; an activity has them as well. */
type Told = Pick<Tell, 'title' | 'actor'>;

/** Says who did what: `Merged pull request #7: Purr` by octocat becomes octocat, merged, Purr. */
export function wordsOf({ title, actor }: Told): Words {
  const pushed = /^Pushed (\d+ commits?) to ([^:]{1,100})(?:: (.+))?$/s.exec(title);
  if (pushed) {
    const [, commits = '', branch = '', message = ''] = pushed;
    return message
      ? { actor, did: 'pushed', name: message, about: `${commits} to ${branch}` }
      : { actor, did: `pushed ${commits} to ${branch}`, name: '', about: '' };
  }
  const numbered =
    /^(\p{Lu}[^:#“]{1,60}?:?) (pull request|issue|discussion|milestone) #(\d+)([^:]{0,80}): (.+)$/su.exec(title);
  if (numbered) {
    const [, verb = '', noun = '', number = '', more = '', name = ''] = numbered;
    const isWhole = noun === 'pull request' || verb.endsWith(':');
    const did = isWhole ? lowerFirst(verb) : `${lowerFirst(verb)} ${noun}`;
    return { actor, did, name, about: `${noun} #${number}${more}` };
  }
  return isDeed(title)
    ? { actor, did: lowerFirst(title), name: '', about: '' }
    : { actor: '', did: title, name: '', about: '' };
}

/** The headline as one text, such as `octocat merged “Purr”`. */
export function headlineOf(told: Told): string {
  const { actor, did, name } = wordsOf(told);
  return [actor, did, name && `“${name}”`].filter(Boolean).join(' ');
}

/** The emotion of a phrase, as a word. */
export const emotionWords: Readonly<Record<Emotion, string>> = {
  tension: 'Tension',
  resolution: 'Resolution',
  activity: 'Activity',
  growth: 'Growth',
};

/**
 * Says in one plain sentence how a phrase sounds, such as `it falls home to F major; a purr below, a meow at the end`.
 */
export function sentenceOf({ params, reasons }: Pick<Phrase, 'params' | 'reasons'>): string {
  const cats = (params.cats ?? []).map((cat) => catWords[cat]).join(', ');
  // A sign that sounds alone has no melody to speak of.
  const music = params.bars === 0 ? (reasons[0]?.therefore ?? '') : melodyOf(params);
  return [music, cats].filter(Boolean).join('; ');
}

const movements: Readonly<Record<Gesture, string>> = {
  stride: 'it strides along',
  rise: 'it climbs',
  homecoming: 'it falls from above',
  sigh: 'it sinks',
  sparkle: 'it sparkles upward',
  fanfare: 'it rings out in steps',
  call: 'it calls and waits',
  murmur: 'it murmurs',
};

/** How it ends, before and after its key. */
const endings: Readonly<Record<Cadence, readonly [before: string, after: string]>> = {
  authentic: ['and comes home to', ''],
  half: ['in', 'and ends open, like a question'],
  deceptive: ['in', 'and turns away from home'],
  plagal: ['and settles in', ''],
  suspended: ['in', 'and stays in the air'],
};

const catWords: Readonly<Record<CatName, string>> = {
  purr: 'a purr below',
  meow: 'a meow at the end',
  chirp: 'a chirp',
  trill: 'a trill',
  mrrp: 'a low mrrp',
  hiss: 'a hiss',
};

function melodyOf({ gesture, cadence, tonic, mode }: MusicalParameters): string {
  const movement = gesture ? movements[gesture] : 'it sounds';
  const [before, after] = cadence ? endings[cadence] : ['in', ''];
  const key = tonic && mode ? `${tonic.replace('b', '♭').replace('#', '♯')}\u00a0${mode}` : '';
  // Phrases of earlier versions do not say where they are at home.
  return key ? [movement, before, key, after].filter(Boolean).join(' ') : '';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Deeds whose word does not end in -ed. */
const otherDeeds = new Set([
  'Began',
  'Brought',
  'Built',
  'Gave',
  'Left',
  'Made',
  'Put',
  'Reset',
  'Sent',
  'Took',
  'Withdrew',
]);

/** Whether a title begins with a deed of its actor. A failure is not one. */
function isDeed(title: string): boolean {
  const [first = ''] = title.split(' ', 1);
  return first !== 'Failed' && (/^\p{Lu}[\p{L}-]*ed$/u.test(first) || otherDeeds.has(first));
}
