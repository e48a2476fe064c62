import type { KnownPhrase } from '../phrase.ts';
import type { Timeline } from '../timeline.ts';
import { headlineOf } from '../words.ts';
import type { Scene } from './scene.ts';

/** A pointer that moves less than this many CSS pixels presses; otherwise it drags. */
const pressReach = 6;

/** What a listener does with the scene. */
export interface SceneActions {
  /** Called when a phrase was pressed: it is to be heard again. */
  onHear(phrase: KnownPhrase): void;
  /** Called when another phrase was chosen by a key; undefined for the present. */
  onChoose(phrase: KnownPhrase | undefined): void;
  /** Returns the phrase that is chosen; undefined for the present. */
  chosen(): KnownPhrase | undefined;
}

/** Scrolls the scene by a drag or the wheel, chooses phrases by the arrow keys, and plays what is pressed. */
export class SceneInput {
  readonly #moment: HTMLElement;
  readonly #timeline: Timeline;

  constructor(
    moment: HTMLElement,
    {
      scene,
      timeline,
      actions,
    }: { readonly scene: Scene; readonly timeline: Timeline; readonly actions: SceneActions },
  ) {
    this.#moment = moment;
    this.#timeline = timeline;
    listenToPointer(moment, scene, actions);
    moment.addEventListener(
      'wheel',
      (event) => {
        // Ctrl and the wheel zoom the page.
        if (event.ctrlKey) return;
        const isAcross = Math.abs(event.deltaX) > Math.abs(event.deltaY);
        // A page that is magnified is higher than its window, and scrolls itself.
        if (!isAcross && document.documentElement.scrollHeight > innerHeight) return;
        event.preventDefault();
        const distance = isAcross ? event.deltaX : event.deltaY;
        scene.scrollBy(-distance * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1));
      },
      { passive: false },
    );
    moment.addEventListener('keydown', (event) => {
      const { key } = event;
      const steps: Readonly<Record<string, () => void>> = {
        ArrowLeft: () => actions.onChoose(timeline.next(actions.chosen(), -1) ?? actions.chosen()),
        ArrowRight: () => actions.onChoose(actions.chosen() && timeline.next(actions.chosen(), 1)),
        Home: () => actions.onChoose(timeline.phrases[0]),
        End: () => actions.onChoose(undefined),
        Enter: () => {
          const phrase = actions.chosen() ?? timeline.newest;
          if (phrase) actions.onHear(phrase);
        },
      };
      const step = steps[key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      step();
    });
  }

  /** Says where the scene is, to those who do not see it. */
  say(chosen: KnownPhrase | undefined): void {
    const { phrases } = this.#timeline;
    const last = Math.max(0, phrases.length - 1);
    const index = chosen ? phrases.findIndex(({ phraseId }) => phraseId === chosen.phraseId) : last;
    const text = chosen
      ? `${new Date(chosen.startAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}, ${headlineOf(chosen.tells?.[0] ?? chosen.activity)}`
      : 'now';
    this.#moment.setAttribute('aria-valuemax', String(last));
    this.#moment.setAttribute('aria-valuenow', String(index));
    this.#moment.setAttribute('aria-valuetext', text);
  }
}

function listenToPointer(moment: HTMLElement, scene: Scene, actions: SceneActions): void {
  let from: { readonly x: number } | undefined;
  let lastX = 0;
  let isDrag = false;
  moment.addEventListener('pointerdown', ({ pointerId, clientX, button }) => {
    if (button !== 0) return;
    moment.setPointerCapture(pointerId);
    from = { x: clientX };
    lastX = clientX;
    isDrag = false;
  });
  moment.addEventListener('pointermove', ({ clientX }) => {
    if (!from || (!isDrag && Math.abs(clientX - from.x) < pressReach)) return;
    scene.scrollBy(clientX - lastX);
    lastX = clientX;
    isDrag = true;
  });
  moment.addEventListener('pointerup', ({ clientX }) => {
    const isPress = from !== undefined && !isDrag;
    from = undefined;
    const phrase = isPress ? scene.phraseAt(clientX) : undefined;
    if (phrase) actions.onHear(phrase);
  });
  moment.addEventListener('pointercancel', () => {
    from = undefined;
  });
  // A drag ends with a click, which a page that begins at a press anywhere must not take for one.
  moment.addEventListener('click', (event) => {
    if (isDrag) event.stopPropagation();
  });
}
