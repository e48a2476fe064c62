import { randomBytes } from 'node:crypto';
import type { Channel } from './channel.ts';
import { checkText, isThenable } from './check.ts';
import { Cursor } from './cursor.ts';
import { encodeData, eventLine, retryLine } from './encode.ts';
import { checkMessage, type Entry } from './entry.ts';
import { joinMarks, markOf } from './joined-id.ts';
import type { AnyMessage } from './message.ts';
import type { SSEMissing } from './options.ts';
import { Outlet } from './outlet.ts';
import type { Sink, SinkUser } from './sink.ts';
import type { SSEConnection, SSEResumed } from './sse-connection.ts';

/** What a connection needs from its manager. */
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
  /** Called when the response is closed, after `onClosed`. */
  onGone(connection: Connection): void;
  resetFrame(connection: Connection, gap: SSEMissing): Buffer | undefined;
  farewellFrame(connection: Connection, reason: string): Buffer;
}

/** Facts of a connection that never change. */
export interface ConnectionFacts {
  readonly clientId: string;
  /** The key of the stream that it replaces. */
  readonly resumeKey: string | undefined;
  readonly variant: string;
  readonly address: string | undefined;
  readonly resumed: SSEResumed;
  readonly missed: number;
  /** Whether its messages name their channel, and their ids all channels. */
  readonly isNamed: boolean;
  readonly state: unknown;
  /** Silence in ms after which it gets a heartbeat; undefined for that of the manager. */
  readonly heartbeatMs: number | undefined;
}

/** A channel, and the number of the message in it that comes next. */
export interface Place {
  readonly room: Channel;
  readonly from: number;
}

/**
 * Up to this size in bytes, a message that names its channel is copied after the name instead of being written in two
 * pieces.
 */
const copiedBytes = 16 * 1024;

/** A stream, and its cursors on the channels that it follows. */
export class Connection implements SSEConnection, SinkUser {
  readonly clientId: string;
  readonly variant: string;
  readonly address: string | undefined;
  readonly connectedAt: number = Date.now();
  readonly resumed: SSEResumed;
  readonly missed: number;
  readonly state: unknown;
  readonly port: ConnectionPort;
  readonly cursors: readonly Cursor[];
  /** Epoch ms after which the manager asks again whether it may listen. */
  expiresAt: number | undefined;

  readonly #heartbeatMs: number | undefined;
  /** Ends what the stream is written to, once everything has left. */
  readonly #ending: { end(): unknown };
  readonly #outlet: Outlet;
  /**
   * For each cursor, where a client that received what was written resumes; absent where messages do not name channels.
   */
  readonly #marks: string[] | undefined;
  /** The cursor whose turn it is. */
  #turn = 0;
  /** Frames for this client alone that wait for the socket. */
  #own: Buffer[] = [];
  #ownBytes = 0;
  #resumeKey: string | undefined;
  /** Why it is over. */
  #reason: string | undefined;
  #closed: PromiseWithResolvers<string> | undefined;
  #cut: NodeJS.Timeout | undefined;

  constructor(
    facts: ConnectionFacts,
    places: readonly Place[],
    port: ConnectionPort,
    sink: Sink,
    ending: { end(): unknown },
  ) {
    this.clientId = facts.clientId;
    this.#resumeKey = facts.resumeKey;
    this.variant = facts.variant;
    this.address = facts.address;
    this.resumed = facts.resumed;
    this.missed = facts.missed;
    this.state = facts.state;
    this.#heartbeatMs = facts.heartbeatMs;
    this.cursors = places.map(({ room, from }) => new Cursor(this, room, from));
    this.#marks = facts.isNamed ? places.map(({ room, from }) => room.markBefore(from)) : undefined;
    this.port = port;
    this.#ending = ending;
    this.#outlet = new Outlet(sink, this);
  }

  /** Made when it is first read: until then nobody has the key. */
  get resumeKey(): string {
    this.#resumeKey ??= randomBytes(16).toString('base64url');
    return this.#resumeKey;
  }

