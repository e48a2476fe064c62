import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import type { BusError, BusEvent } from '@bnc/event-bus';
import { changeSettings, type RoomState as Piece, type RoomSettings, strongestOf } from '@bnc/music-engine';
import { composePhrase } from './compose-phrase.ts';
import type { MusicBed, MusicGenerated, RoomHeard, RoomTest } from './events.ts';
import { shortestLeadMs } from './lead.ts';
import { bedPart, decide, type Moment, mayInterrupt, startOnBeat } from './piece.ts';
import type { Audience, RoomDelivery, RoomHouse } from './room-house.ts';
import { addUnfinished, type RoomState, type Unfinished } from './room-state.ts';
import { hearableMs, type KeptPhrase } from './tables.ts';

/** A phrase is decided this long, in ms, before the room falls silent, which leaves time to render and send it. */
const headStartMs = 700;

/** Time in ms within which a published phrase is in the tables; after that, the newest phrase in them counts. */
const keptWithinMs = 10_000;

type SoundingState = Pick<RoomState, 'piece' | 'soundsUntil' | 'unfinished'>;

/** What `Sounding` needs from its room. */
interface SoundingRoom {
  /** Returns the current name of a repository. */
  nameOf(place: Pick<GitHubActivity, 'repositoryId' | 'repoId'>): string;
  /** @param spokenFor - ids of open deliveries that a phrase speaks for */
  state(spokenFor?: ReadonlySet<string>): RoomState;
  /** Runs work that stores something, after all such work before it. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Returns the error that gives an event back to the bus. */
  returned(): BusError;
  /** Called when the next phrase may be due. */
  onChange(): void;
}

/** What a phrase is made of. */
export interface Matter {
  /** The deliveries that it speaks for, oldest first. */
  readonly inputs: readonly [RoomDelivery, ...RoomDelivery[]];
  readonly activities: readonly [GitHubActivity, ...GitHubActivity[]];
  /** The name of a merged room. */
  readonly merged: string | undefined;
}

/** What has been published about activities. */
export interface Told {
  /** Who listens; undefined for nobody. */
  readonly audience: Audience | undefined;
  /** Absent if nothing is played. */
  readonly kept?: Pick<KeptPhrase, 'eventId' | 'phrase'>;
  /** Set where clips follow: the last delivery stays open for them. */
  readonly unfinished?: Unfinished;
}

/** The music of a room: the piece that decides each phrase, and the phrases that do not sound yet. */
export class Sounding {
  readonly #house: RoomHouse;
  readonly #room: SoundingRoom;
  #piece: Piece;
  /** End of the last phrase that has its start. */
  #soundsUntil: EpochMs;
  /** End of the last phrase that waits for its clips, as far as is known. */
  #expectedUntil: EpochMs = 0;
  /** Phrases that are being decided. */
  #deciding = 0;
  #unfinished: readonly Unfinished[];
  /** Ends the wait for each render under way. */
  readonly #waits = new Set<(error: BusError) => void>();

  constructor(house: RoomHouse, { piece, soundsUntil, unfinished }: SoundingState, room: SoundingRoom) {
    this.#house = house;
    this.#room = room;
    this.#piece = piece;
    this.#soundsUntil = soundsUntil;
    this.#unfinished = unfinished;
  }

  /** When the next phrase may be decided: now, or a head start before the room falls silent. */
  get decideAt(): EpochMs {
    return this.#deciding > 0 ? Number.POSITIVE_INFINITY : this.#busyUntil - headStartMs;
  }

