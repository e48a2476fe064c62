import type { StreamMessage } from '@bnc/contracts';
import { type Ears, openEars } from './ears.ts';
import type { Lead } from './lead.ts';
import type { Line } from './line.ts';
import type { Phrase } from './phrase.ts';
import type { Entry } from './phrase-player.ts';
import type { LineState } from './rooms-stream.ts';

/** Phrases in a row that came in time and could not be played in time: the machine is too slow to play notes. */
const maxOverdue = 3;

/** A phrase that arrives this many ms before it begins can be played in time. */
const punctualMs = 50;

/** Why a room closes while the page listens, by the code of the server. */
const closings: Readonly<Record<string, string>> = {
  STREAM_PRIVATE: 'This repository is now private.',
  STREAM_EXPIRED: 'Your sign-in has ended.',
};

/** What a reception works with. */
export interface ReceptionOptions {
  readonly room: string;
  /** How phrases are to come: `score`, or clips in an encoding. */
  readonly format: string;
  readonly line: Line;
  readonly lead: Lead;
  /** The server's clock. */
  now(): number;
  /** Whether the bed is wanted too. */
  hasBed(): boolean;
  /** Called with each phrase that is new here. */
  onPhrase(phrase: Phrase): void;
  /** Called with everything the server says, before it is acted upon. */
  onMessage(message: StreamMessage): void;
}

/** Receives a room: as scores, or as clips if the machine is too slow to play notes in time. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #signal: AbortSignal;
  #format: string;
  #ears: Ears | undefined;
  #listening: AbortController | undefined;
  /** The newest phrase here, and when the server sent it: a page that reconnects may get it again. */
  #newest: { readonly startAt: number; readonly sentAt: number; readonly isPunctual: boolean } | undefined;
  #overdue = 0;

  /** @param signal - ends it */
  constructor(options: ReceptionOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#format = options.format;
  }

  /** Listens from now on. Call it again when something else is wanted. */
  listen(): void {
    const { room, line, hasBed } = this.#options;
    this.#listening?.abort();
    this.#listening = new AbortController();
    const onMessage = (message: StreamMessage): void => this.#take(message);
    const onState = (state: LineState): void => line.take(state);
    this.#ears = openEars(
      { room, format: this.#format, bed: hasBed() },
      { onMessage, onState },
      AbortSignal.any([this.#listening.signal, this.#signal]),
    );
  }

  /** Asks for the room again, from where it was: after access has changed, or the line has died. */
  reopen(): void {
    this.#ears?.reopen();
  }

  /** Forgets what came: the room is closed. */
  forget(): void {
    this.#newest = undefined;
  }

  /** Notes how a phrase began, and how many ms before its beginning it was ready. */
  noteEntry(entry: Entry, { startAt }: Phrase, readyMs: number): void {
    const newest = this.#newest;
    // What was joined after a press says nothing about the way here.
    if (!newest || startAt !== newest.startAt || entry === 'again' || entry === 'joined') return;
    this.#options.lead.note(startAt - newest.sentAt - readyMs);
    this.#overdue = (entry === 'late' || entry === 'too late') && newest.isPunctual ? this.#overdue + 1 : 0;
    if (this.#overdue < maxOverdue || this.#format !== 'score') return;
    this.#overdue = 0;
    this.#format = 'opus';
    this.listen();
  }

  #take(message: StreamMessage): void {
    const { line, lead, now, onMessage, onPhrase } = this.#options;
    onMessage(message);
    if (message.type === 'connected') {
      lead.session = this.#format === 'score' ? message.data : undefined;
      line.greet();
    } else if (message.type === 'audio_buffer') {
      const { startAt } = message.data;
      if (this.#newest && startAt <= this.#newest.startAt) return;
      this.#newest = { startAt, sentAt: message.timestamp, isPunctual: startAt - now() > punctualMs };
      onPhrase(message.data);
    } else if (message.type === 'yield') {
      // What was to begin later never does: what comes now may begin before it.
      if (this.#newest && this.#newest.startAt >= message.data.at) this.#newest = undefined;
    } else if (message.type === 'disconnected') {
      const why = closings[message.data.code];
      if (why !== undefined) line.closeDoor(why);
    }
  }
}
