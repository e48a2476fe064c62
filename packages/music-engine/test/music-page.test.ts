import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Emotion, Gesture, GitHubActivity } from '@bnc/contracts';
import { expect, test } from 'vitest';
import { colours, shapes } from '../src/gestures.ts';
import { happeningOf } from '../src/happening.ts';
import { tempoOf } from '../src/room/clock.ts';
import { loudnessOf, type Salience, salienceOf } from '../src/room/salience.ts';
import { tempoBandOf } from '../src/room/settings.ts';
import { objects } from '../src/signs/objects.ts';
import { signVoiceOf } from '../src/signs/parts.ts';
import { signOf } from '../src/signs/sign-of.ts';
import { verbs } from '../src/signs/table.ts';
import { arrangements, type Player, themes } from '../src/themes.ts';
import { push } from './activities.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/music.md'), 'utf8');

const pull = { event: 'pull_request' } as const;
const review = { event: 'pull_request_review', action: 'submitted' } as const;
const build = { event: 'workflow_run', action: 'completed' } as const;
const deployment = { event: 'deployment_status', action: 'created' } as const;

/** What happens, in a listener's words, and an activity of that kind. */
const happenings: readonly (readonly [words: string, Partial<GitHubActivity>])[] = [
  ['push of 1-5 new commits, pull request updated', {}],
  ['push of more than 5 new commits', { commits: 6 }],
  ['forced push to the default branch or a protected one', { forced: true, action: 'rewritten' }],
  ['branch rebased, moved forward or brought up to date; tag moved; pages branch published', { action: 'rebased' }],
  ['branch or tag created or deleted', { event: 'create', action: 'created' }],
  ['pull request opened, reopened, ready for review', { ...pull, action: 'opened' }],
  ['pull request merged', { ...pull, action: 'closed', outcome: 'merged' }],
  ["person's pull request closed unmerged by a person", { ...pull, action: 'closed', outcome: 'closed' }],
  [
    "bot's pull request closed unmerged, or anyone's by a bot; back to draft",
    { ...pull, action: 'converted_to_draft' },
  ],
  ['review approved', { ...review, outcome: 'approved' }],
  ['changes requested', { ...review, outcome: 'changes_requested' }],
  ['review commented; comments, discussions; what waits for approval', { ...review, outcome: 'commented' }],
  ['build passed after red', { ...build, outcome: 'success', turn: 'fixed' }],
  ['build passed for the first time', { ...build, outcome: 'success' }],
  ['build passed, as the one before', { ...build, outcome: 'success', turn: 'same' }],
  ['build failed, timed out', { ...build, outcome: 'failure' }],
  ['build failed as the one before', { ...build, outcome: 'failure', turn: 'same' }],
  ['first red of the default branch', { ...build, outcome: 'failure', turn: 'broken', isDefaultBranch: true }],
  ['build cancelled', { ...build, outcome: 'cancelled' }],
  ['deployment under way', deployment],
  ['deployment approved', { event: 'deployment_review', outcome: 'approved' }],
  ['deployment rejected', { event: 'deployment_review', outcome: 'changes_requested' }],
  ['deployed', { ...deployment, outcome: 'success' }],
  ['deployment failed', { ...deployment, outcome: 'failure' }],
  ['pages published', { ...deployment, outcome: 'success', subject: 'pages' }],
  ['pages not published', { ...deployment, outcome: 'failure', subject: 'pages' }],
  ['issue opened, reopened', { event: 'issues', action: 'opened' }],
  ['issue closed as completed', { event: 'issues', action: 'closed' }],
  ['issue closed as not planned or as a duplicate', { event: 'issues', action: 'closed', outcome: 'duplicate' }],
  ['release published', { event: 'release', action: 'published' }],
  ['repository made public', { event: 'public' }],
  ['new star, fork, member, sponsor', { event: 'star', action: 'created' }],
  ['security alert', { event: 'dependabot_alert', action: 'created' }],
  ['security alert solved', { event: 'dependabot_alert', action: 'fixed' }],
  ['label', { event: 'label', action: 'created' }],
];

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function rowOf([words, some]: (typeof happenings)[number]): readonly (string | number)[] {
  const activity = { ...push, ...some };
  const happening = happeningOf(activity);
  const { emotion, gesture, intensity, cats, bars } = happening;
  const salience = salienceOf(happening, activity);
  const isAlone = salience === 1;
  return [
    words,
    `\`${signOf(happening, activity)}\``,
    emotion,
    isAlone ? 'a sign alone' : gesture,
    loudnessOf(salience, 1, false),
    intensity,
    isAlone ? '' : cats.join(', '),
    isAlone ? 0 : bars,
  ];
}

