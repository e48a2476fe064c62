/** How long the room has to be silent before the page reloads itself, in ms. */
const silenceMs = 3000;

/** A reload is remembered under this name, for the page that comes after it. */
const name = 'bots-n-cats-reloaded';

/** What the page before has left. */
interface Left {
  readonly build: string;
  readonly wasPlaying: boolean;
}

/** Reloads the page, in a silence, when the server has another build of it. */
export class Upgrade {
  readonly #own = document.querySelector<HTMLMetaElement>('meta[name="build"]')?.content;
  readonly #left = takeLeft();
  #newest: string | undefined;
  #silentSince: number | undefined;

  /** Whether the page before this one played, and reloaded itself. */
  get wasPlaying(): boolean {
    return this.#left?.wasPlaying === true;
  }

  /** Takes the name of the build that the server has. */
  learn(build: string | undefined): void {
    // A server of another release behind the same proxy may give the former page again: once is enough.
    if (build !== undefined && this.#own !== undefined && build !== this.#left?.build) this.#newest = build;
  }

  /** Reloads when it is time; call it about once a second. Waits until an open sheet is closed. */
  tick({ isSounding, isPlaying, now }: { isSounding: boolean; isPlaying: boolean; now: number }): void {
    if (this.#newest === undefined || this.#newest === this.#own) return;
    const isBusy = isSounding || document.querySelector('dialog[open], :popover-open') !== null;
    if (isBusy) this.#silentSince = undefined;
    else this.#silentSince ??= now;
    if (this.#silentSince === undefined || now - this.#silentSince < silenceMs) return;
    try {
      sessionStorage.setItem(name, JSON.stringify({ build: this.#newest, wasPlaying: isPlaying } satisfies Left));
    } catch {
      // Without a memory it could reload for ever.
      return;
    }
    this.#newest = undefined;
    location.reload();
  }
}

/** Reads what the page before has left, once: a listener who reloads by hand must press Play. */
function takeLeft(): Left | undefined {
  try {
    const text = sessionStorage.getItem(name);
    if (text === null) return undefined;
    const left = JSON.parse(text) as Left;
    sessionStorage.setItem(name, JSON.stringify({ ...left, wasPlaying: false } satisfies Left));
    return left;
  } catch {
    return undefined;
  }
}
