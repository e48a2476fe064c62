import type { GitHubActivity } from '@bnc/contracts';
import { BusError, type BusEvent } from '@bnc/event-bus';
import { type GatherState, gather } from '@bnc/music-engine';
import type { RoomHeard, RoomTest } from './events.ts';
import { type Certain, Hearing } from './hearing.ts';
import { OpenDeliveries } from './open-deliveries.ts';
import type { RoomDelivery, RoomHouse } from './room-house.ts';
import { emptied, openState, type RoomState } from './room-state.ts';
import { type Matter, Sounding } from './sounding.ts';

/** A phrase speaks for at most this many activities; further ones go into the next phrase. */
const maxActivities = 500;

/** Deliveries that are heard before the state is kept, if no phrase keeps it. */
const saveAfter = 500;

/**
 * A room on the server that owns it: what has happened in its repositories, what waits for a phrase, when each sounds.
 * A phrase speaks for one happening, or for everything that happened while another phrase sounded; in silence, a
 * happening never waits.
 */
export class Room {
  readonly key: string;
  readonly #house: RoomHouse;
  /** The name of a merged room. */
  readonly #merged: string | undefined;
  readonly #hearing: Hearing;
  readonly #open = new OpenDeliveries();
  #gathered: GatherState | undefined;
  #burst: GitHubActivity[] = [];
  readonly #sounding: Sounding;
  /** The newest event that the room is done with; its fence proves that the room is ours. */
  #last: BusEvent | undefined;
  #held = 0;
  #turn: Promise<void> = Promise.resolve();
  #unsaved = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(key: string, merged: string | undefined, state: RoomState, house: RoomHouse) {
    this.key = key;
    this.#merged = merged;
    this.#house = house;
    this.#hearing = new Hearing(state.repositories);
    this.#gathered = state.gathered;
    this.#sounding = new Sounding(house, state, {
      nameOf: (place) => this.#hearing.nameOf(place),
      state: (spokenFor) => this.#state(spokenFor),
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

  /**
   * Takes the news of a first listener; settles when the newest phrase sounds, or at once if it need not be rendered.
   */
  listen(event: BusEvent<'room:heard', RoomHeard>): Promise<void> {
    return this.#sounding.listen(event);
  }

  /** Takes parameters that are to be played; settles when they sound, or at once if nobody listens. */
  async test(event: BusEvent<'room:test', RoomTest>): Promise<void> {
    if (this.#isOver) throw this.#returned();
    const known = this.#sounding.of(event);
    if (known) return this.#sounding.sound(known, event);
    const { audience, kept, unfinished } = await this.#sounding.playTest(event, this.#merged);
    if (kept) await this.#house.keep(kept);
    if (unfinished) await this.#sounding.sound(unfinished, event, audience);
  }

  /** Takes what the operator has chosen, and publishes the bed. */
  async tellBed(event: BusEvent): Promise<void> {
    if (this.#isOver) throw this.#returned();
    await this.#sounding.tellBed(event, await this.#house.settings());
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

  /** Ends the room on this server: deliveries without a phrase are given back, and come to the next owner. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#house.held(-this.#held);
    this.#held = 0;
    this.#sounding.end();
    this.#open.failAll(this.#returned());
  }

  #returned(): BusError {
    return new BusError('BUS_RETURNED', `room ${this.key} gives this event back: it is delivered again`);
  }

  /** Runs work that stores something, one after the other: a state is never ahead of what has been published. */
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
    if (this.#burst.length > 0 && this.#sounding.decideAt <= now) this.#compose(this.#burst.splice(0));
    const due = Math.min(
      this.#hearing.due ?? Number.POSITIVE_INFINITY,
      this.#gathered?.due ?? Number.POSITIVE_INFINITY,
      this.#burst.length > 0 ? this.#sounding.decideAt : Number.POSITIVE_INFINITY,
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
      if (this.#sounding.decideAt <= this.#house.now()) this.#compose(this.#burst.splice(0));
      else this.#interrupt(activities);
    }
  }

  /** Plays bad news at once, if it may interrupt what sounds; the rest waits for the next phrase. */
  #interrupt(candidates: readonly GitHubActivity[]): void {
    const urgent = candidates.filter((one) => this.#sounding.isInterruptedBy([one]));
    if (urgent.length === 0) return;
    this.#burst = this.#burst.filter((one) => !urgent.includes(one));
    this.#compose(urgent);
  }

  /** Makes one phrase of those activities whose deliveries are still open. */
  #compose(gathered: readonly GitHubActivity[]): void {
    const [activity, ...activities] = gathered.filter(({ deliveryId }) => this.#open.has(deliveryId));
    const [input, ...inputs] = gathered.flatMap(({ deliveryId }) => this.#open.event(deliveryId) ?? []);
    if (!activity || !input) return;
    void this.#tell({ inputs: [input, ...inputs], activities: [activity, ...activities], merged: this.#merged });
  }

  async #tell(matter: Matter): Promise<void> {
    const { inputs } = matter;
    try {
      const { audience, kept, unfinished } = await this.#sounding.tell(matter);
      const last = inputs.at(-1) ?? inputs[0];
      const done = unfinished ? inputs.slice(0, -1) : inputs;
      for (const { payload } of done) this.#settle(payload.deliveryId);
      if (unfinished) this.#told(last.payload.deliveryId);
      this.#interrupt(this.#burst);
      this.#step();
      if (kept) await this.#house.keep(kept);
      if (!unfinished) return;
      await this.#sounding.sound(unfinished, last, audience);
      this.#settle(last.payload.deliveryId);
    } catch (error) {
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
      ...openState(this.#sounding.state.piece),
      repositories: this.#hearing.known(this.#open.factsBefore(spokenFor)),
      ...(gathered && { gathered }),
      ...this.#sounding.state,
    };
  }

  #settle(deliveryId: string): void {
    const event = this.#open.settle(deliveryId);
    if (!event) return;
    this.#last = event;
    this.#hearing.settle(deliveryId);
  }

  /**
   * Notes that a phrase speaks for a delivery, which stays open until the phrase sounds: arriving again, it adds
   * nothing.
   */
  #told(deliveryId: string): void {
    this.#open.tell(deliveryId);
    this.#hearing.settle(deliveryId);
  }
}

function nothing(): void {}
