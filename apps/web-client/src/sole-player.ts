/** How often the tab that plays says so, in ms. */
const sayMs = 3000;

/** A tab that has said nothing for this many ms does not play any more: it has crashed, or sleeps. */
const goneMs = 10_000;

/** What the tabs of an origin say to each other. */
interface TabMessage {
  readonly say: 'plays' | 'stops';
  readonly tab: string;
  /** When Play was pressed there, in epoch ms: all tabs share one clock. */
  readonly since: number;
}

/**
 * Lets one tab of a browser play at a time: ten tabs of a room would sound ten times. The tab in which Play was pressed
 * last plays, and the others stop.
 */
export class SolePlayer {
  readonly #tab = Math.random().toString(36).slice(2);
  readonly #channel = openChannel();
  readonly #onChange: () => void;
  readonly #stop: () => void;
  /** When Play was pressed here, while this tab plays. */
  #since: number | undefined;
  #other: { readonly tab: string; readonly at: number } | undefined;

  /**
   * @param options.stop - stops this tab because another one plays
   * @param options.onChange - called when another tab starts or stops playing
   */
  constructor({ stop, onChange }: { stop(): void; onChange(): void }) {
    this.#stop = stop;
    this.#onChange = onChange;
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (isTabMessage(data)) this.#hear(data);
    });
    setInterval(() => this.#tick(), sayMs);
    addEventListener('pagehide', () => this.release());
  }

  /** Whether another tab plays. */
  get isElsewhere(): boolean {
    return this.#other !== undefined;
  }

  /** Says that this tab plays from now on. */
  claim(): void {
    this.#since = Date.now();
    this.#other = undefined;
    this.#say('plays', this.#since);
  }

  /** Says that this tab does not play any more. */
  release(): void {
    if (this.#since !== undefined) this.#say('stops', this.#since);
    this.#since = undefined;
  }

  #say(say: TabMessage['say'], since: number): void {
    this.#channel?.postMessage({ say, tab: this.#tab, since } satisfies TabMessage);
  }

  #hear({ say, tab, since }: TabMessage): void {
    // A tab that has not heard yet that Play was pressed here.
    if (say === 'plays' && this.#since !== undefined && since < this.#since) return;
    const wasElsewhere = this.isElsewhere;
    if (say === 'plays') this.#other = { tab, at: performance.now() };
    else if (this.#other?.tab === tab) this.#other = undefined;
    if (say === 'plays' && this.#since !== undefined) {
      this.#since = undefined;
      this.#stop();
    }
    if (wasElsewhere !== this.isElsewhere) this.#onChange();
  }

  #tick(): void {
    if (this.#since !== undefined) this.#say('plays', this.#since);
    if (!this.#other || performance.now() - this.#other.at < goneMs) return;
    this.#other = undefined;
    this.#onChange();
  }
}

/**
 * The channel between the tabs; undefined if a browser that stores nothing refuses it: each tab then plays for itself.
 */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel('bots-n-cats-player');
  } catch {
    return undefined;
  }
}

function isTabMessage(data: unknown): data is TabMessage {
  const { say, tab, since } = (data ?? {}) as Partial<TabMessage>;
  return (say === 'plays' || say === 'stops') && typeof tab === 'string' && typeof since === 'number';
}
