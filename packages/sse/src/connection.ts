import type { Writable } from 'node:stream';
import type { Channel } from './channel.ts';
import { checkText, isThenable } from './check.ts';
import { encodeData, eventLine, retryLine } from './encode.ts';
import { checkMessage, type Entry, PendingFrame } from './entry.ts';
import type { AnyMessage } from './message.ts';
import type { SSEResponse } from './open-stream.ts';
import type { SSEGap } from './options.ts';
import { Outlet } from './outlet.ts';
import type { SSEConnection, SSEResumed } from './sse-connection.ts';

/** What a connection needs of its manager. */
export interface ConnectionPort {
  readonly maxBacklogBytes: number;
  /** Longest wait in ms for the data of one message. */
  readonly waitMs: number;
  /** Time in ms that the last bytes of a closed stream have to leave; the manager cuts all at once when it closes. */
  readonly lingerMs: number;
  onBytes(bytes: number): void;
  onSkipped(messages: number): void;
  onRefusedSend(): void;
  onError(error: unknown, connection: Connection): void;
  onClosed(connection: Connection, reason: string): void;
  resetFrame(connection: Connection, reason: SSEGap, missed: number): Buffer | undefined;
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
 * A cursor on a channel's history, and the stream that follows it. Nothing is queued per client: one that is slow, or
 * waits for data that is being made, stays behind on the shared history and continues from there.
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
  readonly #outlet: Outlet;
  readonly #settle: (reason: string) => void;
  /** Settles when the response is closed, by either side. */
  readonly gone: Promise<void>;
  /** Number of the next message to write. */
  #next: number;
  /** Messages before this one are replay: exact, whatever the policy for slow clients. */
  readonly #liveFrom: number;
  /** Bytes of live messages that wait for the socket. */
  #backlog = 0;
  /** The frame of the next message, while it is being made, and since when this stream waits for it, in monotonic ms. */
  #pending: PendingFrame | undefined;
  #pendingSince = 0;
  /** Frames for this client alone that wait for the socket. */
  #own: Buffer[] = [];
  #ownBytes = 0;
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
    this.#outlet = new Outlet(stream, port.onBytes);
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
    return this.#outlet.lastActivity;
  }

  get isOver(): boolean {
    return this.#over;
  }

  send(message: AnyMessage): boolean {
    checkMessage(message);
    const { data, event, retry } = message;
    const head = `${retryLine(retry)}${eventLine(event)}`;
    if (typeof data !== 'function') return this.sendFrame(encodeData(head, data));
    const made: unknown = (data as (variant: string) => unknown)(this.variant);
    const sendMade = (ready: unknown): boolean => ready !== undefined && this.sendFrame(encodeData(head, ready));
    if (!isThenable(made)) return sendMade(made);
    Promise.resolve(made)
      .then(sendMade)
      .catch((error: unknown) => this.#port.onError(error, this));
    return !this.#over;
  }

  /** Sends ready bytes to this client alone. */
  sendFrame(frame: Buffer): boolean {
    if (this.#over) return false;
    if (this.#isFree) {
      this.#outlet.write(frame);
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

  /** Takes the newest message of the channel: writes it now, or leaves it for when the socket drains or its data is made. */
  offer(entry: Entry): boolean {
    if (entry.seq < this.#next) return true;
    const frame = entry.frame(this.variant);
    if (frame instanceof PendingFrame) {
      void frame.settled.then((isMade) => isMade && this.#lag(entry));
    } else if (this.#next === entry.seq && this.#isFree) {
      this.#next++;
      if (frame) this.#outlet.write(frame);
    } else {
      this.#lag(entry);
    }
    // What no drain will bring: data to wait for, or what a hook broadcast in the middle of a broadcast.
    if (this.#next < this.#room.history.end && this.#outlet.isFree) this.pump();
    return this.#next > entry.seq;
  }

  /** Writes what waits until the socket has enough. */
  pump(): void {
    try {
      while (!this.#over && !this.#outlet.isFull) {
        if (!this.#pumpOne()) return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Looks after a connection about once a second. */
  tick(now: number, heartbeatMs: number, stallMs: number, heartbeat: () => Buffer): boolean {
    const outlet = this.#outlet;
    if (this.#pending && now - this.#pendingSince >= this.#port.waitMs) this.#giveUp();
    outlet.noteProgress(now);
    if (outlet.waiting > 0) {
      if (outlet.stalled(now) >= stallMs) this.close('stalled');
      return false;
    }
    if (heartbeatMs === 0 || outlet.silence(now) < heartbeatMs || !outlet.isFree) return false;
    outlet.write(heartbeat());
    return true;
  }

  close(reason: string): void {
    checkText('reason', reason);
    if (this.#over) return;
    // No hook that is called from here on can close or fill the stream again.
    this.#over = true;
    const isStuck = (reason === 'slow' || reason === 'stalled') && !this.#isFree;
    if (!isStuck) this.#outlet.finish([...this.#own, this.#port.farewellFrame(this, reason)]);
    this.#forget(reason);
    if (isStuck) {
      this.destroy();
      return;
    }
    this.#res.end();
    if (this.#port.lingerMs === Number.POSITIVE_INFINITY) return;
    const cut = setTimeout(() => this.destroy(), this.#port.lingerMs);
    cut.unref();
    this.#res.once('close', () => clearTimeout(cut));
  }

  /** Cuts the stream without waiting for the client. */
  destroy(): void {
    this.#outlet.destroy();
  }

  /** Notes that the stream is over, without touching it. */
  end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget(reason);
  }

  get #isFree(): boolean {
    return this.#outlet.isFree && this.#own.length === 0;
  }

  #forget(reason: string): void {
    this.#own = [];
    this.#port.onClosed(this, reason);
    this.#settle(reason);
  }

  #pumpOne(): boolean {
    if (this.#outlet.writeRest()) return true;
    const own = this.#own.shift();
    if (own) {
      this.#ownBytes -= own.length;
      this.#outlet.write(own);
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
      this.#backlog > Math.max(this.#port.maxBacklogBytes, lengthOf(newest.frame(this.variant)))
    ) {
      this.#skipTo(newest.seq, 'slow');
      this.#backlog = 0;
      return true;
    }
    const entry = history.get(this.#next);
    const isReplay = this.#next < this.#liveFrom;
    const frame = entry && (entry.id !== undefined || !isReplay) ? entry.frame(this.variant) : undefined;
    if (frame instanceof PendingFrame) {
      this.#waitFor(frame);
      return false;
    }
    this.#next++;
    this.#pending = undefined;
    if (frame) {
      if (!isReplay) this.#backlog = Math.max(0, this.#backlog - frame.length);
      this.#outlet.write(frame);
    }
    return true;
  }

  /** Counts a message that is ready and waits for the socket. */
  #lag(entry: Entry): void {
    // Where it waits for the data of a message before it, the client is not slow.
    if (this.#over || this.#pending || entry.seq < this.#next) return;
    const bytes = lengthOf(entry.frame(this.variant));
    this.#backlog += bytes;
    const limit = Math.max(this.#port.maxBacklogBytes, bytes);
    if (this.#room.slow === 'disconnect' && this.#backlog > limit) this.close('slow');
  }

  #waitFor(frame: PendingFrame): void {
    if (this.#pending === frame) return;
    this.#pending = frame;
    this.#pendingSince = performance.now();
    void frame.settled.then((isMade) => {
      if (this.#over || this.#pending !== frame) return;
      if (isMade) {
        this.#pending = undefined;
        this.pump();
        return;
      }
      if (frame.error !== undefined) this.#port.onError(frame.error, this);
      frame.error = undefined;
      this.#giveUp();
    });
  }

  /** Goes on without the message whose data is not there. */
  #giveUp(): void {
    this.#pending = undefined;
    if (this.#over) return;
    try {
      // It may have been trimmed meanwhile, with others after it.
      if (this.#next >= this.#room.history.first) this.#skipTo(this.#next + 1, 'failed');
    } catch (error) {
      this.#fail(error);
    }
    this.pump();
  }

  #fail(error: unknown): void {
    this.#port.onError(error, this);
    this.close('error');
  }

  #skipTo(seq: number, reason: SSEGap): void {
    const missed = seq - this.#next;
    this.#next = seq;
    // What it waited for is behind it: that this fails one day takes nothing else away.
    this.#pending = undefined;
    this.#port.onSkipped(missed);
    const frame = this.#port.resetFrame(this, reason, missed);
    if (frame) this.sendFrame(frame);
  }
}

function lengthOf(frame: Buffer | PendingFrame | undefined): number {
  return frame instanceof PendingFrame ? 0 : (frame?.length ?? 0);
}
