import type { EpochMs } from '@bnc/contracts';
import type { BusError, BusEvent } from '@bnc/event-bus';
import { type Bars, composeAt, expectNothing, expectPhrase, silence, startPhrase } from './bars.ts';
import type { MusicGenerated, RoomHeard } from './events.ts';
import type { Audience, RoomHouse } from './room-house.ts';
import { addUnfinished, type RoomState, type Unfinished } from './room-state.ts';
import { hearableMs } from './tables.ts';

/** Time within which a published phrase is in the tables; after that, the newest phrase there is the newest. */
const keptWithinMs = 10_000;

/** What `Sounding` needs from its room. */
interface SoundingRoom {
  /** Returns the current name of a phrase's repository. */
  nameOf(phrase: MusicGenerated): string;
  state(): RoomState;
  /** Runs work that stores something, after all such work before it. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Returns the error that gives an event back to the bus. */
  returned(): BusError;
  /** Called when the next phrase may be due. */
  onChange(): void;
}

/** What `tell` needs to publish a phrase. */
interface Telling {
  /** The last of the deliveries that it speaks for. */
  readonly of: BusEvent;
  /** Those that the room is done with then. */
  readonly settle: readonly BusEvent[];
  readonly audience: Audience | undefined;
  /** Whether its clips follow. */
  readonly hasClips: boolean;
  state(): RoomState;
}

/** The phrases of a room that do not sound yet, and its bar lines: when the next phrase is composed, and when each starts. */
export class Sounding {
  readonly #house: RoomHouse;
  readonly #room: SoundingRoom;
  #bars: Bars;
  #unfinished: readonly Unfinished[];

  constructor(house: RoomHouse, state: RoomState | undefined, room: SoundingRoom) {
    this.#house = house;
    this.#room = room;
    this.#bars = { ...silence, soundsUntil: state?.soundsUntil ?? 0 };
    this.#unfinished = state?.unfinished ?? [];
  }

  /** When the next phrase may be composed. */
  get composeAt(): EpochMs {
    return composeAt(this.#bars);
  }

  /** What the next owner begins with. */
  get state(): Pick<RoomState, 'soundsUntil' | 'unfinished'> {
    return { soundsUntil: this.#bars.soundsUntil, unfinished: this.#unfinished };
  }

  /** Notes that a phrase is being made: from now on the room counts as sounding, for as long as the phrase lasts. */
  expect({ musicalParams }: Pick<MusicGenerated, 'musicalParams'>): void {
    this.#bars = expectPhrase(this.#bars, musicalParams.duration * 1000, this.#house.now());
  }

  /** Notes that no phrase is being made any more. */
  expectNothing(): void {
    this.#bars = expectNothing(this.#bars);
  }

  /** Publishes a phrase: with its start where listeners play its score; else that waits for its clips. */
  tell(composed: Omit<MusicGenerated, 'isHeard'>, how: Telling): Promise<{ eventId: string; unfinished: Unfinished }> {
    const { of, settle, audience, hasClips, state } = how;
    return this.#room.inTurn(async () => {
      const startAt = audience?.leadMs === undefined ? undefined : this.#start(composed, audience.leadMs);
      const phrase: MusicGenerated = {
        ...composed,
        isHeard: audience !== undefined,
        ...(startAt !== undefined && { startAt, hasClips }),
      };
      const unfinished = { input: of.id, phrase };
      if (hasClips) this.add(unfinished);
      try {
        const { repoId } = phrase;
        const word = { of, settle, topic: 'music:generated' as const, payload: phrase, repoId, state: state() };
        return { eventId: await this.#house.tell(word), unfinished };
      } catch (error) {
        this.delete(unfinished);
        throw error;
      }
    });
  }

  /** Returns the phrase that an event stays open for. */
  of({ id }: Pick<BusEvent, 'id'>): Unfinished | undefined {
    return this.#unfinished.find(({ input }) => input === id);
  }

  add(unfinished: Unfinished): void {
    this.#unfinished = addUnfinished(this.#unfinished, unfinished);
  }

  delete(unfinished: Unfinished): void {
    this.#unfinished = this.#unfinished.filter((one) => one !== unfinished);
  }

  /** Takes the news of a first listener; settles when the newest phrase sounds, or at once if it need not be rendered. */
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
    if (!known) this.add(unfinished);
    await this.sound(unfinished, event);
  }

  /** Renders a phrase, gives it its start where it has none, and publishes that. */
  async sound(unfinished: Unfinished, event: BusEvent, known?: Audience): Promise<void> {
    const { phrase } = unfinished;
    if (phrase.startAt === undefined) this.expect(phrase);
    try {
      const audience = known ?? (await this.#house.audience(phrase));
      // If every listener has left meanwhile, the phrase is rendered for the next one who comes.
      await this.#house.render(phrase, audience?.variants ?? new Set());
      const { phraseId, repositoryId } = phrase;
      const sound = await this.#room.inTurn(async () => {
        const startAt = phrase.startAt ?? this.#start(phrase, audience?.leadMs);
        this.delete(unfinished);
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
      if (phrase.startAt === undefined) this.expectNothing();
      if (!this.#unfinished.includes(unfinished)) this.add(unfinished);
      throw error;
    } finally {
      this.#room.onChange();
    }
  }

  #start({ musicalParams }: Pick<MusicGenerated, 'musicalParams'>, leadMs: number | undefined): EpochMs {
    const { bars, startAt } = startPhrase(this.#bars, musicalParams.duration * 1000, this.#house.now(), leadMs);
    this.#bars = bars;
    return startAt;
  }
}
