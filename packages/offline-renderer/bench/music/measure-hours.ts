import { type Bench, median } from '@bnc/bench';
import { measureHour } from './hour-curve.ts';
import { type HourName, happeningsOf, hourMs, hourStart, hours } from './hours.ts';
import { commonRun, leadOf, tuneOf } from './lines.ts';
import { measureBeds } from './measure-beds.ts';
import { mixHour, type Stereo, type Way } from './mix.ts';
import { type Played, pieceOf, play, type Sound } from './played.ts';
import { monoOf, roughnessOf, sideLevel, spectralEdge } from './tone.ts';

const repositoryId = 1_296_276;
const seconds = hourMs / 1000;
const firstSilence: Readonly<Record<HourName, number>> = { quiet: 98, normal: 94, busy: 83 };

/** Measures what concerns time, form and loudness over a quiet, a normal and a busy hour. */
export async function measureHours(bench: Bench): Promise<void> {
  const played = Object.fromEntries(
    Object.entries(hours).map(([name, count]) => [
      name,
      play(happeningsOf(count, 1, repositoryId), pieceOf(repositoryId)),
    ]),
  ) as Readonly<Record<HourName, Played>>;
  for (const way of ['score', 'clip'] as const) {
    for (const name of ['quiet', 'normal', 'busy'] as const) await hear(bench, name, way, played[name]);
  }
  await measureBeds(bench, repositoryId);
  measureTime(bench, played.busy.sounds);
  measureMemory(bench, Object.values(played));
}

async function hear(bench: Bench, name: HourName, way: Way, played: Played): Promise<void> {
  const sides: number[] = [];
  const edges: number[] = [];
  const roughness: number[] = [];
  const onSound = (_: Sound, sound: Stereo): void => {
    sides.push(sideLevel(sound));
    edges.push(spectralEdge(monoOf(sound)));
    roughness.push(roughnessOf(monoOf(sound)));
  };
  const isBusiest = name === 'busy';
  const mixed = mixHour(played, { way, begin: hourStart, seconds, ...(isBusiest && { onSound }) });
  const { silence, integrated, range, truePeak } = await measureHour(mixed);
  const row = (what: string): string => `${name} hour as ${way}s: ${what}`;
  bench.record({
    name: row('below -60 dBFS'),
    unit: '%',
    value: 100 * silence,
    peers: { 'first edition': firstSilence[name] },
    goal: { atMost: 20 },
  });
  bench.record({ name: row('integrated loudness'), unit: 'LUFS', value: integrated });
  bench.record({ name: row('loudness range'), unit: 'LU', value: range });
  // A player of scores has a limiter after the mix, which this is without.
  const peakGoal = way === 'clip' ? { goal: { atMost: -1 } } : {};
  bench.record({ name: row('true peak'), unit: 'dBTP', value: truePeak, ...peakGoal });
  if (!isBusiest) return;
  bench.record({
    name: row('side level, median'),
    unit: 'dB',
    value: median(sides),
    peers: { 'first edition': -11 },
    goal: { atLeast: -8, atMost: -4 },
  });
  bench.record({
    name: row('95 % of energy below, median'),
    unit: 'Hz',
    value: median(edges),
    peers: { 'first edition': 1120 },
    goal: { atLeast: 3000, atMost: 6000 },
  });
  bench.record({
    name: row('roughness, median'),
    unit: '',
    value: median(roughness),
    peers: { 'first edition': 0.55 },
    goal: { atMost: 0.45 },
  });
}

function measureTime(bench: Bench, sounds: readonly Sound[]): void {
  const tempos = sounds.map(({ params }) => params.tempo);
  const steps = sounds.slice(1).map(({ params, startAt }, i) => {
    const before = sounds[i];
    if (!before) return 0;
    const cycleMs = (16 * 240_000) / before.params.tempo;
    // A line of the cycle may lie between two phrases that are close together.
    const lines = Math.floor((startAt - before.startAt) / cycleMs) + 1;
    return Math.abs(params.tempo - before.params.tempo) / lines;
  });
  bench.record({
    name: 'busy hour: tempo, median',
    unit: 'BPM',
    value: median(tempos),
    peers: { 'first edition': 180 },
    goal: { atMost: 105 },
  });
  bench.record({
    name: 'busy hour: largest step of tempo in 16 bars',
    unit: 'BPM',
    value: Math.max(...steps),
    peers: { 'first edition': 42 },
    goal: { atMost: 2 },
  });
  // What only programs have to do with is gathered into waves.
  const urgent = sounds.filter(({ interrupts, head }) => interrupts && head.agent?.kind !== 'bot');
  bench.record({
    name: `busy hour: bad news that interrupts (${urgent.length}), longest wait`,
    unit: 's',
    value: Math.max(...urgent.map(({ startAt, heardAt }) => (startAt - heardAt) / 1000)),
    peers: { 'first edition': 30 },
    goal: { atMost: 1 },
  });
  const all = sounds.map(({ startAt, heardAt }) => (startAt - heardAt) / 1000);
  bench.record({ name: 'busy hour: wait of any happening, median', unit: 's', value: median(all) });
}

/** Leads of the room's memory that are about the same, by subject or by branch, newest first. */
function kinOf(
  sounds: readonly Sound[],
  index: number,
): { readonly kin: readonly Sound[]; readonly others: readonly Sound[] } {
  const remembered = sounds.slice(Math.max(0, index - 16), index);
  const names = namesOf(sounds[index]);
  const kin = remembered.filter((sound) => namesOf(sound).some((name) => names.includes(name)));
  return { kin, others: remembered.filter((sound) => !kin.includes(sound)) };
}

function namesOf(sound: Sound | undefined): readonly string[] {
  const { subject, branch, isDefaultBranch } = sound?.head ?? {};
  return [...(subject ? [subject] : []), ...(branch && !isDefaultBranch ? [`heads/${branch}`] : [])];
}

/** As many notes in a row that make the same steps in the same rhythm are taken for a quote. */
const quoted = 3;

function quotes(sound: Sound, others: readonly Sound[]): boolean {
  const lead = leadOf(sound.params);
  return others.some((other) => commonRun(lead, leadOf(other.params)) >= Math.min(quoted, lead.length));
}

function measureMemory(bench: Bench, all: readonly Played[]): void {
  let [withKin, quoting, byChance, chances] = [0, 0, 0, 0];
  for (const { sounds } of all) {
    sounds.forEach((sound, index) => {
      const { kin, others } = kinOf(sounds, index);
      const stranger = others.at(-1);
      if (kin.length > 0) withKin++;
      if (kin.length > 0 && quotes(sound, kin)) quoting++;
      if (stranger) chances++;
      if (stranger && quotes(sound, [stranger])) byChance++;
    });
  }
  bench.record({
    name: `phrases that quote their subject, of ${withKin} that have one`,
    unit: '%',
    value: (100 * quoting) / withKin,
    peers: { 'first edition': 0, 'another subject, by chance': (100 * byChance) / chances },
    goal: { atLeast: 80 },
  });
  const busy = all.at(-1)?.sounds ?? [];
  const tunes = busy.map(({ params }) => tuneOf(params));
  const repeated = busy.filter(
    (sound, i) => (tunes[i] ?? '') !== '' && tunes.indexOf(tunes[i] ?? '') < i && !quotes(sound, kinOf(busy, i).kin),
  );
  bench.record({
    name: 'busy hour: leads heard before, quotes aside',
    unit: '%',
    value: (100 * repeated.length) / busy.length,
    peers: { 'first edition': 43 },
    goal: { atMost: 10 },
  });
}
