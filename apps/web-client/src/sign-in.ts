import { byId } from './page.ts';
import { serverUrl } from './server-url.ts';
import { remember, remembered } from './storage.ts';

/** What `GET /session` returns. */
interface Ways {
  readonly ways: readonly { readonly label: string; readonly url: string }[];
  readonly canSignIn: boolean;
}

/** What `POST /session` returns. */
interface Session {
  readonly name: string;
  readonly expiresAt: number;
}

/** Share of its life after which a session is renewed. */
const renewAfter = 0.8;

/** Time in ms after which a renewal that failed is tried again. */
const againMs = 15_000;

/** The form to sign in with, to hear a private room, and the session that it begins. */
export class SignIn {
  readonly #room: string;
  readonly #onChange: () => void;
  readonly #form = byId('sign-in', HTMLElement);
  readonly #links = byId('sign-in-ways', HTMLElement);
  readonly #trouble = byId('sign-in-trouble', HTMLElement);
  readonly #token = byId('token', HTMLInputElement);
  readonly #tokenForm = byId('sign-in-token', HTMLFormElement);
  readonly #signedIn = byId('signed-in', HTMLElement);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onChange - called when a session has begun or ended: rooms that were refused may open now, and others close
   */
  constructor(room: string, onChange: () => void) {
    this.#room = room;
    this.#onChange = onChange;
    this.#tokenForm.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#begin({ token: this.#token.value }).then((isIn) => {
        if (isIn) this.#token.value = '';
      });
    });
    byId('sign-out', HTMLButtonElement).addEventListener('click', () => void this.#signOut());
    const isBack = location.hash === '#sign-in-done';
    if (location.hash === '#sign-in-failed') this.#say('Sign-in failed. Try again.');
    if (location.hash.startsWith('#sign-in-')) history.replaceState(null, '', location.pathname + location.search);
    if (isBack || remembered('signed-in') === 'yes') void this.#begin({});
  }

  /**
   * Shows the form.
   * @param why - what it is for
   */
  async offer(why: string): Promise<void> {
    byId('sign-in-why', HTMLElement).textContent = why;
    if (!this.#form.hidden) return;
    this.#form.hidden = false;
    const { ways, canSignIn } = await (await fetch(serverUrl('session'))).json().then((body) => body as Ways);
    const links = ways.map(({ label, url }) => {
      const link = document.createElement('a');
      link.href = `${url}&room=${encodeURIComponent(this.#room)}`;
      link.textContent = `Sign in with ${label}`;
      return link;
    });
    this.#links.replaceChildren(...(canSignIn ? links : []));
    this.#tokenForm.hidden = !canSignIn;
    if (!canSignIn) this.#say('To sign in, open this page over HTTPS.');
  }

  /** Hides the form: the room is open. */
  hide(): void {
    this.#form.hidden = true;
  }

  /** Begins or renews a session; returns false when there is none. */
  async #begin(body: { readonly token?: string }): Promise<boolean> {
    clearTimeout(this.#timer);
    const isNew = body.token !== undefined || this.#signedIn.hidden;
    try {
      const response = await fetch(serverUrl('session'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, rooms: [this.#room] }),
      });
      const answer: unknown = await response.json();
      if (!response.ok) {
        if (response.status !== 401) throw new Error((answer as { message: string }).message);
        this.#forget();
        if (body.token !== undefined) this.#say((answer as { message: string }).message);
        return false;
      }
      const { name, expiresAt } = answer as Session;
      remember('signed-in', 'yes');
      this.#say('');
      this.#signedIn.hidden = false;
      byId('who', HTMLElement).textContent = name;
      this.#renewIn(Math.max(1000, (expiresAt - Date.now()) * renewAfter));
      if (isNew) this.#onChange();
      return true;
    } catch (error) {
      if (body.token !== undefined) this.#say(error instanceof Error ? error.message : String(error));
      else this.#renewIn(againMs);
      return false;
    }
  }

  #renewIn(ms: number): void {
    this.#timer = setTimeout(() => void this.#begin({}), ms);
  }

  async #signOut(): Promise<void> {
    await fetch(serverUrl('session'), { method: 'DELETE' });
    this.#forget();
    this.#onChange();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    remember('signed-in', '');
    this.#signedIn.hidden = true;
  }

  #say(sentence: string): void {
    this.#trouble.textContent = sentence;
  }
}
