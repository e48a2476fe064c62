import type { GitHubActivity } from '@bnc/contracts';
import { BusError, type BusEvent } from '@bnc/event-bus';
import { foldTempo, type GatherState, gather, type RecentActivity } from '@bnc/music-engine';
import { composePhrase } from './compose-phrase.ts';
import type { MusicGenerated, RoomHeard } from './events.ts';
import { type Certain, Hearing } from './hearing.ts';
import { OpenDeliveries } from './open-deliveries.ts';
import type { RoomDelivery, RoomHouse } from './room-house.ts';
import { emptied, type RoomState } from './room-state.ts';
import { Sounding } from './sounding.ts';

/** A phrase speaks for at most this many activities; further ones go into the next phrase. */
const maxActivities = 500;

/** Deliveries that are heard without a phrase before the state is kept. */
const saveAfter = 500;

/**
 * A room on the server that owns it: what has happened in its repositories, what waits for a phrase, when each sounds. One
 * phrase for one happening, or for everything that happens while it sounds; the first happening never waits.
 */
export class Room {
  readonly key: string;
  readonly #house: RoomHouse;
  /** The name of a merged room. */
  readonly #merged: string | undefined;
  readonly #hearing: Hearing;
  readonly #open = new OpenDeliveries();
  #gathered: GatherState | undefined;
  #tempo: RecentActivity | undefined;
  #burst: GitHubActivity[] = [];
  readonly #sounding: Sounding;
  /** The newest event that the room is done with; its fence proves that the room is ours. */
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
    this.#sounding = new Sounding(house, state, {
      nameOf: (phrase) => this.#hearing.nameOf(phrase),
      state: () => this.#state(),
      inTurn: (work) => this.#inTurn(work),
      returned: () => this.#returned(),
      onChange: () => this.#step(),
    });
  }

  /** Activities that wait for more of their kind. */
  get held(): number {
    return this.#held;
  }

  /** Hears past deliveries, so that the room knows what it knew. Those that are still open come by `take`. */
  async recall(past: AsyncIterable<RoomDelivery>): Promise<void> {
    for await (const event of past) this.#hearing.recall(event);
    this.#step();
  }

  /** Takes a delivery; settles when a phrase speaks for it, or when it says nothing new. */
  async take(event: RoomDelivery): Promise<void> {
    if (this.#isOver) throw this.#returned();
    const unfinished = this.#sounding.of(event);
    if (unfinished) return this.#sounding.sound(unfinished, event);
    const done = this.#open.add(event, this.#hearing.before(event));
    this.#certain(this.#hearing.hear(event, (deliveryId) => this.#open.has(deliveryId)));
    if (++this.#unsaved >= saveAfter) void this.save();
    this.#step();
    return done;
  }

  /** Takes the news of a first listener; settles when the newest phrase sounds, or at once if it need not be rendered. */
  listen(event: BusEvent<'room:heard', RoomHeard>): Promise<void> {
    return this.#sounding.listen(event);
  }

  /** Plays everything that waits for more of its kind. Called when the server holds too much. */
  release(): void {
    const due = this.#house.now();
    const kinds = (this.#gathered?.kinds ?? []).map((kind) => (kind.held.length > 0 ? { ...kind, due } : kind));
    this.#gathered = { kinds, due };
    this.#step();
  }

  /** Keeps the state, if a delivery was heard since it was kept last. */
  async save(): Promise<void> {
    const last = this.#open.newest ?? this.#last;
    if (this.#unsaved === 0 || !last || this.#isOver) return;
    try {
      await this.#inTurn(() => this.#house.save(last, this.#state()));
    } catch {
      // The next phrase keeps the state.
    }
  }

  /** Ends it here: deliveries without a phrase are given back, and come to the next owner. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#house.held(-this.#held);
    this.#held = 0;
    this.#open.failAll(this.#returned());
  }

  #returned(): BusError {
    return new BusError('BUS_RETURNED', `room ${this.key} gives this event back: it is delivered again`);
  }

  /** Lets what is stored follow what was stored before: a state is never ahead of what has been published. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.then(nothing, nothing);
    return done;
  }

  /** Does what is due, and waits for what is due next. */
  #step(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const now = this.#house.now();
    if ((this.#hearing.due ?? Number.POSITIVE_INFINITY) <= now) this.#certain(this.#hearing.pass(now));
    if ((this.#gathered?.due ?? Number.POSITIVE_INFINITY) <= now) this.#gather(undefined);
    if (this.#burst.length > 0 && this.#sounding.composeAt <= now) this.#compose(this.#burst.splice(0));
    const due = Math.min(
      this.#hearing.due ?? Number.POSITIVE_INFINITY,
      this.#gathered?.due ?? Number.POSITIVE_INFINITY,
      this.#burst.length > 0 ? this.#sounding.composeAt : Number.POSITIVE_INFINITY,
    );
    if (Number.isFinite(due)) {
      this.#timer = setTimeout(() => this.#step(), Math.max(0, Math.min(due - now, 2 ** 31 - 1))).unref();
    }
  }

  #certain({ activities, silent }: Certain): void {
    for (const activity of activities) if (this.#open.has(activity.deliveryId)) this.#gather(activity);
    for (const deliveryId of silent) this.#settle(deliveryId);
  }

  /** Gathers waves and floods, and schedules what gets a phrase. */
  #gather(activity: GitHubActivity | undefined): void {
    const { state, ready } = gather(this.#gathered, activity, this.#house.now());
    this.#gathered = state;
    const held = state.kinds.reduce((sum, kind) => sum + kind.held.length, 0);
    this.#house.held(held - this.#held);
    this.#held = held;
    for (const activities of ready) {
      if (this.#burst.length + activities.length > maxActivities) this.#compose(this.#burst.splice(0));
      this.#burst.push(...activities);
      if (this.#sounding.composeAt <= this.#house.now()) this.#compose(this.#burst.splice(0));
    }
  }

  /** Makes one phrase of those activities whose deliveries are still open. */
  #compose(gathered: readonly GitHubActivity[]): void {
    const activities = gathered.filter(({ deliveryId }) => this.#open.has(deliveryId));
    const inputs = activities.flatMap(({ deliveryId }) => this.#open.event(deliveryId) ?? []);
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
    this.#sounding.expect(phrase);
    void this.#tell(phrase, inputs);
  }

  async #tell(composed: Omit<MusicGenerated, 'isHeard'>, inputs: readonly RoomDelivery[]): Promise<void> {
    const last = inputs.at(-1);
    if (!last) return;
    try {
      const audience = await this.#house.audience(composed);
      if (!audience) {
        this.#sounding.expectNothing();
        this.#step();
      }
      const takesScores = audience?.leadMs !== undefined;
      if (takesScores) this.#house.prepare(composed);
      // Its last delivery stays open until the phrase has its clips, and its start where that waits for them.
      const hasClips = audience !== undefined && (audience.variants.size > 0 || !takesScores);
      const settle = hasClips ? inputs.slice(0, -1) : inputs;
      const spokenFor = new Set(inputs.map(({ payload: { deliveryId } }) => deliveryId));
      const { eventId, unfinished } = await this.#sounding.tell(composed, {
        of: last,
        settle,
        audience,
        hasClips,
        state: () => this.#state(spokenFor),
      });
      for (const { payload } of settle) this.#settle(payload.deliveryId);
      if (hasClips) this.#told(last.payload.deliveryId);
      this.#step();
      await this.#house.keep({ eventId, phrase: unfinished.phrase });
      if (!hasClips) return;
      await this.#sounding.sound(unfinished, last, audience);
      this.#settle(last.payload.deliveryId);
    } catch (error) {
      if (!this.#isOver) this.#sounding.expectNothing();
      for (const { payload } of inputs) this.#open.fail(payload.deliveryId, error);
      this.#step();
    }
  }

  /**
   * What the next owner begins with. Rejects after the end: what was open then is the next owner's.
   * @param spokenFor - ids of open deliveries that a phrase speaks for
   */
  #state(spokenFor: ReadonlySet<string> = new Set()): RoomState {
    if (this.#isOver) throw this.#returned();
    this.#unsaved = 0;
    const gathered = emptied(this.#gathered);
    return {
      version: 1,
      repositories: this.#hearing.known(this.#open.factsBefore(spokenFor)),
      ...(gathered && { gathered }),
      ...(this.#tempo && { tempo: this.#tempo }),
      ...this.#sounding.state,
    };
  }

  #settle(deliveryId: string): void {
    const event = this.#open.settle(deliveryId);
    if (!event) return;
    this.#last = event;
    this.#hearing.settle(deliveryId);
  }

  /** Notes that a phrase speaks for a delivery, which stays open until the phrase sounds: arriving again, it adds nothing. */
  #told(deliveryId: string): void {
    this.#open.tell(deliveryId);
    this.#hearing.settle(deliveryId);
  }
}

function nothing(): void {}
