import type { Writable } from 'node:stream';
import type { Channel } from './channel.ts';
import { encodeEvent } from './encode.ts';
import type { Entry } from './history.ts';
import type { AnyMessage, SSEControlMessage, SSEEvents, SSEMessage } from './message.ts';
import type { SSEResponse } from './open-stream.ts';

/** What a connection's first message can say about the past. */
export type SSEResumed = 'fresh' | 'replayed' | 'truncated';

/** One open stream. */
export interface SSEConnection<Events extends object = SSEEvents> {
  /** Name of the client, unique among open connections. */
  readonly clientId: string;
  /** Proves the ownership of `clientId` to `connect`: give it to this client and to nobody else. */
  readonly resumeKey: string;
  /** The channel it listens to. */
  readonly channel: string;
  /** Which form of each message it gets; '' unless told otherwise. */
  readonly variant: string;
  /** Peer address that its limits count for; undefined when none was told. */
  readonly address: string | undefined;
  /** When it was opened, in epoch ms. */
  readonly connectedAt: number;
  /** When the client last took everything that was written to it, or a part of a large message, in epoch ms. */
  readonly lastActivity: number;
  /** `replayed`: all since its last event id follows; `truncated`: some of that is gone; `fresh`: it named no id. */
  readonly resumed: SSEResumed;
  /** Messages that are gone for good, where known, else 0. */
  readonly missed: number;
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<string>;
  /**
   * Sends a message to this client alone, without an id. It goes ahead of channel messages that wait for a slow client.
   * @returns false when the stream is closed, or its byte limit is reached and the message was dropped.
   */
  send(message: SSEMessage<Events>): boolean;
  /** Says goodbye and ends the stream. Closing again does nothing. */
  close(reason: string): void;
}

/** What a connection needs of its manager. */
export interface ConnectionPort {
  readonly maxBacklogBytes: number;
  onBytes(bytes: number): void;
  onSkipped(messages: number): void;
  onRefusedSend(): void;
  onError(error: unknown, connection: Connection): void;
  onClosed(connection: Connection, reason: string): void;
  resetFrame(connection: Connection, reason: 'slow' | 'trimmed', missed: number): Buffer | undefined;
  farewellFrame(connection: Connection, reason: string): Buffer;
}

/** Facts of a connection that never change. */
export interface ConnectionFacts {
  readonly clientId: string;
  readonly resumeKey: string;
  readonly variant: string;
  readonly address: string | undefined;
  readonly resumed: SSEResumed;
  readonly missed: number;
}

/**
 * Bytes handed to the socket at once. A large frame goes out in views of its shared bytes, so that a client that stops
 * reading holds a slice instead of a frame, and every slice taken counts as progress.
 */
const sliceBytes = 256 * 1024;

/** Time in ms that the last bytes of a closed stream have to leave. */
const lingerMs = 1_000;

/**
 * A cursor on a channel's history, and the stream that follows it. Nothing is queued per client: one that is slow
 * stays behind on the shared history and continues from there when its socket drains.
 */
export class Connection implements SSEConnection {
  readonly clientId: string;
  readonly resumeKey: string;
  readonly channel: string;
  readonly variant: string;
  readonly address: string | undefined;
  readonly connectedAt: number = Date.now();
  readonly resumed: SSEResumed;
  readonly missed: number;
  readonly closed: Promise<string>;
  /** Epoch ms after which the manager asks again whether it may listen. */
  expiresAt: number = Number.POSITIVE_INFINITY;

  readonly #room: Channel;
  readonly #port: ConnectionPort;
  readonly #res: SSEResponse;
  readonly #stream: Writable;
  readonly #settle: (reason: string) => void;
  /** Settles when the response is closed, whoever ended it. */
  readonly gone: Promise<void>;
  /** Number of the next message to write. */
  #next: number;
  /** Messages before this one are replay: exact, whatever the policy for slow clients. */
  readonly #liveFrom: number;
  /** Bytes of live messages that wait for the socket. */
  #backlog = 0;
  /** What is left of a large frame. */
  #rest: Buffer | undefined;
  /** Frames for this client alone that wait for the socket. */
  #own: Buffer[] = [];
  #ownBytes = 0;
  #written = 0;
  #taken = 0;
  #lastActivity = Date.now();
  /** Monotonic ms of the last progress, and of the last write. */
  #progressAt = performance.now();
  #wroteAt = performance.now();
  #over = false;

  constructor(
    facts: ConnectionFacts,
    room: Channel,
    from: number,
    port: ConnectionPort,
    res: SSEResponse,
    stream: Writable,
  ) {
    this.clientId = facts.clientId;
    this.resumeKey = facts.resumeKey;
    this.variant = facts.variant;
    this.address = facts.address;
    this.resumed = facts.resumed;
    this.missed = facts.missed;
    this.channel = room.name;
    this.#room = room;
    this.#next = from;
    this.#liveFrom = room.history.end;
    this.#port = port;
    this.#res = res;
    this.#stream = stream;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.#settle = resolve;
    stream.on('drain', () => this.pump());
    stream.on('error', () => {});
    const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
    this.gone = gone;
    res.on('close', () => {
      this.end('client');
      leave();
    });
  }

  get lastActivity(): number {
    this.#noteProgress(performance.now());
    return this.#lastActivity;
  }

  get isOver(): boolean {
    return this.#over;
  }

