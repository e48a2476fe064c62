import type { EpochMs } from '@bnc/contracts';
import type { KnownPhrase } from '../phrase.ts';
import type { Timeline } from '../timeline.ts';
import { colourQueries, readColours } from './colours.ts';

const minuteMs = 60_000;

/** Fewest minutes that the strip shows. */
const leastMinutes = 10;

/** Minutes between two written times: the first of these is taken that gives at most ten times. */
const ticks = [5, 10, 15, 30, 60, 120, 180];

/** Loudness in LUFS of the softest and the loudest phrase. */
const softest = -30;
const loudest = -14;

/** What the strip works with. */
export interface DayStripOptions {
  readonly canvas: HTMLCanvasElement;
  readonly timeline: Timeline;
  now(): EpochMs;
  /** Called when a mark was pressed. */
  onPick(phrase: KnownPhrase): void;
}

/** The day in one line: a mark for each phrase, as high as it is loud; those of tension hang down. */
export class DayStrip {
  readonly #options: DayStripOptions;
  #colours = readColours();

  constructor(options: DayStripOptions) {
    this.#options = options;
    const { canvas, onPick } = options;
    new ResizeObserver(() => this.draw()).observe(canvas);
    const repaint = (): void => {
      this.#colours = readColours();
      this.draw();
    };
    for (const query of colourQueries) matchMedia(query).addEventListener('change', repaint);
    // The hours go on in silence too.
    setInterval(() => this.draw(), minuteMs);
    document.addEventListener('visibilitychange', () => this.draw());
    canvas.addEventListener('click', ({ offsetX }) => {
      const phrase = this.#nearest(offsetX);
      if (phrase) onPick(phrase);
    });
  }

  /** The first moment of a day, by this device's calendar. */
  static startOfDay(now: EpochMs): EpochMs {
    return new Date(now).setHours(0, 0, 0, 0);
  }

  /** Draws it: call it when the timeline has changed. */
  draw(): void {
    const { canvas } = this.#options;
    const { clientWidth: width, clientHeight: height } = canvas;
    const pen = canvas.getContext('2d');
    if (!pen || width === 0 || document.visibilityState === 'hidden') return;
    const ratio = Math.min(devicePixelRatio, 2);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { from, to, phrases } = this.#day();
    if (phrases.length === 0) return;
    const middle = Math.round(height * 0.6);
    const xOf = (at: EpochMs): number => ((at - from) / (to - from)) * width;
    pen.fillStyle = this.#colours.hair;
    pen.fillRect(0, middle, width, 1);
    pen.font = `${Math.round(Math.max(11, height * 0.38))}px system-ui, sans-serif`;
    const minutes = (to - from) / minuteMs;
    const every = (ticks.find((tick) => minutes / tick <= Math.min(10, width / 70)) ?? 240) * minuteMs;
    const midnight = DayStrip.startOfDay(from);
    for (let at = midnight + Math.ceil((from - midnight) / every) * every; at < to; at += every) {
      const x = Math.round(xOf(at));
      pen.fillStyle = this.#colours.hair;
      pen.fillRect(x, 0, 1, height);
      pen.fillStyle = this.#colours.dim;
      pen.fillText(new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }), x + 5, height - 3);
    }
    const thick = Math.max(2, Math.round(height / 18));
    for (const { startAt, params, activity } of phrases) {
      const strength = Math.min(1, Math.max(0.15, ((params.loudness ?? -20) - softest) / (loudest - softest)));
      const isDown = activity.emotion === 'tension';
      const length = strength * (isDown ? height - middle : middle) * 0.95;
      pen.fillStyle = this.#colours.emotions[activity.emotion];
      pen.fillRect(Math.round(xOf(startAt) - thick / 2), isDown ? middle : middle - length, thick, length);
    }
    pen.fillStyle = this.#colours.text;
    pen.fillRect(Math.round(xOf(this.#options.now()) - thick / 2), 0, thick, height);
  }

  #day(): { readonly from: EpochMs; readonly to: EpochMs; readonly phrases: readonly KnownPhrase[] } {
    const { timeline, now } = this.#options;
    const at = now();
    const start = DayStrip.startOfDay(at);
    const phrases = timeline.phrases.filter(({ startAt }) => startAt >= start && startAt <= at);
    const lengthMs = Math.max(at - (phrases[0]?.startAt ?? at), leastMinutes * minuteMs);
    // The present is at the right, as time comes from there; a little room at both ends.
    return { from: at - lengthMs * 1.03, to: at + lengthMs * 0.02, phrases };
  }

  #nearest(x: number): KnownPhrase | undefined {
    const { from, to, phrases } = this.#day();
    const at = from + (x / this.#options.canvas.clientWidth) * (to - from);
    const [first] = phrases;
    return phrases.reduce(
      (best, phrase) => (best && Math.abs(best.startAt - at) <= Math.abs(phrase.startAt - at) ? best : phrase),
      first,
    );
  }
}
