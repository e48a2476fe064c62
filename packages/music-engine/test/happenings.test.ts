import type { GitHubActivity, Score } from '@bnc/contracts';
import { chroma } from '@tonaljs/note';
import { expect, test } from 'vitest';
import { compose, mapActivity, type Theme, themes } from '../src/index.ts';
import { push, six } from './activities.ts';

const languages = ['TypeScript', 'Rust', 'Python', 'Go', 'C', 'Java', 'Ruby'];
const names = Object.keys(six);

/** What an ear goes by, each a vector: none of it knows names, cats, instruments or parameters. */
function listen(score: Score, tonic: number): Readonly<Record<string, readonly number[]>> {
  const all = score.tracks.flatMap(({ notes, gain = 1 }) =>
    notes.map((note) => ({ ...note, energy: note.duration * note.velocity * gain })),
  );
  const total = all.reduce((sum, { energy }) => sum + energy, 0);
  const pitches = Array.from({ length: 12 }, () => 0);
  const onsets = Array.from({ length: 16 }, () => 0);
  for (const { midi, time, energy } of all) {
    const pitch = (midi - tonic + 12) % 12;
    const place = Math.floor((time * score.tempo) / 15 + 1e-6) % 16;
    pitches[pitch] = (pitches[pitch] ?? 0) + energy / total;
    onsets[place] = (onsets[place] ?? 0) + 1 / all.length;
  }
  const lead = score.tracks[0]?.notes ?? [];
  const line = Array.from(
    { length: 8 },
    (_, i) => lead.findLast(({ time }) => time <= (i / 8) * score.duration)?.midi ?? 60,
  );
  const middle = line.reduce((sum, midi) => sum + midi, 0) / line.length;
  return {
    chroma: pitches,
    onsets,
    centroid: [all.reduce((sum, { midi, energy }) => sum + midi * energy, 0) / total],
    contour: line.map((midi) => midi - middle),
    tempo: [score.tempo],
    density: [all.length / score.duration],
  };
}

function distance(a: readonly number[] = [], b: readonly number[] = []): number {
  return Math.hypot(...a.map((value, i) => value - (b[i] ?? 0)));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function pairs<T>(all: readonly T[]): [T, T][] {
  return all.flatMap((a, i) => all.slice(i + 1).map((b): [T, T] => [a, b]));
}

/** One happening in twenty repositories: other keys, people, languages, sizes, deliveries. */
function twenty(name: string, theme: Theme): ReturnType<typeof listen>[] {
  return Array.from({ length: 20 }, (_, i) => {
    const base: GitHubActivity = {
      ...push,
      ...six[name],
      deliveryId: `${name} ${i}`,
      repositoryId: 1000 + 7 * i,
      actor: `user-${i % 9}`,
      language: languages[i % 7] ?? 'C',
    };
    const grow = (value: number): number => Math.round(value * (0.6 + (i % 5) * 0.2));
    const activity = {
      ...base,
      files: grow(base.files),
      commits: Math.max(Math.min(1, base.commits), grow(base.commits)),
      additions: grow(base.additions),
    };
    const params = mapActivity(activity, { commitsPerHour: 3, theme });
    return listen(compose(params), chroma(params.tonic ?? '') ?? 0);
  });
}

test.each(themes)(
  'a listener who has heard each happening in ten repositories names nine of ten in ten others, in the theme %s',
  (theme) => {
    const heard = names.map((name) => ({ name, all: twenty(name, theme) }));
    const everything = heard.flatMap(({ all }) => all);
    const features = Object.keys(everything[0] ?? {});
    const scales = features.map((key) => median(pairs(everything).map(([a, b]) => distance(a[key], b[key]))) || 1);
    const known = heard.flatMap(({ name, all }) => all.slice(0, 10).map((sound) => ({ name, sound })));
    const wrong = heard.flatMap(({ name, all }) =>
      all.slice(10).filter((sound) => {
        const near = known.toSorted(
          (a, b) =>
            Math.hypot(...features.map((key, i) => distance(a.sound[key], sound[key]) / (scales[i] ?? 1))) -
            Math.hypot(...features.map((key, i) => distance(b.sound[key], sound[key]) / (scales[i] ?? 1))),
        )[0];
        return near?.name !== name;
      }),
    );
    expect(wrong.length).toBeLessThanOrEqual(6);
  },
);
