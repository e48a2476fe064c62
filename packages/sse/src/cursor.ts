import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { type Entry, PendingFrame } from './entry.ts';
import type { SSEGap } from './options.ts';

/**
 * The place of a connection in the history of a channel. Nothing is queued per client: a client that is slow, or waits
 * for data that is being made, falls behind in the shared history and continues from there.
 */
export class Cursor {
  readonly room: Channel;
  readonly connection: Connection;
  /** Number of the next message to write. */
  #next: number;
  /** Messages before this one are a replay: exact, whatever the policy for slow clients. */
  readonly #liveFrom: number;
  /** Bytes of live messages that wait for the socket. */
  #backlog = 0;
  /**
   * The frame of the next message while it is being made, and the time since when this stream waits for it, in
   * monotonic ms.
   */
  #pending: PendingFrame | undefined;
  #pendingSince = 0;

  constructor(connection: Connection, room: Channel, from: number) {
    this.connection = connection;
    this.room = room;
    this.#next = from;
    this.#liveFrom = room.history.end;
  }

  /** The id with which a client resumes at the next message. */
  get place(): string {
    return this.room.idBefore(this.#next);
  }

  /**
   * Takes the newest message of the channel: writes it now, or leaves it for when the socket drains or its data is
   * made.
   */
  offer(entry: Entry): boolean {
    if (entry.seq < this.#next) return true;
    const { connection } = this;
    const frame = entry.frame(connection.variant);
    if (frame instanceof PendingFrame) {
      void frame.settled.then((isMade) => isMade && this.#lag(entry));
    } else if (this.#next === entry.seq && connection.isFree) {
      this.#next++;
      if (frame) connection.deliver(this, entry, frame);
    } else {
      this.#lag(entry);
    }
    // What no drain will bring: data to wait for, or what a hook broadcast in the middle of a broadcast.
    if (this.#next < this.room.history.end && connection.canPump) connection.pump();
    return this.#next > entry.seq;
  }

  /** Writes the next message, or skips what is gone. @returns false when there is nothing to write now. */
  step(): boolean {
    const { history } = this.room;
    const { connection } = this;
    if (this.#next >= history.end) {
      this.#backlog = 0;
      return false;
    }
    if (this.#next < history.first) {
      this.#skipTo(history.first, 'trimmed');
      return true;
    }
    const newest = history.get(history.end - 1);
    if (
      this.room.slow === 'latest' &&
      newest &&
      this.#next >= this.#liveFrom &&
      this.#next < newest.seq &&
      this.#backlog > Math.max(connection.port.maxBacklogBytes, lengthOf(newest.frame(connection.variant)))
    ) {
      this.#skipTo(newest.seq, 'slow');
      this.#backlog = 0;
      return true;
    }
    const entry = history.get(this.#next);
    const isReplay = this.#next < this.#liveFrom;
    const frame = entry && (entry.id !== undefined || !isReplay) ? entry.frame(connection.variant) : undefined;
    if (frame instanceof PendingFrame) {
      this.#waitFor(frame);
      return false;
    }
    this.#next++;
    this.#pending = undefined;
    if (entry && frame) {
      if (!isReplay) this.#backlog = Math.max(0, this.#backlog - frame.length);
      connection.deliver(this, entry, frame);
    }
    return true;
  }

  /** Skips data that has taken too long. */
  tick(now: number): void {
    if (this.#pending && now - this.#pendingSince >= this.connection.port.waitMs) this.#giveUp();
  }

  /** Counts a message that is ready and waits for the socket. */
  #lag(entry: Entry): void {
    const { connection } = this;
    // Where it waits for the data of a message before it, the client is not slow.
    if (connection.isOver || this.#pending || entry.seq < this.#next) return;
    const bytes = lengthOf(entry.frame(connection.variant));
    this.#backlog += bytes;
    const limit = Math.max(connection.port.maxBacklogBytes, bytes);
    if (this.room.slow === 'disconnect' && this.#backlog > limit) connection.close('slow');
  }

  #waitFor(frame: PendingFrame): void {
    if (this.#pending === frame) return;
    this.#pending = frame;
    this.#pendingSince = Math.floor(performance.now());
    const { connection } = this;
    void frame.settled.then((isMade) => {
      if (connection.isOver || this.#pending !== frame) return;
      if (isMade) {
        this.#pending = undefined;
        connection.pump();
        return;
      }
      if (frame.error !== undefined) connection.port.onError(frame.error, connection);
      frame.error = undefined;
      this.#giveUp();
    });
  }

  /** Skips the message whose data could not be made. */
  #giveUp(): void {
    const { connection } = this;
    this.#pending = undefined;
    if (connection.isOver) return;
    try {
      // It may have been trimmed meanwhile, with others after it.
      if (this.#next >= this.room.history.first) this.#skipTo(this.#next + 1, 'failed');
    } catch (error) {
      connection.fail(error);
    }
    connection.pump();
  }

  #skipTo(seq: number, reason: SSEGap): void {
    const missed = seq - this.#next;
    this.#next = seq;
    // What it waited for is behind it: that this fails one day takes nothing else away.
    this.#pending = undefined;
    const { connection } = this;
    connection.port.onSkipped(missed);
    const frame = connection.port.resetFrame(connection, { reason, missed, channel: this.room.name });
    if (frame) connection.sendFrame(frame);
  }
}

function lengthOf(frame: Buffer | PendingFrame | undefined): number {
  return frame instanceof PendingFrame ? 0 : (frame?.length ?? 0);
}