  /** What the next owner begins with. */
  get state(): SoundingState {
    return { piece: this.#piece, soundsUntil: this.#soundsUntil, unfinished: this.#unfinished };
  }

  /** Tells whether activities may interrupt what sounds. */
  isInterruptedBy(activities: readonly GitHubActivity[]): boolean {
    return mayInterrupt(this.#piece, activities, this.#moment(shortestLeadMs));
  }

  /**
   * Decides what activities sound like, if anything, and publishes that: with its start where listeners play its score.
   */
  async tell(matter: Matter): Promise<Told> {
    this.#deciding++;
    let isDeciding = true;
    const free = (): void => {
      if (isDeciding) this.#deciding--;
      isDeciding = false;
    };
    try {
      const audience = await this.#house.audience({ repoId: this.#room.nameOf(strongestOf(matter.activities)) });
      // Where nobody listens, what happens next has a phrase of its own.
      if (!audience) {
        free();
        this.#room.onChange();
      }
      return await this.#inTurn(() => this.#decide(matter, audience));
    } finally {
      free();
    }
  }

  /** Runs work that stores something; what it has changed here is undone when it fails. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#room.inTurn(async () => {
      const before = this.state;
      try {
        return await work();
      } catch (error) {
        this.#piece = before.piece;
        this.#soundsUntil = before.soundsUntil;
        this.#unfinished = before.unfinished;
        throw error;
      }
    });
  }

  async #decide(matter: Matter, audience: Audience | undefined): Promise<Told> {
    const { inputs, activities } = matter;
    const [first] = inputs;
    const of = inputs.at(-1) ?? first;
    const moment = this.#moment(audience ? (audience.leadMs ?? shortestLeadMs) : 0);
    const { room, phrase: made } = decide(this.#piece, activities, moment);
    this.#piece = room;
    const decided = { version: room.version, ...moment };
    const deliveryIds = activities.map(({ deliveryId }) => deliveryId);
    const spokenFor = new Set(deliveryIds);
    const bed = audience?.wantsBed ? { bed: this.#bedAt(moment.at) } : {};
    if (!made) {
      const payload = { phraseId: first.id, deliveryIds, decided };
      const repoId = this.#room.nameOf(activities[0]);
      const state = this.#room.state(spokenFor);
      await this.#house.tell({ of, settle: inputs, topic: 'music:skipped', payload, repoId, state, ...bed });
      return { audience };
    }
    const composed = composePhrase({
      phraseId: first.id,
      activities,
      heard: made.heard,
      params: made.params,
      room: matter.merged,
      nameOf: (activity) => this.#room.nameOf(activity),
      now: this.#house.now(),
    });
    const phrase = { ...composed, decided, ...(audience && made.yieldsAt !== undefined && { interrupts: true }) };
    return this.#publish(phrase, { of, inputs, audience, startAt: made.startAt, spokenFor, bed });
  }

  /**
   * Plays parameters as a phrase that speaks for no delivery, after what sounds; the music of the room stays as it is.
   */
  async playTest(of: BusEvent<'room:test', RoomTest>, merged: string | undefined): Promise<Told> {
    const { params, ...place } = of.payload;
    const { reasons = [], ...musicalParams } = params;
    const audience = await this.#house.audience(place);
    return this.#inTurn(async () => {
      const moment = this.#moment(audience ? (audience.leadMs ?? shortestLeadMs) : 0);
      const phrase = {
        phraseId: of.id,
        ...place,
        ...(merged !== undefined && { room: merged }),
        // It says nothing of the repository; who may enter the room may hear it.
        isPrivate: false,
        deliveryIds: [],
        musicalParams,
        activity: {
          title: 'A test phrase',
          url: `https://github.com/${place.repoId}`,
          actor: 'operator',
          event: 'test',
          emotion: musicalParams.emotion ?? 'activity',
        },
        reasons,
        receivedAt: this.#house.now(),
      } as const;
      const startAt = startOnBeat(this.#piece, musicalParams, Math.max(moment.at, moment.soundsUntil));
      return this.#publish(phrase, { of, inputs: [of], audience, startAt, spokenFor: new Set() });
    });
  }

  /** Publishes a phrase: with its start where listeners play its score. */
  async #publish(
    composed: Omit<MusicGenerated, 'isHeard' | 'startAt' | 'hasClips'>,
    {
      of,
      inputs,
      audience,
      startAt,
      spokenFor,
      bed = {},
    }: {
      /** The event that stays open until the phrase has its clips. */
      readonly of: BusEvent;
      /** What the phrase speaks for, oldest first. */
      readonly inputs: readonly BusEvent[];
      readonly audience: Audience | undefined;
      readonly startAt: EpochMs;
      readonly spokenFor: ReadonlySet<string>;
      readonly bed?: { readonly bed?: MusicBed };
    },
  ): Promise<Told> {
    const takesScores = audience?.leadMs !== undefined;
    const hasClips = audience !== undefined && (audience.variants.size > 0 || !takesScores);
    const phrase: MusicGenerated = {
      ...composed,
      isHeard: audience !== undefined,
      ...(takesScores && { startAt, hasClips }),
    };
    if (takesScores) {
      this.#house.prepare(phrase);
      this.#soundsUntil = endOf(phrase, startAt);
    }
    const unfinished = hasClips ? { input: of.id, phrase } : undefined;
    if (unfinished) this.#unfinished = addUnfinished(this.#unfinished, unfinished);
    // Its last delivery stays open until the phrase has its clips, and its start where that waits for them.
    const settle = unfinished ? inputs.slice(0, -1) : inputs;
    const { repoId } = phrase;
    const state = this.#room.state(spokenFor);
    const eventId = await this.#house.tell({
      of,
      settle,
      topic: 'music:generated',
      payload: phrase,
      repoId,
      state,
      ...bed,
    });
    if (unfinished && !takesScores) this.#expectedUntil = endOf(phrase, startAt);
    return { audience, kept: { eventId, phrase }, ...(unfinished && { unfinished }) };
  }

  /** Takes what the operator has chosen for the room, and publishes its bed. */
  tellBed(of: BusEvent, settings: RoomSettings): Promise<void> {
    return this.#room.inTurn(async () => {
      this.#piece = changeSettings(this.#piece, settings);
      const payload = this.#bedAt(this.#house.now());
      await this.#house.tell({ of, settle: [of], topic: 'music:bed', payload, repoId: '', state: this.#room.state() });
    });
  }

  /** Returns the phrase that an event stays open for. */
  of({ id }: Pick<BusEvent, 'id'>): Unfinished | undefined {
    return this.#unfinished.find(({ input }) => input === id);
  }

  /**
   * Takes the news of a first listener; settles when the newest phrase sounds, or at once if it need not be rendered.
   */
  async listen(event: BusEvent<'room:heard', RoomHeard>): Promise<void> {
    const newest = await this.#house.newest();
    const isKept = newest?.phrase.phraseId === event.payload.phraseId;
    // It has been published, and is about to be kept.
    if (!isKept && this.#house.now() - event.publishedAt < keptWithinMs) throw this.#room.returned();
    if (!newest || newest.startAt !== undefined || this.#house.now() - newest.phrase.receivedAt > hearableMs) return;
    const { phrase } = newest;
    const known = this.#unfinished.find((one) => one.phrase.phraseId === phrase.phraseId);
    if (known && known.input !== event.id) return;
    const unfinished = known ?? { input: event.id, phrase };
    if (!known) this.#unfinished = addUnfinished(this.#unfinished, unfinished);
    await this.sound(unfinished, event);
  }

  /** Renders a phrase, gives it its start if it has none, and publishes that. */
  async sound(unfinished: Unfinished, event: BusEvent, known?: Audience): Promise<void> {
    const { phrase } = unfinished;
    if (phrase.startAt === undefined) this.#expectedUntil = endOf(phrase, this.#earliest(shortestLeadMs));
    try {
      const audience = known ?? (await this.#house.audience(phrase));
      // If every listener has left meanwhile, the phrase is rendered for the next one who comes.
      await this.#render(phrase, audience?.variants ?? new Set());
      const { phraseId, repositoryId } = phrase;
      const sound = await this.#room.inTurn(async () => {
        const startAt = phrase.startAt ?? this.#start(phrase, audience?.leadMs);
        this.#unfinished = this.#unfinished.filter((one) => one !== unfinished);
        const messageId = await this.#house.tell({
          of: event,
          settle: [event],
          topic: 'audio:rendered',
          payload: { phraseId, repositoryId, startAt },
          repoId: this.#room.nameOf(phrase),
          state: this.#room.state(),
        });
        return { messageId, startAt };
      });
      if (phrase.startAt === undefined) await this.#house.start(phraseId, sound);
    } catch (error) {
      if (phrase.startAt === undefined) this.#expectedUntil = 0;
      if (!this.#unfinished.includes(unfinished)) this.#unfinished = addUnfinished(this.#unfinished, unfinished);
      throw error;
    } finally {
      this.#room.onChange();
    }
  }

  /** Stops waiting for clips: their phrases go to the next owner, who finds the clips that are finished meanwhile. */
  end(): void {
    for (const reject of this.#waits) reject(this.#room.returned());
  }

  async #render(phrase: MusicGenerated, variants: ReadonlySet<string>): Promise<void> {
    const ended = Promise.withResolvers<never>();
    this.#waits.add(ended.reject);
    try {
      await Promise.race([this.#house.render(phrase, variants), ended.promise]);
    } finally {
      this.#waits.delete(ended.reject);
    }
  }

  /** Starts a phrase whose clips are there: on a beat of the room, and after what sounds unless it interrupts that. */
  #start(phrase: MusicGenerated, leadMs = shortestLeadMs): EpochMs {
    const earliest = phrase.interrupts ? this.#house.now() + leadMs : this.#earliest(leadMs);
    const startAt = startOnBeat(this.#piece, phrase.musicalParams, earliest);
    this.#soundsUntil = endOf(phrase, startAt);
    this.#expectedUntil = 0;
    return startAt;
  }

  get #busyUntil(): EpochMs {
    return Math.max(this.#soundsUntil, this.#expectedUntil);
  }

  #earliest(leadMs: number): EpochMs {
    return Math.max(this.#house.now() + leadMs, this.#soundsUntil);
  }

  #moment(leadMs: number): Moment {
    const at = this.#house.now() + leadMs;
    return { at, soundsUntil: this.#busyUntil > at ? this.#busyUntil : 0 };
  }

  #bedAt(at: EpochMs): MusicBed {
    return { room: bedPart(this.#piece), at };
  }
}

function endOf({ musicalParams }: Pick<MusicGenerated, 'musicalParams'>, startAt: EpochMs): EpochMs {
  return startAt + musicalParams.duration * 1000;
}
