import type { GitHubDelivery } from '@bnc/contracts';
import { EventBus, memory } from '@bnc/event-bus';
import { vi } from 'vitest';
import type { MusicGenerated, ServerEvents } from '../src/rooms/events.ts';
import { MergedRooms } from '../src/rooms/merged-rooms.ts';
import { Rooms, roomWords, type Wanted } from '../src/rooms/rooms.ts';
import { SqliteTables } from '../src/rooms/sqlite-tables.ts';
import type { MergedRoom } from '../src/rooms/tables.ts';

/** A sound as listeners get it. */
export interface Sound {
  readonly phrase: MusicGenerated;
  readonly startAt: number;
  readonly endsAt: number;
}

let count = 0;

/** A delivery that tells what it says, whatever came before. */
export function deliveryOf(changes: Partial<GitHubDelivery> = {}): GitHubDelivery {
  count++;
  return {
    deliveryId: `d${count}`,
    event: 'push',
    repoId: 'owner/repo',
    repositoryId: 1,
    isPrivate: false,
    actor: 'cat',
    isBot: false,
    commits: 1,
    files: 1,
    additions: 0,
    deletions: 0,
    title: `push ${count}`,
    url: '',
    occurredAt: 0,
    ...changes,
  };
}

/** Rooms on a real bus in memory, on a clock that the test moves. */
export class RoomStage {
  readonly failures: unknown[] = [];
  readonly bus: EventBus<ServerEvents> = new EventBus<ServerEvents>({
    transport: memory({ maxEvents: 200_000 }),
    onHandlerError: (error) => this.failures.push(error),
  });
  readonly tables = new SqliteTables(':memory:', { keepMs: 86_400_000 });
  readonly merged: MergedRooms;
  readonly following = this.bus.follow(roomWords, () => {});
  readonly phrases: MusicGenerated[] = [];
  readonly sounds: Sound[] = [];
  /** Phrases whose clips came after their start was known. */
  readonly clips: { readonly phraseId: string; readonly startAt: number }[] = [];
  /** Time that rendering takes, in ms. */
  renderMs = 300;
  /** Renders that fail from now on. */
  failing = 0;
  rendered = 0;

  constructor({ rooms = [] }: { rooms?: readonly MergedRoom[] } = {}) {
    this.merged = new MergedRooms(rooms);
    this.bus.subscribe('music:generated', ({ payload }) => {
      this.phrases.push(payload);
      if (payload.startAt !== undefined) this.#sound(payload, payload.startAt);
    });
    this.bus.subscribe('audio:rendered', ({ payload: { phraseId, startAt } }) => {
      const phrase = this.phrases.find((one) => one.phraseId === phraseId);
      if (!phrase) throw new Error(`phrase ${phraseId} sounds and has not been told`);
      if (phrase.startAt === undefined) this.#sound(phrase, startAt);
      else this.clips.push({ phraseId, startAt });
    });
  }

  #sound(phrase: MusicGenerated, startAt: number): void {
    this.sounds.push({ phrase, startAt, endsAt: startAt + phrase.musicalParams.duration * 1000 });
  }

  /** A server that owns rooms. */
  async server(): Promise<Rooms> {
    const rooms = new Rooms({
      bus: this.bus,
      tables: this.tables,
      merged: this.merged,
      render: async () => {
        await new Promise((resolve) => {
          setTimeout(resolve, this.renderMs);
        });
        if (this.failing > 0) {
          this.failing--;
          throw new Error('the render failed');
        }
        this.rendered++;
      },
    });
    await rooms.ready;
    return rooms;
  }

  /** Has somebody listen to a repository from now on. */
  async listen(repoId = 'owner/repo', note: Wanted = { forms: ['json'] }): Promise<void> {
    await this.following.add(this.merged.channelOf(repoId), { note });
  }

  async deliver(...deliveries: readonly GitHubDelivery[]): Promise<void> {
    for (const delivery of deliveries) {
      await this.tables.learn(delivery);
      const key = this.merged.keyOf(delivery);
      await this.bus.publish(`webhook:github:${delivery.event}`, delivery, { key, dedupeId: delivery.deliveryId });
    }
    await this.pass(0);
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  /** Sounds that begin before the one before them has ended. */
  get overlaps(): number {
    return this.sounds.filter(({ startAt }, index) => startAt < Math.floor(this.sounds[index - 1]?.endsAt ?? 0)).length;
  }

  /** How many deliveries each phrase speaks for. */
  get told(): readonly number[] {
    return this.phrases.map(({ deliveryIds }) => deliveryIds.length);
  }

  async close(): Promise<void> {
    await this.bus.close({ drainMs: 0 });
    this.tables.close();
  }
}
