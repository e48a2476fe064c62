import type { Choices } from './choices.ts';
import { copyButton } from './copy-text.ts';
import { element, pressable } from './element.ts';
import { type Amount, amounts, type Kind, kinds, type Mix, wholeMix, withAmount, withMuted } from './mix.ts';
import { radios, section, toggle } from './mixer-parts.ts';
import { byId } from './page.ts';
import type { Player, Roster } from './roster.ts';
import { headOf } from './sheet.ts';
import { themes } from './theme.ts';

/** What each kind is made of. */
const kindWords: Readonly<Record<Kind, readonly [name: string, what: string]>> = {
  code: ['Code', 'pushes, branches, pull requests'],
  talk: ['Talk', 'reviews, issues, comments'],
  builds: ['Builds', 'checks, red and green'],
  ships: ['Ships', 'releases, deployments'],
  people: ['People', 'stars, forks, new faces'],
  security: ['Security', 'alerts and advisories'],
};

const themeWords: Readonly<Record<string, string>> = {
  chamber: 'Chamber',
  ambient: 'Ambient',
  '8-bit': '8-bit',
  lofi: 'Lo-fi',
};

/** What the mixer works with. */
export interface MixerActions {
  readonly roster: Roster;
  readonly choices: Choices;
  mix(): Mix;
  onMix(mix: Mix): void;
  /** Called when a choice has changed. */
  onChoice(name: keyof Choices): void;
  /** Plays a signature, as it sounds in a phrase with these parameters. */
  onHear(params: Player['params']): void;
  /** Clicks once a second, to compare two devices. */
  onClick(): void;
  /** Called when nothing is to be heard until tomorrow morning. */
  onQuiet(): void;
  /** Returns the address with the mix. */
  link(): string;
}

/** Someone in the list; a person whom only the mix names has not been heard here. */
type Named = Pick<Player, 'login'> & Partial<Player>;

/** The sheet in which a listener chooses what they hear, from whom, and how. */
export class Mixer {
  readonly #sheet = byId('mixer', HTMLDialogElement);
  readonly #people = element('ul', 'players');
  readonly #actions: MixerActions;
  readonly #whole = element('div', 'mixer-body');

  constructor(actions: MixerActions) {
    this.#actions = actions;
    this.#sheet.replaceChildren(headOf(this.#sheet, 'Mixer'), this.#whole);
    const open = byId('open-mixer', HTMLButtonElement);
    open.hidden = false;
    open.addEventListener('click', () => this.show());
  }

  show(): void {
    this.#fill();
    this.#sheet.showModal();
  }

  /** Shows where the sound of this device can be moved. */
  showTiming(): void {
    this.show();
    this.#sheet.querySelector<HTMLInputElement>('#trim')?.focus();
  }

  /** Shows who is there now, if the sheet is open. */
  showPlayers(): void {
    if (this.#sheet.open) this.#fillPlayers();
  }

  /** Forgets what it shows. */
  clear(): void {
    this.#people.replaceChildren();
    this.#whole.replaceChildren();
  }

  #fillPlayers(): void {
    const players = this.#players();
    this.#people.replaceChildren(...players.map((player) => this.#playerOf(player)));
    if (players.length === 0) this.#people.append(element('li', 'aside', 'Nobody has been heard yet.'));
  }

