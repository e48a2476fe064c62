import type { StreamMessage } from '@bnc/contracts';
import { copyButton } from './copy-text.ts';
import { openEars } from './ears.ts';
import { element } from './element.ts';
import { byId } from './page.ts';
import { readRoomName } from './room-name.ts';
import { serverUrl } from './server-url.ts';
import { headOf } from './sheet.ts';

/** Addresses that GitHub cannot reach. */
const local = /^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[::1\]|\[f[cd])/;

/** How far a repository has come on its way to the page. */
type Step = 'waits' | 'ping' | 'push';

const stepWords: Readonly<Record<Step, string>> = {
  waits: 'Listening to the repository',
  ping: 'GitHub has sent its ping',
  push: 'The first event has arrived',
};

/** The sheet that says how to connect a repository, with a list that shows the progress. */
export class OwnRepository {
  readonly #sheet = byId('own', HTMLDialogElement);
  readonly #name = element('input', '');
  readonly #hook = element('a', '', 'its webhook settings');
  readonly #steps = {
    waits: element('li', '', stepWords.waits),
    ping: element('li', '', stepWords.ping),
    push: element('li', '', stepWords.push),
  } satisfies Record<Step, HTMLLIElement>;
  readonly #open = element('a', 'open-room', 'Open its room');
  #listening: AbortController | undefined;

  constructor(room: string | undefined) {
    this.#name.placeholder = 'owner/repo';
    this.#name.autocomplete = 'off';
    this.#name.spellcheck = false;
    // What is to be done first.
    this.#name.autofocus = room === undefined;
    this.#name.value = room ?? '';
    this.#name.addEventListener('change', () => this.#listen());
    const form = element('form', '', element('label', '', 'Repository ', this.#name));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#listen();
    });
    const list = element('div', '', element('ol', 'steps', ...Object.values(this.#steps)));
    list.setAttribute('role', 'status');
    this.#sheet.replaceChildren(
      headOf(this.#sheet, 'Hear your own repository'),
      form,
      element('p', '', 'Add a webhook in ', this.#hook, ', with these values:'),
      this.#values(),
      ...(local.test(location.hostname) ? [element('p', 'aside', tunnelHint)] : []),
      list,
      this.#open,
    );
    this.#sheet.addEventListener('close', () => this.#listening?.abort());
    this.#listen();
  }

  /** Opens the sheet. */
  show(): void {
    this.#sheet.showModal();
    this.#listen();
  }

  #values(): HTMLElement {
    const address = serverUrl('webhooks/github');
    const copy = copyButton('Copy', () => address);
    copy.className = 'copy';
    const rows: readonly (readonly [string, ...(Node | string)[]])[] = [
      ['Payload URL', element('code', '', address), copy],
      ['Content type', element('code', '', 'application/json')],
      [
        'Secret',
        'the one that the server showed when it first started (kept in its data folder), or the first of GITHUB_WEBHOOK_SECRETS',
      ],
      ['Events', 'Send me everything'],
    ];
    return element(
      'dl',
      'values',
      ...rows.map(([name, ...value]) => element('div', '', element('dt', '', name), element('dd', '', ...value))),
    );
  }

  /** Listens to the repository that is named, while the sheet is open. */
  #listen(): void {
    this.#listening?.abort();
    const room = readRoomName(this.#name.value);
    this.#hook.href = `https://github.com/${room?.includes('/') ? `${room}/settings/hooks/new` : ''}`;
    this.#hook.target = '_blank';
    this.#hook.rel = 'noopener';
    this.#open.hidden = room === undefined;
    if (room !== undefined) this.#open.href = `./?repo=${encodeURIComponent(room)}`;
    for (const step of Object.values(this.#steps)) delete step.dataset.done;
    this.#steps.push.textContent = stepWords.push;
    if (!this.#sheet.open || room === undefined) return;
    this.#listening = new AbortController();
    const onMessage = (message: StreamMessage): void => this.#take(message);
    openEars({ room, format: 'score', bed: false }, { onMessage, onState: () => {} }, this.#listening.signal);
  }

  #take({ type, data }: StreamMessage): void {
    if (type === 'connected') this.#tick('waits');
    else if (type === 'hook') this.#tick('waits', 'ping');
    else if (type === 'audio_buffer') {
      this.#tick('waits', 'ping', 'push');
      this.#steps.push.replaceChildren(`${stepWords.push}: `, element('bdi', '', data.activity.title));
    }
  }

  #tick(...steps: readonly Step[]): void {
    for (const step of steps) this.#steps[step].dataset.done = 'true';
  }
}

const tunnelHint =
  'GitHub cannot reach this address. Open this page at an address that GitHub can reach, through a tunnel or a proxy; the payload URL then changes to match.';