  /** Made when it is first read: nobody waits for most streams. */
  get closed(): Promise<string> {
    if (!this.#closed) {
      this.#closed = Promise.withResolvers();
      if (this.#reason !== undefined) this.#closed.resolve(this.#reason);
    }
    return this.#closed.promise;
  }

  /** The id with which its client resumes at the next message. */
  get place(): string | undefined {
    return this.#marks ? joinMarks(this.#marks) : this.cursors[0]?.place;
  }

  get channel(): string {
    return this.cursors[0]?.room.name ?? '';
  }

  get channels(): readonly string[] {
    return this.cursors.map(({ room }) => room.name);
  }

  get lastActivity(): number {
    return this.#outlet.lastActivity;
  }

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  /** Whether a frame may be written now. */
  get isFree(): boolean {
    return this.#own.length === 0 && this.#outlet.isFree;
  }

  /** Whether the socket is not full, so that no `drain` will come to write what waits. */
  get canPump(): boolean {
    return this.#outlet.isFree;
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
      .catch((error: unknown) => this.port.onError(error, this));
    return !this.isOver;
  }

  /** Sends ready bytes to this client alone. */
  sendFrame(frame: Buffer): boolean {
    if (this.isOver) return false;
    if (this.isFree) {
      this.#outlet.write(frame);
      return true;
    }
    if (this.#ownBytes + frame.length > Math.max(this.port.maxBacklogBytes, this.#ownBytes === 0 ? frame.length : 0)) {
      this.port.onRefusedSend();
      return false;
    }
    this.#own.push(frame);
    this.#ownBytes += frame.length;
    return true;
  }

  /**
   * Writes the message of a channel. The bytes are shared; only the lines that name the channel and the places are this
   * stream's own.
   */
  deliver(cursor: Cursor, entry: Entry, frame: Buffer): void {
    const marks = this.#marks;
    if (!marks) {
      this.#outlet.write(frame);
      return;
    }
    const { room } = cursor;
    if (entry.id !== undefined) marks[this.cursors.indexOf(cursor)] = markOf(room.tag, entry.id);
    const id = entry.id === undefined ? '' : `id: ${joinMarks(marks)}\n`;
    const head = Buffer.from(`${id}channel: ${room.name}\n`);
    const body = frame.subarray(entry.idBytes);
    if (body.length <= copiedBytes) {
      this.#outlet.write(Buffer.concat([head, body]));
    } else {
      this.#outlet.write(head);
      this.#outlet.write(body);
    }
  }

  /** Writes what waits until the socket has enough. */
  pump(): void {
    try {
      while (!this.isOver && !this.#outlet.isFull) {
        if (!this.#outlet.writeRest() && !this.#writeOwn() && !this.#step()) return;
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Checks a connection; called at least once a second. @returns whether a heartbeat is due. */
  tick(now: number, standardMs: number, stallMs: number): boolean {
    const heartbeatMs = this.#heartbeatMs ?? standardMs;
    const outlet = this.#outlet;
    for (const cursor of this.cursors) cursor.tick(now);
    outlet.noteProgress(now);
    if (outlet.waiting > 0) {
      if (outlet.stalled(now) >= stallMs) this.close('stalled');
      return false;
    }
    return heartbeatMs !== 0 && outlet.silence(now) >= heartbeatMs && outlet.isFree && !this.isOver;
  }

  /** Writes a heartbeat. */
  beat(frame: Buffer): void {
    this.#outlet.write(frame);
  }

  close(reason: string): void {
    checkText('reason', reason);
    if (this.isOver) return;
    // No hook that is called from here on can close or fill the stream again.
    this.#reason = reason;
    const isStuck = (reason === 'slow' || reason === 'stalled') && !this.isFree;
    if (!isStuck) this.#outlet.finish([...this.#own, this.port.farewellFrame(this, reason)]);
    this.#settle(reason);
    if (isStuck) {
      this.destroy();
      return;
    }
    this.#ending.end();
    if (this.port.lingerMs === Number.POSITIVE_INFINITY) return;
    this.#cut = setTimeout(() => this.destroy(), this.port.lingerMs);
    this.#cut.unref();
  }

  /** Reports an error that leaves a hole in the stream, and ends it: the client comes back for what it missed. */
  fail(error: unknown): void {
    this.port.onError(error, this);
    this.close('error');
  }

  /** Cuts the stream without waiting for the client. */
  destroy(): void {
    this.#outlet.destroy();
  }

  /** Notes that the stream is over, without touching it. */
  end(reason: string): void {
    if (this.isOver) return;
    this.#reason = reason;
    this.#settle(reason);
  }

  left(): void {
    clearTimeout(this.#cut);
    this.end('client');
    this.port.onGone(this);
  }

  #settle(reason: string): void {
    this.#own = [];
    this.port.onClosed(this, reason);
    this.#closed?.resolve(reason);
  }

  #writeOwn(): boolean {
    const own = this.#own.shift();
    if (!own) return false;
    this.#ownBytes -= own.length;
    this.#outlet.write(own);
    return true;
  }

  /** Lets the channels write in turn, so that a busy one does not hold up the others. */
  #step(): boolean {
    const { length } = this.cursors;
    for (let tried = 0; tried < length; tried++) {
      const cursor = this.cursors[this.#turn];
      this.#turn = (this.#turn + 1) % length;
      if (cursor?.step()) return true;
    }
    return false;
  }
}