/** The wave of a voice that is one, and the instrument of all others. */
function voiceIn({ instrument, options }: Player): string {
  return instrument === 'fmSynth' ? instrument : (options?.oscillator?.type ?? instrument);
}

const levels: readonly (readonly [Salience, string])[] = [
  [1, 'routine: labels, branches, tags, assignments, rebases'],
  [2, 'talk: comments, questions, new stars'],
  [3, 'work: pushes, opened pull requests and issues'],
  [4, 'results: merges, approvals, passed builds, solved alerts; refusals; a build that stays red'],
  [5, 'milestones and bad news: deployments, releases, failures, alerts, a build that is green again'],
];

const tables: Readonly<Record<string, string>> = {
  loudness: table(
    ['level', 'what', 'LUFS'],
    levels.map(([salience, words]) => [salience, words, loudnessOf(salience, 1, false)]),
  ),
  tempo: table(
    ['commits an hour', ...[0, 1, 3, 7, 15, 31, 63].map(String)],
    [['BPM', ...[0, 1, 3, 7, 15, 31, 63].map((commits) => tempoOf(commits, tempoBandOf({})))]],
  ),
  happenings: table(
    ['happening', 'sign', 'emotion', 'gesture', 'LUFS', 'strength', 'cats', 'bars'],
    happenings.map(rowOf),
  ),
  objects: table(
    ['about', 'sounds like', 'instrument', 'place, -1 left to 1 right', 'near MIDI'],
    Object.entries(objects).map(([object, { words, instrument, pan, register }]) => [
      `\`${object}\``,
      words,
      instrument,
      pan,
      register,
    ]),
  ),
  verbs: table(
    ['what', 'begins at, s', 'steps of the five notes of home'],
    Object.entries(verbs).map(([verb, notes]) => [
      `\`${verb}\``,
      notes.map(([time]) => time).join(' '),
      notes.map(([, degree]) => degree).join(' '),
    ]),
  ),
  gestures: table(
    ['gesture', 'rhythms of two beats, such as', 'plays along'],
    (Object.keys(shapes) as Gesture[]).map((gesture) => {
      const { cells, seconds = [], band, counter } = shapes[gesture];
      const kinds = { answers: 'replies', doubles: 'an octave above', figure: 'a figure of its own' } as const;
      const along = [...band, ...(counter ? [kinds[counter]] : [])].join(', ');
      return [gesture, `${new Set([...cells, ...seconds]).size}: \`${cells[0]}\` \`${seconds[0] ?? cells[1]}\``, along];
    }),
  ),
  emotions: table(
    ['emotion', 'the melody', 'wave', 'ends'],
    (Object.keys(colours) as Emotion[]).map((emotion) => {
      const { gesture, oscillator, cadence } = colours[emotion];
      return [emotion, gesture, oscillator, cadence];
    }),
  ),
  themes: table(
    ['theme', 'lead', 'chords', 'replies', 'bass', 'drums', 'swing'],
    themes.map((theme) => {
      const { lead, chords, pad, counter, bass, beat, swing, isSlow } = arrangements[theme];
      const sung = lead ? voiceIn(lead) : 'by the language';
      const played = `${chords.style}, ${voiceIn(chords)}${pad ? ` over ${pad.instrument}` : ''}`;
      return [
        `\`${theme}\``,
        isSlow ? `${sung}, in twice the time` : sung,
        played,
        voiceIn(counter),
        `${bass.style}, ${voiceIn(bass)}`,
        beat,
        `${swing} of a sixteenth`,
      ];
    }),
  ),
  'who plays in themes': table(
    ['theme', 'room', 'heard through', 'BPM', 'signs of code, talk, builds, ships, branches', 'people'],
    themes.map((theme) => {
      const { space, filter, tempo, signatures } = arrangements[theme];
      const halls = { chamber: 'small hall', ambient: 'large hall', '8-bit': 'none', lofi: 'small room' } as const;
      const { frequency = 0, type } = filter ?? {};
      return [
        `\`${theme}\``,
        space ? `${halls[theme]}, ${space.decay} s` : halls[theme],
        filter ? `${type === 'lowpass' ? 'below' : 'above'} ${frequency} Hz` : 'all',
        tempo.join('-'),
        (['code', 'talk', 'build', 'ship', 'branch'] as const)
          .map((object) => voiceIn(signVoiceOf(object, arrangements[theme])))
          .join(', '),
        signatures.map(voiceIn).join(', '),
      ];
    }),
  ),
};

test.each(Object.entries(tables))('docs/music.md has the table of %s that the source gives', (_, wanted) => {
  const head = wanted.slice(0, wanted.indexOf('\n'));
  const [, rest = 'not found'] = page.split(head);
  expect(`${head}${rest.split('\n\n')[0]}`).toBe(wanted);
});