  send(message: AnyMessage): boolean {
    const { data, event, retry } = message;
    const made: unknown = typeof data === 'function' ? (data as (variant: string) => unknown)(this.variant) : data;
    return made !== undefined && this.sendFrame(encodeEvent({ data: made, event, retry }));
  }

  /** Sends ready bytes to this client alone. */
  sendFrame(frame: Buffer): boolean {
    if (this.#over) return false;
    if (this.#isFree && this.#own.length === 0) {
      this.#write(frame);
      return true;
    }
    if (this.#ownBytes + frame.length > Math.max(this.#port.maxBacklogBytes, this.#ownBytes === 0 ? frame.length : 0)) {
      this.#port.onRefusedSend();
      return false;
    }
    this.#own.push(frame);
    this.#ownBytes += frame.length;
    return true;
  }

  /** Takes the newest message of the channel: writes it now, or leaves it for when the socket drains. */
  offer(entry: Entry): boolean {
    if (entry.seq < this.#next) return true;
    const frame = entry.frame(this.variant);
    if (this.#next === entry.seq && this.#isFree && this.#own.length === 0) {
      this.#next++;
      if (frame) this.#write(frame);
    } else {
      this.#backlog += frame?.length ?? 0;
      const limit = Math.max(this.#port.maxBacklogBytes, frame?.length ?? 0);
      if (this.#room.slow === 'disconnect' && this.#backlog > limit) this.close('slow');
    }
    // Only where a hook broadcast in the middle of a broadcast is something left that no drain will bring.
    if (this.#next < this.#room.history.end && this.#isFree) this.pump();
    return this.#next > entry.seq;
  }

  /** Writes what waits until the socket has enough. */
  pump(): void {
    try {
      while (!this.#over && !this.#stream.writableNeedDrain) {
        if (!this.#pumpOne()) return;
      }
    } catch (error) {
      this.#port.onError(error, this);
      this.close('error');
    }
  }

  /** Looks after a connection about once a second. */
  tick(now: number, heartbeatMs: number, stallMs: number, heartbeat: () => Buffer): boolean {
    this.#noteProgress(now);
    if (this.#stream.writableLength > 0) {
      if (now - this.#progressAt >= stallMs) this.close('stalled');
      return false;
    }
    if (heartbeatMs === 0 || now - this.#wroteAt < heartbeatMs || !this.#isFree) return false;
    this.#write(heartbeat());
    return true;
  }

  close(reason: string): void {
    if (this.#over) return;
    const canTalk = this.#isFree && this.#own.length === 0;
    if (canTalk) this.#write(this.#port.farewellFrame(this, reason));
    this.end(reason);
    if (!canTalk) {
      this.destroy();
      return;
    }
    this.#res.end();
    const cut = setTimeout(() => this.destroy(), lingerMs);
    cut.unref();
    this.#res.once('close', () => clearTimeout(cut));
  }

  /** Cuts the stream without waiting for the client. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** Notes that the stream is over, without touching it. */
  end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#own = [];
    this.#rest = undefined;
    this.#port.onClosed(this, reason);
    this.#settle(reason);
  }

  get #isFree(): boolean {
    return this.#rest === undefined && !this.#stream.writableNeedDrain;
  }

  #pumpOne(): boolean {
    if (this.#rest) {
      const rest = this.#rest;
      this.#rest = undefined;
      this.#write(rest);
      return true;
    }
    const own = this.#own.shift();
    if (own) {
      this.#ownBytes -= own.length;
      this.#write(own);
      return true;
    }
    const { history } = this.#room;
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
      this.#room.slow === 'latest' &&
      newest &&
      this.#next >= this.#liveFrom &&
      this.#next < newest.seq &&
      this.#backlog > Math.max(this.#port.maxBacklogBytes, newest.frame(this.variant)?.length ?? 0)
    ) {
      this.#skipTo(newest.seq, 'slow');
      this.#backlog = 0;
      return true;
    }
    const entry = history.get(this.#next);
    const isReplay = this.#next < this.#liveFrom;
    this.#next++;
    const frame = entry && (entry.id !== undefined || !isReplay) ? entry.frame(this.variant) : undefined;
    if (frame) {
      if (!isReplay) this.#backlog -= frame.length;
      this.#write(frame);
    }
    return true;
  }

  #skipTo(seq: number, reason: 'slow' | 'trimmed'): void {
    const missed = seq - this.#next;
    this.#next = seq;
    this.#port.onSkipped(missed);
    const frame = this.#port.resetFrame(this, reason, missed);
    if (frame) this.#write(frame);
  }

  #write(frame: Buffer): void {
    const part = frame.length > sliceBytes ? frame.subarray(0, sliceBytes) : frame;
    this.#stream.write(part);
    this.#written += part.length;
    this.#wroteAt = performance.now();
    this.#port.onBytes(part.length);
    if (this.#stream.writableLength === 0) this.#noteProgress(this.#wroteAt);
    if (part !== frame) {
      this.#rest = frame.subarray(sliceBytes);
      // The kernel took the whole slice at once: no drain will come.
      if (!this.#stream.writableNeedDrain) this.#pumpOne();
    }
  }

  #noteProgress(now: number): void {
    const taken = this.#written - this.#stream.writableLength;
    if (taken <= this.#taken) return;
    this.#taken = taken;
    this.#progressAt = now;
    this.#lastActivity = Date.now();
  }
}

/** Encodes a message of a hook. */
export const encodeControl = ({ data, event }: SSEControlMessage, retry?: number): Buffer =>
  encodeEvent({ data, event, retry });
