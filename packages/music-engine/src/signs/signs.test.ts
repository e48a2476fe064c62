import { expect, test } from 'vitest';
import { push } from '../../test/activities.ts';
import { happeningOf } from '../happening.ts';
import { type Arrangement, arrangements, type Theme, themes } from '../themes.ts';
import { objects, type SignObject } from './objects.ts';
import { signatureTrack, signTrack, signVoiceOf } from './parts.ts';
import { signOf } from './sign-of.ts';
import { peopleSlots, programSlots, type Signature, signatureAt } from './signatures.ts';
import { verbs } from './table.ts';

function placeIn(theme: Theme) {
  return { tempo: 80, reverbDecay: 2, key: { tonic: 2, mode: 'major' }, arrangement: arrangements[theme] } as const;
}

const place = placeIn('chamber');

function traits({ player, rhythm, line, pan }: Signature): string[] {
  return [JSON.stringify(player), String(rhythm), String(line), String(pan)];
}

function difference(one: Signature, other: Signature): number {
  const others = traits(other);
  return traits(one).filter((trait, i) => trait !== others[i]).length;
}

test.each(themes)(
  'in the theme %s any two of 48 people differ in two of instrument, rhythm, line and place, and any two of 16 neighbours in three',
  (theme) => {
    const people = Array.from({ length: peopleSlots }, (_, i) => signatureAt(i, arrangements[theme]));
    people.forEach((one, i) => {
      people.slice(i + 1).forEach((other, k) => {
        const isNear = Math.floor(i / 16) === Math.floor((i + 1 + k) / 16);
        expect(difference(one, other), `${i} and ${i + 1 + k}`).toBeGreaterThanOrEqual(isNear ? 3 : 2);
      });
    });
  },
);

test.each(themes)(
  'in the theme %s every program has its own signature, and none has the rhythm of a person',
  (theme) => {
    const of = (slot: number): Signature => signatureAt(slot, arrangements[theme]);
    const people = Array.from({ length: peopleSlots }, (_, i) => String(of(i).rhythm));
    const programs = Array.from({ length: programSlots }, (_, i) => of(peopleSlots + i));
    expect(new Set(programs.map((one) => JSON.stringify(one))).size).toBe(programSlots);
    programs.forEach((one, i) => {
      for (const other of programs.slice(i + 1)) expect(difference(one, other)).toBeGreaterThanOrEqual(1);
      expect([one.isDry, people.includes(String(one.rhythm))]).toEqual([true, false]);
    });
  },
);

test('a signature has a place in the roster', () => {
  expect(() => signatureAt(72, arrangements.chamber)).toThrow(RangeError);
  expect(() => signatureAt(-1, arrangements.chamber)).toThrow(RangeError);
});

test('small happenings have signs of their own', () => {
  const small = [
    { event: 'issues', action: 'labeled' },
    { event: 'issues', action: 'assigned' },
    { event: 'pull_request', action: 'review_requested' },
    { event: 'issues', action: 'milestoned' },
    { event: 'gollum' },
    { event: 'delete', action: 'deleted' },
    { event: 'create', action: 'created' },
    { event: 'workflow_run', action: 'completed', outcome: 'cancelled' },
    { event: 'deployment', action: 'created' },
    { event: 'merge_group', action: 'checks_requested' },
  ] as const;
  const signs = small.map((one) => {
    const activity = { ...push, commits: 0, ...one };
    return signOf(happeningOf(activity), activity);
  });
  expect(new Set(signs).size).toBe(small.length);
});

test('red build, security alert and failed deployment have three timbres and three rhythms', () => {
  const bad = [
    { event: 'workflow_run', action: 'completed', outcome: 'failure' },
    { event: 'dependabot_alert', action: 'created' },
    { event: 'deployment_status', action: 'created', outcome: 'failure' },
  ] as const;
  const tracks = bad.map((one) => {
    const activity = { ...push, ...one };
    return signTrack(signOf(happeningOf(activity), activity), place);
  });
  expect(new Set(tracks.map(({ instrument }) => instrument)).size).toBe(3);
  expect(new Set(tracks.map(({ notes }) => String(notes.map(({ time }) => time)))).size).toBe(3);
});

test.each(themes)(
  'in the theme %s every sign begins at once, is over within two seconds and stays in the mode',
  (theme) => {
    for (const object of Object.keys(objects)) {
      for (const verb of Object.keys(verbs)) {
        const { notes } = signTrack(`${object}.${verb}`, placeIn(theme));
        expect(notes[0]?.time).toBe(0);
        expect((notes.at(-1)?.time ?? 9) + (notes.at(-1)?.duration ?? 9)).toBeLessThanOrEqual(2);
        expect(notes.every(({ midi }) => [2, 4, 6, 9, 11].includes(midi % 12) && midi >= 36 && midi <= 96)).toBe(true);
      }
    }
  },
);

test('what is created goes up, what is deleted goes down', () => {
  const move = (verb: string): number => {
    const { notes } = signTrack(`branch.${verb}`, place);
    return (notes.at(-1)?.midi ?? 0) - (notes[0]?.midi ?? 0);
  };
  expect(move('created')).toBeGreaterThan(0);
  expect(move('deleted')).toBeLessThan(0);
});

test.each(themes)('in the theme %s every object has a voice of its own, and its own place', (theme) => {
  const voices = (Object.keys(objects) as SignObject[]).map((object) => {
    const { instrument, options, pan, register } = signVoiceOf(object, arrangements[theme]);
    expect([pan, register]).toEqual([objects[object].pan, objects[object].register]);
    return JSON.stringify([instrument, options]);
  });
  expect(new Set(voices).size).toBe(voices.length);
});

test('no two themes have the same players, drums, room and tempo', () => {
  const roles = ({ chords, bass, lead, counter, signatures, beat, space, tempo, bed }: Arrangement): unknown[] => [
    chords,
    bass,
    lead,
    counter.instrument,
    signatures[0],
    beat,
    space,
    tempo,
    bed,
  ];
  themes.forEach((one, i) => {
    for (const other of themes.slice(i + 1)) {
      const [a, b] = [one, other].map((theme) => roles(arrangements[theme]).map((role) => JSON.stringify(role)));
      expect(
        a?.filter((role, k) => role === b?.[k]),
        `${one} and ${other}`,
      ).toEqual([]);
    }
  });
});

test.each(themes)(
  'in the theme %s a signature is heard beside every sign: with another voice, at another place',
  (theme) => {
    const at = placeIn(theme);
    for (const object of Object.keys(objects)) {
      const sign = signTrack(`${object}.created`, at);
      for (let slot = 0; slot < peopleSlots + programSlots; slot++) {
        const { instrument, options, pan = 0 } = signatureTrack(slot, at, sign);
        expect([instrument, options], `${object}, ${slot}`).not.toEqual([sign.instrument, sign.options]);
        expect(Math.abs(pan - (sign.pan ?? 0)), `${object}, ${slot}`).toBeGreaterThan(0.299);
        expect(Math.abs(pan - signatureAt(slot, arrangements[theme]).pan)).toBeLessThan(0.3);
      }
    }
  },
);

test('a signature that sounds alone is at its own place', () => {
  expect(signatureTrack(0, place).pan).toBe(signatureAt(0, arrangements.chamber).pan);
});

test('an unknown sign is refused', () => {
  expect(() => signTrack('cat.purred', place)).toThrow('sign must be an object and a verb');
});
