import type { StreamMessageOf } from '@bnc/contracts';
import { serverUrl } from './server-url.ts';

/** The newest phrases, which count. */
const maxPhrases = 20;

/**
 * Time in ms that a phrase takes besides the way to the page, until the page knows better: size, notes, loudspeaker.
 */
const prepareMs = 100;

/** Time in ms for which a phrase is to be ready before it begins. */
const reserveMs = 30;

/** A change of the need smaller than this, in ms, is not worth a request. */
const worthMs = 25;

/** Most late notes that one request may name. */
const maxLateNotes = 10_000;

type Session = Pick<StreamMessageOf<'connected'>['data'], 'clientId' | 'resumeKey'>;

/**
 * Tells the server how long before its start this page needs a phrase, so that phrases start later for far listeners.
 */
export class Lead {
  #session: Session | undefined;
  #expectedMs = 0;
  #delays: number[] = [];
  #told = 0;
  /** Notes that came late and that the server does not know of yet. */
  #lateNotes = 0;

  /** Takes the greeting of a stream of scores, which names this listener, and tells the server again what it needs. */
  set session(session: Session | undefined) {
    this.#session = session;
    this.#told = 0;
    this.#tell();
  }

  /** Takes the round trip to the server, in ms, which counts until a phrase shows what is needed. */
  expect(roundTripMs: number): void {
    this.#expectedMs = roundTripMs / 2 + prepareMs;
    this.#tell();
  }

  /** Notes how long after it was sent a phrase was ready, in ms; tells the server if that changes the need. */
  note(delayMs: number): void {
    // What is sent again to a page that comes back says nothing.
    if (!(delayMs >= 0 && delayMs < 5000)) return;
    this.#delays.push(delayMs);
    this.#delays = this.#delays.slice(-maxPhrases);
    this.#tell();
  }

  /** Tells the server of notes that were left out because they came late: its operator sees them. */
  noteLate(notes: number): void {
    this.#lateNotes = Math.min(this.#lateNotes + notes, maxLateNotes);
    this.#tell();
  }

  /** The time that is enough for nine out of ten phrases, in ms. */
  get needMs(): number {
    const sorted = this.#delays.toSorted((a, b) => a - b);
    const ninth = sorted[Math.min(sorted.length - 1, Math.floor(0.9 * sorted.length))] ?? this.#expectedMs;
    return Math.round(ninth + reserveMs);
  }

  #tell(): void {
    const { clientId, resumeKey } = this.#session ?? {};
    const { needMs } = this;
    const lateNotes = this.#lateNotes;
    if (clientId === undefined || resumeKey === undefined) return;
    if (lateNotes === 0 && Math.abs(needMs - this.#told) < worthMs) return;
    this.#told = needMs;
    this.#lateNotes = 0;
    const body = JSON.stringify({ resumeKey, leadMs: needMs, ...(lateNotes > 0 && { lateNotes }) });
    const headers = { 'content-type': 'application/json' };
    // A vote that is lost is sent again with the next change.
    fetch(serverUrl(`session/${encodeURIComponent(clientId)}/lead`), { method: 'POST', headers, body }).catch(() => {
      this.#told = 0;
      this.#lateNotes = Math.min(this.#lateNotes + lateNotes, maxLateNotes);
    });
  }
}
