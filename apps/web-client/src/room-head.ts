import { byId } from './page.ts';
import { demoRoom, readRoomName } from './room-name.ts';

/** Characters that are shown of a name that no room can have. */
const maxLetters = 140;

/** The room that the address asks for, at the head of the page. */
export class RoomHead {
  /** The room; undefined if no room can have such a name. */
  readonly name: string | undefined;
  readonly isDemo: boolean;
  readonly #link = byId('room', HTMLAnchorElement);

  /** @param query - what the address asks for */
  constructor(query: URLSearchParams) {
    const asked = query.get('repo')?.trim() || demoRoom;
    this.name = readRoomName(asked);
    this.isDemo = this.name?.toLowerCase() === demoRoom;
    this.#link.textContent = this.name ?? asked.slice(0, maxLetters);
    if (!this.isDemo) this.#link.removeAttribute('href');
    document.title = `${this.name ?? 'no such room'} · bots-n-cats`;
    byId('repo', HTMLInputElement).value = this.isDemo ? '' : asked;
  }

  /** Links the room to its repository, on the forge of an address in its deliveries. */
  linkBy(url: string): void {
    // A room of several repositories has no page on the forge.
    if (this.isDemo || !this.name?.includes('/') || !URL.canParse(url)) return;
    const { protocol, href } = new URL(`/${this.name}`, url);
    if (!/^https?:$/.test(protocol)) return;
    this.#link.href = href;
    this.#link.target = '_blank';
    this.#link.rel = 'noopener';
  }

  /** Takes the name of the room out of the title of the window: access has ended. */
  close(): void {
    document.title = 'bots-n-cats';
  }
}
