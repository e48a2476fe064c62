import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import type { BusEvent } from '@bnc/event-bus';
import { BusError } from '@bnc/event-bus';
import { foldTempo, type GatherState, gather, type RecentActivity } from '@bnc/music-engine';
import { type Bars, composeAt, expectNothing, expectPhrase, silence, startPhrase } from './bars.ts';
import { composePhrase } from './compose-phrase.ts';
import type { MusicGenerated, RoomHeard, ServerEvents } from './events.ts';
import { type Certain, Hearing } from './hearing.ts';
import { addUnfinished, emptied, type KnownFacts, type RoomState, type Unfinished } from './room-state.ts';
import { hearableMs, type KeptPhrase } from './tables.ts';

/** A delivery, as the owner of its room gets it. */
export type RoomDelivery = BusEvent<`webhook:github:${string}`, GitHubDelivery>;

/** What a room tells, in one step with what it is done with. */
export interface RoomWord<Topic extends 'music:generated' | 'audio:rendered'> {
  /** What holds while the room belongs to this server: an event that is not done with it. */
  readonly of: BusEvent;
  /** Events that are done with it. */
  readonly settle: readonly BusEvent[];
  readonly topic: Topic;
  readonly payload: ServerEvents[Topic];
  /** The name that its repository has now. */
  readonly repoId: string;
  readonly state: RoomState;
}

/** What a room needs of the house. */
export interface RoomHouse {
  /** Tells something; returns the id of the event. Rejects when the room belongs to another server. */
  tell<Topic extends 'music:generated' | 'audio:rendered'>(word: RoomWord<Topic>): Promise<string>;
  /** Keeps the state, for a room that has long told nothing. */
  save(of: BusEvent, state: RoomState): Promise<void>;
  /** Forms that listeners want, on every server; undefined where nobody listens. */
  wanted(phrase: Pick<MusicGenerated, 'repoId'>): Promise<ReadonlySet<string> | undefined>;
  /** Makes the sound of a phrase; rejects when it cannot be made, and the room has been told. */
  render(phrase: MusicGenerated, forms: ReadonlySet<string>): Promise<void>;
  /** Keeps a phrase in the tables, and notes when it sounds. */
  keep(kept: Pick<KeptPhrase, 'eventId' | 'phrase'>): Promise<void>;
  start(phraseId: string, sound: { readonly messageId: string; readonly startAt: EpochMs }): Promise<void>;
  /** The newest phrase that has been kept. */
  newest(): Promise<KeptPhrase | undefined>;
  /** Called when the room holds more, or less. */
  held(change: number): void;
  now(): EpochMs;
}

interface Open {
  readonly event: RoomDelivery;
  /** Facts before it; undefined once it has been told. */
  readonly before: KnownFacts | undefined;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** A phrase speaks for this many activities at most; more open the next one. */
const maxActivities = 500;

/** Time within which a phrase that has been told is in the tables; another one is the newest after that. */
const keptWithinMs = 10_000;

/** Deliveries that are heard without telling anything, before the state is kept. */
const saveAfter = 500;

/**
 * A room on the server that owns it: what has happened in its repositories, what waits to be told, when it sounds. One
 * phrase for one happening, or for everything that happens while it sounds; the first happening never waits.
 */
export class Room {
  readonly key: string;
  readonly #house: RoomHouse;
  /** The name of a merged room. */
  readonly #merged: string | undefined;
  readonly #hearing: Hearing;
  readonly #open = new Map<string, Open>();
  #gathered: GatherState | undefined;
  #tempo: RecentActivity | undefined;
  #bars: Bars;
  #burst: GitHubActivity[] = [];
  #unfinished: readonly Unfinished[];
  /** The newest event that has been told, whose fence proves that the room is ours. */
  #last: BusEvent | undefined;
  #held = 0;
  #turn: Promise<void> = Promise.resolve();
  #unsaved = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(key: string, merged: string | undefined, state: RoomState | undefined, house: RoomHouse) {
    this.key = key;
    this.#merged = merged;
    this.#house = house;
    this.#hearing = new Hearing(state?.repositories ?? []);
    this.#gathered = state?.gathered;
    this.#tempo = state?.tempo;
    this.#bars = { ...silence, soundsUntil: state?.soundsUntil ?? 0 };
    this.#unfinished = state?.unfinished ?? [];
  }

  /** Activities that wait for more of their kind. */
  get held(): number {
    return this.#held;
  }

  /** Hears deliveries of the past, so that the room knows what it knew. Those that are still open come by `take`. */
  async recall(past: AsyncIterable<RoomDelivery>): Promise<void> {
    for await (const event of past) this.#hearing.recall(event);
    this.#step();
  }

