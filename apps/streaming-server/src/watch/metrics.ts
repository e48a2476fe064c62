import type { WebhookStats } from '@bnc/github-webhooks';
import type { PoolStats } from '@bnc/offline-renderer';
import type { SSEStats } from '@bnc/sse';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ClipStoreStats } from '../clips/clip-store.ts';
import { deliveryOf } from '../delivery/delivery.ts';
import type { StoreWatch } from './store-watch.ts';

/** Parts of the server that count by themselves. They are read when the metrics are. */
export interface MetricSources {
  readonly webhooks: () => WebhookStats;
  readonly streams: () => SSEStats;
  readonly renders: () => PoolStats;
  readonly clips: () => ClipStoreStats;
  readonly rooms: () => number;
  readonly store: StoreWatch;
}

/** Values of one metric, each with its labels. */
type Values = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** Metrics of Node whose cost grows with open connections and files. */
const costly = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
];

/** The bus's group of room owners: older releases have left others in Redis, whose numbers nobody can mend. */
const ownersGroup = 'rooms';

/**
 * Numbers for Prometheus. What happens often is counted where it happens, and everything else is read when the metrics
 * are, so reading them costs the same however many rooms, listeners and deliveries there are. No label has a value from
 * outside.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #phrases: Counter<'outcome'>;
  readonly #renderSeconds: Histogram;
  readonly #clips: Counter<'from'>;
  readonly #listeners: Gauge<'form'>;
  readonly #leadSeconds: Histogram;
  readonly #lateNotes: Counter;
  readonly #leftOut: Counter;
  readonly #roomsOpened: Counter<'with'>;
  readonly #roomsClosed: Counter<'why'>;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    for (const name of costly) this.#registry.removeSingleMetric(name);
    this.#phrases = new Counter({
      name: 'bnc_phrases_total',
      help: 'Phrases that rooms of this server decided: heard, unheard (no listener), or skipped (not to be played).',
      labelNames: ['outcome'],
      registers,
    });
    this.#renderSeconds = new Histogram({
      name: 'bnc_render_seconds',
      help: 'Time from asking for a clip to having it rendered and encoded, waiting included.',
      buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    });
    this.#clips = new Counter({
      name: 'bnc_clips_total',
      help: 'Clips that were wanted, by where they came from: memory, store or render.',
      labelNames: ['from'],
      registers,
    });
    this.#listeners = new Gauge({
      name: 'bnc_listeners',
      help: 'Open streams, by the form in which they get phrases.',
      labelNames: ['form'],
      registers,
    });
    this.#leadSeconds = new Histogram({
      name: 'bnc_lead_seconds',
      help: 'Time between sending a phrase to listeners of this server and its start; at or below 0 it came late.',
      buckets: [0, 0.05, 0.1, 0.15, 0.2, 0.4, 0.8, 1.6, 3.2],
      registers,
    });
    this.#lateNotes = new Counter({
      name: 'bnc_late_notes_total',
      help: 'Notes that pages could not play in time, as they report.',
      registers,
    });
    this.#leftOut = new Counter({
      name: 'bnc_export_left_out_total',
      help: 'Phrases, and loops of beds, that are silent in exports because they could not be rendered.',
      registers,
    });
    this.#roomsOpened = new Counter({
      name: 'bnc_rooms_opened_total',
      help: 'Rooms that this server took: with the state of an owner before (also its own), or with none.',
      labelNames: ['with'],
      registers,
    });
    this.#roomsClosed = new Counter({
      name: 'bnc_rooms_closed_total',
      help: 'Rooms that this server gave up: idle, revoked (handed over), or lost (another server took it).',
      labelNames: ['why'],
      registers,
    });
  }

  /** The type of what `text` returns. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Returns all metrics as Prometheus reads them. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts a phrase that a room of this server decided. */
  decided(outcome: 'heard' | 'unheard' | 'skipped'): void {
    this.#phrases.inc({ outcome });
  }

  /** Counts a clip that was wanted, and the time of its render. */
  clip(from: 'memory' | 'store' | 'render', ms = 0): void {
    this.#clips.inc({ from });
    if (from === 'render') this.#renderSeconds.observe(ms / 1000);
  }

  /** Counts a listener who comes, or goes. */
  listener(variant: string, change: 1 | -1): void {
    this.#listeners.inc({ form: formLabelOf(variant) }, change);
  }

  /** Takes the time in ms between sending a phrase and its start. */
  sent(leadMs: number): void {
    this.#leadSeconds.observe(leadMs / 1000);
  }

  /** Counts notes that a page could not play in time. */
  late(notes: number): void {
    this.#lateNotes.inc(notes);
  }

  /** Counts what is silent in an export because it could not be rendered. */
  leftOut(): void {
    this.#leftOut.inc();
  }

  /** Counts a room that this server took. */
  opened(state: 'state' | 'nothing'): void {
    this.#roomsOpened.inc({ with: state });
  }

  /** Counts a room that this server gave up. */
  closed(why: 'idle' | 'revoked' | 'lost'): void {
    this.#roomsClosed.inc({ why });
  }

  /** Reads the parts that count by themselves each time the metrics are read, from now on. */
  read({ webhooks, streams, renders, clips, rooms, store }: MetricSources): void {
    this.#counter(
      'bnc_deliveries_total',
      'Requests to the webhook, by what became of them.',
      ['outcome', 'reason'],
      () => {
        const { accepted, duplicate, ping, ignored, refused } = webhooks();
        const split = (outcome: string, by: Readonly<Record<string, number>>): Values =>
          Object.entries(by).map(([reason, count]) => [{ outcome, reason }, count]);
        return [
          [{ outcome: 'accepted', reason: '' }, accepted],
          [{ outcome: 'duplicate', reason: '' }, duplicate],
          [{ outcome: 'ping', reason: '' }, ping],
          ...split('ignored', ignored),
          ...split('refused', refused),
        ];
      },
    );
    this.#gauge('bnc_webhook_unverified_bytes', 'Bytes of bodies whose sender is not verified yet.', [], () => [
      [{}, webhooks().unverifiedBytes],
    ]);
    this.#counter('bnc_renders_total', 'Renders that ended, by outcome.', ['outcome'], () => {
      const { rendered, failed } = renders();
      return [
        [{ outcome: 'rendered' }, rendered],
        [{ outcome: 'failed' }, failed],
      ];
    });
    this.#gauge('bnc_render_queue', 'Renders that wait.', [], () => [[{}, renders().queued]]);
    this.#gauge('bnc_render_processes', 'Render processes, by what they do.', ['state'], () => {
      const { idle, running, starting } = renders();
      return Object.entries({ idle, running, starting }).map(([state, count]) => [{ state }, count]);
    });
    this.#counter('bnc_render_processes_started_total', 'Render processes that were started.', [], () => [
      [{}, renders().started],
    ]);
    this.#gauge('bnc_clip_store_files', 'Clips in the data folder.', [], () => [[{}, clips().files]]);
    this.#gauge('bnc_clip_store_bytes', 'Bytes of clips in the data folder.', [], () => [[{}, clips().bytes]]);
    this.#gauge('bnc_rooms_owned', 'Rooms that this server owns and keeps in memory.', [], () => [[{}, rooms()]]);
    this.#readStreams(streams);
    this.#readStore(store);
  }

  #readStreams(streams: () => SSEStats): void {
    const each = (label: string, by: Readonly<Record<string, number>>): Values =>
      Object.entries(by).map(([name, count]) => [{ [label]: name }, count]);
    this.#counter('bnc_streams_opened_total', 'Streams that were opened.', [], () => [[{}, streams().opened]]);
    this.#counter('bnc_streams_closed_total', 'Streams that are over, by reason.', ['reason'], () =>
      each('reason', streams().closed),
    );
    this.#counter('bnc_streams_refused_total', 'Streams that were refused, by code.', ['code'], () =>
      each('code', streams().refused),
    );
    this.#counter('bnc_streams_resumed_total', 'Streams that went on where they were, by outcome.', ['outcome'], () => {
      const { replayed, truncated } = streams();
      return each('outcome', { replayed, truncated });
    });
    this.#counter(
      'bnc_stream_messages_total',
      'Messages to listeners: sent at once, deferred (a slow listener), skipped or dropped (too slow).',
      ['outcome'],
      () => {
        const { sent, deferred, skipped, dropped } = streams();
        return each('outcome', { sent, deferred, skipped, dropped });
      },
    );
    this.#counter('bnc_stream_bytes_total', 'Bytes written to listeners.', [], () => [[{}, streams().bytes]]);
    this.#counter('bnc_stream_errors_total', 'Messages that could not be made.', [], () => [[{}, streams().errors]]);
    this.#gauge('bnc_stream_history_bytes', 'Bytes kept for listeners who come back.', [], () => [
      [{}, streams().historyBytes],
    ]);
  }

  #readStore(store: StoreWatch): void {
    this.#gauge('bnc_store_up', '1 while the store responds.', [], async () => [[{}, (await store.stats()) ? 1 : 0]]);
    this.#gauge('bnc_store_warnings', 'Lasting problems of the store, by code.', ['code'], async () =>
      ((await store.stats())?.warnings ?? []).map(({ code }) => [{ code }, 1]),
    );
    this.#gauge('bnc_bus_events', 'Events in the log.', [], async () => numberOf((await store.stats())?.depth));
    this.#gauge('bnc_bus_publishing', 'Publishes of this server that wait for the store.', [], async () =>
      numberOf((await store.stats())?.publishing),
    );
    this.#gauge('bnc_dead_letters', 'Dead letters that are kept.', [], async () =>
      numberOf((await store.stats())?.deadLetters),
    );
    const sum = async (name: 'lag' | 'pending' | 'redeliveries' | 'deadLettered' | 'lost'): Promise<Values> => {
      const groups = (await store.stats())?.groups.filter(({ group }) => group === ownersGroup);
      return numberOf(groups?.reduce((total, group) => total + group[name], 0));
    };
    this.#gauge('bnc_bus_lag_events', 'Events that the owners of rooms have not read yet.', [], () => sum('lag'));
    this.#gauge('bnc_bus_pending_events', 'Deliveries that rooms have open.', [], () => sum('pending'));
    this.#counter('bnc_bus_redeliveries_total', 'Events that came to an owner again.', [], () => sum('redeliveries'));
    this.#counter('bnc_bus_dead_lettered_total', 'Events that were given up.', [], () => sum('deadLettered'));
    this.#counter('bnc_bus_lost_total', 'Events that were cut from the log before an owner read them.', [], () =>
      sum('lost'),
    );
  }

  #gauge(name: string, help: string, labelNames: readonly string[], values: () => Values | Promise<Values>): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      async collect() {
        const all = await values();
        gauge.reset();
        for (const [labels, value] of all) gauge.set(labels, value);
        if (all.length === 0) gauge.remove({});
      },
    });
  }

  /** Makes a counter that follows one that counts elsewhere. */
  #counter(name: string, help: string, labelNames: readonly string[], values: () => Values | Promise<Values>): void {
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      async collect() {
        const all = await values();
        counter.reset();
        for (const [labels, value] of all) counter.inc(labels, value);
        if (all.length === 0) counter.remove({});
      },
    });
  }
}

/** What the store does not say has no value: 0 would look as if all were well. */
function numberOf(value: number | undefined): Values {
  return value === undefined ? [] : [[{}, value]];
}

/** Names the form of a stream by the best that it takes, so that a client cannot make up new labels. */
function formLabelOf(variant: string): string {
  const delivery = deliveryOf(variant);
  if (!delivery) return 'other';
  if (delivery.kind === 'inline') return delivery.encoding;
  return delivery.kind === 'score' ? 'score' : 'link';
}