  #fill(): void {
    const { onQuiet, link, choices } = this.#actions;
    this.#whole.replaceChildren(
      section('What you hear', ...kinds.map((kind) => this.#kindOf(kind))),
      section('Who you hear', this.#people),
      section(
        'How it sounds',
        this.#theme(),
        this.#check('bed', 'Background', 'a quiet sound that tells you how things stand'),
        this.#check('hello', 'Hello', 'a chord when you press Play'),
      ),
      section('This device', this.#trim()),
      section(
        'Screen reader',
        radios(
          'spoken',
          'What is read',
          [
            ['off', 'nothing'],
            ['titles', 'titles'],
            ['why', 'titles and why'],
          ],
          choices.spoken,
          (value) => {
            choices.spoken = value;
            this.#actions.onChoice('spoken');
          },
        ),
        this.#check('ducks', 'Softer music', 'while a title is read'),
      ),
      element(
        'div',
        'mixer-foot',
        pressable('Quiet until tomorrow', () => {
          onQuiet();
          this.#sheet.close();
        }),
        copyButton('Copy a link with this mix', link),
        pressable('Play everything in full', () => {
          this.#actions.onMix(wholeMix);
          this.#fill();
        }),
      ),
    );
    this.#fillPlayers();
  }

  #kindOf(kind: Kind): HTMLElement {
    const [name, what] = kindWords[kind];
    const amount = this.#actions.mix().kinds[kind] ?? 'full';
    return radios(
      `kind-${kind}`,
      name,
      amounts.map((one) => [one, one]),
      amount,
      (value) => {
        this.#actions.onMix(withAmount(this.#actions.mix(), kind, value as Amount));
      },
      what,
    );
  }

  /** Those who have been heard, and those whom the mix names: a muted person must be listed, to be heard again. */
  #players(): readonly Named[] {
    const { roster, mix } = this.#actions;
    const heard = new Set(roster.players.map(({ login }) => login.toLowerCase()));
    const { muted, mine } = mix();
    const named = [...muted, ...(mine === undefined ? [] : [mine])].filter((login) => !heard.has(login));
    return [...roster.players, ...new Set(named)].map((one) => (typeof one === 'string' ? { login: one } : one));
  }

  #playerOf(player: Named): HTMLElement {
    const { mix, onMix, onHear } = this.#actions;
    const { login } = player;
    const name = login.toLowerCase();
    const hear = pressable('Hear', () => {
      if (player.params) onHear(player.params);
    });
    hear.disabled = player.signature === undefined;
    const mute = toggle('Mute', mix().muted.includes(name), (isOn) => onMix(withMuted(mix(), login, isOn)));
    const own = toggle('Me', mix().mine === name, (isOn) => {
      onMix({ ...mix(), mine: isOn ? name : undefined });
      this.showPlayers();
    });
    hear.setAttribute('aria-label', `Hear the signature of ${login}`);
    mute.setAttribute('aria-label', `Mute ${login}`);
    own.setAttribute('aria-label', `${login} is me: louder`);
    own.title = 'What you do is louder than the rest';
    const who = element(
      'span',
      'player-name',
      element('bdi', '', login),
      ...(player.isProgram ? [element('small', '', 'program')] : []),
    );
    return element('li', 'player', who, hear, mute, own);
  }

  #theme(): HTMLElement {
    const select = element('select', '');
    select.append(
      new Option('as the room plays', ''),
      ...themes.map((theme) => new Option(themeWords[theme] ?? theme, theme)),
    );
    const { theme = '' } = this.#actions.mix();
    select.value = themes.includes(theme) ? theme : '';
    select.addEventListener('change', () => {
      this.#actions.onMix({ ...this.#actions.mix(), theme: select.value || undefined });
    });
    return element('label', 'row', element('span', '', 'Theme'), select);
  }

  #check(name: 'bed' | 'hello' | 'ducks', text: string, what: string): HTMLElement {
    const { choices, onChoice } = this.#actions;
    const box = element('input', '');
    box.type = 'checkbox';
    box.checked = choices[name];
    box.addEventListener('change', () => {
      choices[name] = box.checked;
      onChoice(name);
    });
    return element('label', 'check', box, element('span', '', text, element('small', '', what)));
  }

  #trim(): HTMLElement {
    const { choices, onChoice, onClick } = this.#actions;
    const input = element('input', '');
    Object.assign(input, { id: 'trim', type: 'number', min: '-500', max: '500', step: '5' });
    input.valueAsNumber = choices.trimMs;
    input.addEventListener('change', () => {
      choices.trimMs = input.valueAsNumber || 0;
      onChoice('trimMs');
    });
    const text = element(
      'span',
      '',
      'Delay the sound by',
      element('small', '', 'ms; compare the clicks of two devices (negative: play earlier)'),
    );
    return element('div', 'row', element('label', 'row', text, input), pressable('Click', onClick));
  }
}