  /** Takes a delivery; settles when it has been told, or tells nothing. */
  async take(event: RoomDelivery): Promise<void> {
    if (this.#isOver) throw this.#returned();
    const unfinished = this.#unfinished.find(({ input }) => input === event.id);
    if (unfinished) return this.#sound(unfinished, event);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const open: Open = { event, before: this.#hearing.before(event), done: resolve, fail: reject };
    this.#open.set(event.payload.deliveryId, open);
    this.#certain(this.#hearing.hear(event, (deliveryId) => this.#open.has(deliveryId)));
    if (++this.#unsaved >= saveAfter) void this.save();
    this.#step();
    return promise;
  }

  /** Takes word of a listener who came where nobody listened; settles when the newest phrase sounds, if it still matters. */
  async listen(event: BusEvent<'room:heard', RoomHeard>): Promise<void> {
    const newest = await this.#house.newest();
    const isKept = newest?.phrase.phraseId === event.payload.phraseId;
    // It has been told, and is about to be kept.
    if (!isKept && this.#house.now() - event.publishedAt < keptWithinMs) throw this.#returned();
    if (!newest || newest.startAt !== undefined || this.#house.now() - newest.phrase.receivedAt > hearableMs) return;
    const { phrase } = newest;
    const known = this.#unfinished.find((one) => one.phrase.phraseId === phrase.phraseId);
    if (known && known.input !== event.id) return;
    const unfinished = known ?? { input: event.id, phrase };
    if (!known) this.#unfinished = addUnfinished(this.#unfinished, unfinished);
    await this.#sound(unfinished, event);
  }

  /** Tells everything that waits for more of its kind: a server that holds too much says so. */
  release(): void {
    const due = this.#house.now();
    const kinds = (this.#gathered?.kinds ?? []).map((kind) => (kind.held.length > 0 ? { ...kind, due } : kind));
    this.#gathered = { kinds, due };
    this.#step();
  }

  /** Keeps the state where something has been heard since it was kept last. */
  async save(): Promise<void> {
    const last = [...this.#open.values()].at(-1)?.event ?? this.#last;
    if (this.#unsaved === 0 || !last || this.#isOver) return;
    try {
      await this.#inTurn(() => this.#house.save(last, this.#state()));
    } catch {
      // The next phrase keeps it.
    }
  }

  /** Ends it here: what has not been told is given back, and comes to the next owner. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#house.held(-this.#held);
    this.#held = 0;
    for (const { fail } of this.#open.values()) fail(this.#returned());
    this.#open.clear();
  }

  #returned(): BusError {
    return new BusError('BUS_RETURNED', `room ${this.key} goes on elsewhere`);
  }

  /** Lets what is stored follow what was stored before: a state tells of nothing that has not been told. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Does what is due, and waits for what is due next. */
  #step(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const now = this.#house.now();
    if ((this.#hearing.due ?? Number.POSITIVE_INFINITY) <= now) this.#certain(this.#hearing.pass(now));
    if ((this.#gathered?.due ?? Number.POSITIVE_INFINITY) <= now) this.#gather(undefined);
    if (this.#burst.length > 0 && composeAt(this.#bars) <= now) this.#compose(this.#burst.splice(0));
    const due = Math.min(
      this.#hearing.due ?? Number.POSITIVE_INFINITY,
      this.#gathered?.due ?? Number.POSITIVE_INFINITY,
      this.#burst.length > 0 ? composeAt(this.#bars) : Number.POSITIVE_INFINITY,
    );
    if (Number.isFinite(due)) {
      this.#timer = setTimeout(() => this.#step(), Math.max(0, Math.min(due - now, 2 ** 31 - 1))).unref();
    }
  }

  #certain({ activities, silent }: Certain): void {
    for (const activity of activities) if (this.#open.has(activity.deliveryId)) this.#gather(activity);
    for (const deliveryId of silent) this.#settle(deliveryId);
  }

  /** Gathers waves and floods, and schedules what is to be told. */
  #gather(activity: GitHubActivity | undefined): void {
    const { state, ready } = gather(this.#gathered, activity, this.#house.now());
    this.#gathered = state;
    const held = state.kinds.reduce((sum, kind) => sum + kind.held.length, 0);
    this.#house.held(held - this.#held);
    this.#held = held;
    for (const activities of ready) {
      if (this.#burst.length + activities.length > maxActivities) this.#compose(this.#burst.splice(0));
      this.#burst.push(...activities);
      if (composeAt(this.#bars) <= this.#house.now()) this.#compose(this.#burst.splice(0));
    }
  }

  /** Makes one phrase of activities, of those whose deliveries are still open. */
  #compose(gathered: readonly GitHubActivity[]): void {
    const activities = gathered.filter(({ deliveryId }) => this.#open.has(deliveryId));
    const inputs = activities.flatMap(({ deliveryId }) => this.#open.get(deliveryId)?.event ?? []);
    const [first] = inputs;
    if (!first) return;
    const now = this.#house.now();
    // By the clock of this server: payloads carry the clocks of strangers.
    for (const activity of activities) this.#tempo = foldTempo(this.#tempo, activity, now);
    const phrase = composePhrase({
      phraseId: first.id,
      activities,
      commitsPerHour: this.#tempo?.commitsPerHour ?? 0,
      room: this.#merged,
      nameOf: (activity) => this.#hearing.nameOf(activity),
      now,
    });
    this.#bars = expectPhrase(this.#bars, phrase.musicalParams.duration * 1000, now);
    void this.#tell(phrase, inputs);
  }

  async #tell(composed: Omit<MusicGenerated, 'isHeard'>, inputs: readonly RoomDelivery[]): Promise<void> {
    const last = inputs.at(-1);
    if (!last) return;
    try {
      const forms = await this.#house.wanted(composed);
      const phrase = { ...composed, isHeard: forms !== undefined };
      const unfinished = { input: last.id, phrase };
      if (!forms) {
        this.#bars = expectNothing(this.#bars);
        this.#step();
      }
      const settle = forms ? inputs.slice(0, -1) : inputs;
      const told = new Set(inputs.map(({ payload: { deliveryId } }) => deliveryId));
      const eventId = await this.#inTurn(async () => {
        if (forms) this.#unfinished = addUnfinished(this.#unfinished, unfinished);
        try {
          const { repoId } = phrase;
          const state = this.#state(told);
          return await this.#house.tell({ of: last, settle, topic: 'music:generated', payload: phrase, repoId, state });
        } catch (error) {
          this.#unfinished = this.#unfinished.filter((one) => one !== unfinished);
          throw error;
        }
      });
      for (const { payload } of settle) this.#settle(payload.deliveryId);
      if (forms) this.#told(last.payload.deliveryId);
      await this.#house.keep({ eventId, phrase });
      if (!forms) return;
      await this.#sound(unfinished, last, forms);
      this.#settle(last.payload.deliveryId);
    } catch (error) {
      if (!this.#isOver) this.#bars = expectNothing(this.#bars);
      for (const { payload } of inputs) this.#fail(payload.deliveryId, error);
      this.#step();
    }
  }

  /** Has a phrase rendered, gives it its start, and says so. */
  async #sound(unfinished: Unfinished, event: BusEvent, wanted?: ReadonlySet<string>): Promise<void> {
    const { phrase } = unfinished;
    const durationMs = phrase.musicalParams.duration * 1000;
    this.#bars = expectPhrase(this.#bars, durationMs, this.#house.now());
    try {
      // Where everybody has left meanwhile, it is rendered for the next one who comes.
      const forms = wanted ?? (await this.#house.wanted(phrase)) ?? new Set<string>();
      await this.#house.render(phrase, forms);
      const { phraseId, repositoryId } = phrase;
      const sound = await this.#inTurn(async () => {
        const { bars, startAt } = startPhrase(this.#bars, durationMs, this.#house.now());
        this.#bars = bars;
        this.#unfinished = this.#unfinished.filter((one) => one !== unfinished);
        const messageId = await this.#house.tell({
          of: event,
          settle: [event],
          topic: 'audio:rendered',
          payload: { phraseId, repositoryId, startAt },
          repoId: this.#hearing.nameOf(phrase),
          state: this.#state(),
        });
        return { messageId, startAt };
      });
      await this.#house.start(phraseId, sound);
    } catch (error) {
      this.#bars = expectNothing(this.#bars);
      if (!this.#unfinished.includes(unfinished)) this.#unfinished = addUnfinished(this.#unfinished, unfinished);
      throw error;
    } finally {
      this.#step();
    }
  }

  /**
   * What the next owner begins with. Rejects after the end: what was open then is the next owner's.
   * @param told - ids of deliveries that are open and have been told
   */
  #state(told: ReadonlySet<string> = new Set()): RoomState {
    if (this.#isOver) throw this.#returned();
    this.#unsaved = 0;
    const earlier = [...this.#open].flatMap(([deliveryId, { before }]) =>
      before && !told.has(deliveryId) ? [before] : [],
    );
    const gathered = emptied(this.#gathered);
    return {
      version: 1,
      repositories: this.#hearing.known(earlier),
      ...(gathered && { gathered }),
      ...(this.#tempo && { tempo: this.#tempo }),
      soundsUntil: this.#bars.soundsUntil,
      unfinished: this.#unfinished,
    };
  }

  #settle(deliveryId: string): void {
    const open = this.#open.get(deliveryId);
    if (!open) return;
    this.#last = open.event;
    this.#open.delete(deliveryId);
    this.#hearing.settle(deliveryId);
    open.done();
  }

  /** Notes that a delivery which stays open until its phrase sounds has been told: come again, it tells nothing. */
  #told(deliveryId: string): void {
    const open = this.#open.get(deliveryId);
    if (open) this.#open.set(deliveryId, { ...open, before: undefined });
    this.#hearing.settle(deliveryId);
  }

  #fail(deliveryId: string, error: unknown): void {
    const open = this.#open.get(deliveryId);
    this.#open.delete(deliveryId);
    open?.fail(error);
  }
}
