import { element, pressable } from './element.ts';
import { byId } from './page.ts';

/** What is known about a room that is quiet. */
export interface RoomPast {
  /** When the newest phrase began, by the server's clock; undefined if there is none. */
  readonly lastHeardAt: number | undefined;
  /** Whether GitHub's webhook has ever called. */
  readonly hasWebhook: boolean;
}

/** What a listener can do about it. */
export interface QuietRoomActions {
  /** Plays the newest phrase again. */
  hear(): void;
  /** Opens the sheet that says how to connect a repository. */
  connect(): void;
}

/** Says what a silent room waits for, so that nobody takes its silence for a fault. */
export class QuietRoom {
  readonly #box = byId('quiet-room', HTMLElement);

  /** Shows the room as quiet. */
  show(room: string, { lastHeardAt, hasWebhook }: RoomPast, { hear, connect }: QuietRoomActions): void {
    const lines: (Node | string)[][] = [];
    if (lastHeardAt !== undefined) {
      lines.push([`Last heard ${momentOf(lastHeardAt, Date.now())}. `, pressable('Hear it', hear)]);
    }
    if (!hasWebhook) lines.push(['No GitHub webhook has reached this server yet. ', pressable('Set it up', connect)]);
    this.#box.replaceChildren(
      element('h2', '', 'Listening to ', element('bdi', '', room)),
      element('p', 'why', lastHeardAt === undefined ? 'Nothing has happened yet.' : 'Nothing yet today.'),
      ...lines.map((line) => element('p', '', ...line)),
    );
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }
}

/** Says when something was, such as `today 09:12`, `yesterday 17:04` or `on 3 May, 17:04`. */
export function momentOf(at: number, now: number, locale?: string): string {
  const time = new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days <= 0) return `today ${time}`;
  if (days === 1) return `yesterday ${time}`;
  return `on ${new Date(at).toLocaleDateString(locale, { day: 'numeric', month: 'long' })}, ${time}`;
}

/** Whether a moment is of the same day as another, by this device's calendar. */
export function isSameDay(one: number, other: number): boolean {
  return midnight(one) === midnight(other);
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
