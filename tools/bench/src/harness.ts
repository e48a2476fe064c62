/** One measured number next to those of its peers, all from the same run. */
export interface Row {
  readonly name: string;
  /** Ours: the median of the rounds. */
  readonly value: number;
  readonly unit: string;
  /** The same measurement of others, by name. */
  readonly peers: Readonly<Record<string, number>>;
  /** `value` over the peer that the goal names, or over the first peer; null without peers. */
  readonly ratio: number | null;
  /** What is aimed at, in words; null where the number is only printed. */
  readonly goal: string | null;
  readonly met: boolean | null;
}

/** What a ratio (with `peer`) or the value itself (without) should reach. */
export interface Goal {
  readonly peer?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Runs one round and returns its number in the row's unit. */
export type Round = () => number | Promise<number>;

/** One comparison: ours and peers take turns, so that a noisy machine is noisy for all. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly ours: Round;
  readonly peers?: Readonly<Record<string, Round>>;
  readonly goal?: Goal;
  /** Rounds per contestant, after one that is thrown away. Default 5. */
  readonly rounds?: number;
}

/** What a benchmark file exports as `benchmark`. */
export interface Benchmark {
  /** `package/topic`, such as `event-bus/memory`. */
  readonly name: string;
  run(bench: Bench): Promise<void>;
}

let sink: unknown;

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which a `fraction` (0-1) of the values lie, by linear interpolation. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

function judge(
  value: number,
  peers: Readonly<Record<string, number>>,
  goal: Goal | undefined,
): Pick<Row, 'ratio' | 'goal' | 'met'> {
  const peer = goal?.peer ?? (goal ? undefined : Object.keys(peers)[0]);
  const against = peer === undefined ? undefined : peers[peer];
  const ratio = against === undefined ? null : value / against;
  if (!goal || (peer !== undefined && ratio === null)) return { ratio, goal: null, met: null };
  const judged = ratio ?? value;
  const words = [
    goal.atLeast === undefined ? '' : `≥ ${goal.atLeast}`,
    goal.atMost === undefined ? '' : `≤ ${goal.atMost}`,
  ].filter(Boolean);
  return {
    ratio,
    goal: `${words.join(', ')}${peer === undefined ? '' : `x ${peer}`}`,
    met: judged >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && judged <= (goal.atMost ?? Number.POSITIVE_INFINITY),
  };
}

/** Collects the rows of a benchmark. */
export class Bench {
  readonly rows: Row[] = [];
  readonly skipped: { readonly name: string; readonly why: string }[] = [];
  readonly #onRow: (row: Row) => void;

  constructor(onRow: (row: Row) => void = () => {}) {
    this.#onRow = onRow;
  }

  /** Keeps a result alive, so that no engine may leave out the work that made it. */
  use(value: unknown): void {
    sink = value;
    if (sink === this) throw new Error('unreachable');
  }

  /** Runs ours and every peer in turns and records the medians. */
  async compare({ name, unit, ours, peers = {}, goal, rounds = 5 }: Comparison): Promise<Row> {
    const contestants: [string, Round][] = [['', ours], ...Object.entries(peers)];
    const values = new Map<string, number[]>(contestants.map(([key]) => [key, []]));
    for (let round = -1; round < rounds; round++) {
      const first = (round + 1) % contestants.length;
      for (const [key, run] of [...contestants.slice(first), ...contestants.slice(0, first)]) {
        const value = await run();
        if (round >= 0) values.get(key)?.push(value);
      }
    }
    const medians = Object.fromEntries(Object.keys(peers).map((key) => [key, median(values.get(key) ?? [])]));
    return this.record({ name, unit, value: median(values.get('') ?? []), peers: medians, ...(goal && { goal }) });
  }

  /** Records numbers that were measured elsewhere in this run. */
  record(measured: {
    readonly name: string;
    readonly unit: string;
    readonly value: number;
    readonly peers?: Readonly<Record<string, number>>;
    readonly goal?: Goal;
  }): Row {
    const { name, unit, value, peers = {}, goal } = measured;
    const row: Row = { name, value, unit, peers, ...judge(value, peers, goal) };
    this.rows.push(row);
    this.#onRow(row);
    return row;
  }

  /** Says that something could not be measured here, and what would make it possible. */
  skip(name: string, why: string): void {
    this.skipped.push({ name, why });
  }
}
