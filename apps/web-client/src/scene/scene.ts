import type { EpochMs } from '@bnc/contracts';
import type { KnownPhrase } from '../phrase.ts';
import type { Timeline } from '../timeline.ts';
import { type Colours, colourQueries, readColours } from './colours.ts';
import { drawFrame, phraseAt, type Shown, visibleOf } from './draw-frame.ts';
import { bendOf, type Look, lookOf } from './look.ts';
import { Sprites } from './sprites.ts';
import { TimeAxis } from './time-axis.ts';
import { View } from './view.ts';

/** Time in ms between two pictures while something sounds: 24 a second, or 4 with reduced motion. */
const frameMs = 1000 / 24;
const stepMs = 250;

/** Time in ms between two checks of the clock in silence. */
const silentMs = 1000;

/** The same while no phrase is known: the screen may have other pixels now. */
const emptyMs = 10_000;

/** How long the last notes of a phrase shine after its end, in ms. */
const shineMs = 350;

/** A movement smaller than this, in CSS pixels, is not drawn. */
const leastMove = 0.5;

/** What the scene works with. */
export interface SceneOptions {
  readonly canvas: HTMLCanvasElement;
  /** The part of the window that is free for music. */
  readonly stage: HTMLElement;
  readonly timeline: Timeline;
  /** The moment that is heard now, by the server's clock. */
  now(): EpochMs;
  /** Called when the scene has reached the beginning of what is known. */
  onEdge(): void;
  /** Called when a listener has scrolled. */
  onScroll(): void;
}

/** The score of a room as one long scroll: it moves while something sounds, and takes a step a second in silence. */
export class Scene {
  readonly #options: SceneOptions;
  readonly #pen: CanvasRenderingContext2D | null;
  readonly #view = new View();
  readonly #sprites = new Sprites();
  readonly #reduced = matchMedia('(prefers-reduced-motion: reduce)');
  #colours: Colours;
  #look: Look;
  /** Canvas pixels per CSS pixel. */
  #ratio = 1;
  #axis: TimeAxis;
  #selected: KnownPhrase | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  /** What the last picture showed, so that the same picture is not drawn again. */
  #drawn = '';
  #isDue = true;

  constructor(options: SceneOptions) {
    this.#options = options;
    this.#pen = options.canvas.getContext('2d', { alpha: false });
    this.#colours = readColours();
    this.#look = this.#measure();
    this.#axis = this.#axisOf();
    options.timeline.onChange(() => this.#renew());
    // What stands above the stage may push it down, as high as it was.
    const observer = new ResizeObserver(() => this.#resize());
    for (const element of [options.stage, ...document.querySelectorAll('body > header')]) observer.observe(element);
    addEventListener('resize', () => this.#resize());
    const repaint = (): void => {
      this.#colours = readColours();
      this.#sprites.clear();
      this.refresh();
    };
    for (const query of colourQueries) matchMedia(query).addEventListener('change', repaint);
    this.#reduced.addEventListener('change', repaint);
    document.addEventListener('visibilitychange', () => this.refresh());
    this.#resize();
  }

  /** Whether it follows the present. */
  get isLive(): boolean {
    return this.#view.isLive;
  }

  /** Shows a phrase as the chosen one; undefined for none. */
  select(phrase: KnownPhrase | undefined): void {
    this.#selected = phrase;
    this.refresh();
  }

  /** Looks at a moment; undefined for the present. */
  lookAt(at: EpochMs | undefined): void {
    this.#view.lookAt(at);
    this.refresh();
  }

  /** Scrolls by CSS pixels; positive is back in time. It never goes beyond the present. */
  scrollBy(pixels: number): void {
    const { now, timeline, onEdge, onScroll } = this.#options;
    const at = now();
    const first = timeline.phrases[0]?.startAt ?? at;
    const place = this.#axis.placeOf(this.#view.momentAt(at)) - pixels / this.#look.second;
    const moment = Math.max(this.#axis.timeAt(place), first);
    this.lookAt(moment >= at ? undefined : moment);
    onScroll();
    if (place - this.#look.nowX / this.#look.second < this.#axis.placeOf(first)) onEdge();
  }

  /** Follows a phrase that is heard again from `beganAt` on, by the server's clock. */
  follow(phrase: KnownPhrase, beganAt: EpochMs): void {
    this.#view.follow(phrase, beganAt);
    this.refresh();
  }

  /** The phrase at a place of the window; undefined for silence. */
  phraseAt(x: number): KnownPhrase | undefined {
    return phraseAt(x, this.#shown(this.#options.now()));
  }

  /** Draws it again. */
  refresh(): void {
    this.#isDue = true;
    this.#wake(0);
  }

  #renew(): void {
    this.#axis = this.#axisOf();
    this.#sprites.keep(this.#options.timeline.phrases);
    this.refresh();
  }

  #axisOf(): TimeAxis {
    return new TimeAxis(this.#options.timeline.phrases, bendOf(this.#look));
  }

  #measure(): Look {
    const { stage, canvas } = this.#options;
    const { top, bottom } = stage.getBoundingClientRect();
    // The page may be scrolled. A canvas that ended within a pixel would have an edge.
    const from = document.body.getBoundingClientRect().top;
    return lookOf({ width: canvas.clientWidth, top: Math.round(top - from), bottom: Math.round(bottom - from) });
  }

  #resize(): void {
    const { canvas } = this.#options;
    this.#look = this.#measure();
    this.#axis = this.#axisOf();
    const ratio = ratioOf(this.#look);
    this.#ratio = ratio;
    canvas.style.height = `${this.#look.bottom}px`;
    canvas.width = Math.round(this.#look.width * ratio);
    canvas.height = Math.round(this.#look.bottom * ratio);
    this.#sprites.clear();
    // A canvas that gets a size is empty until it is drawn.
    this.#isDue = true;
    this.#draw();
  }

  #shown(now: EpochMs): Shown {
    const moment = this.#view.momentAt(now);
    const axis = this.#axis;
    const look = this.#look;
    return {
      now,
      moment,
      anchor: this.#view.anchorAt(moment, { axis, look, turnsPages: this.#reduced.matches }),
      axis,
      look,
      isLive: this.#view.isLive,
      again: this.#view.again,
      selected: this.#selected,
      phrases: this.#options.timeline.phrases,
    };
  }

  #wake(ms: number): void {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    if (document.visibilityState === 'hidden') return;
    this.#timer = setTimeout(() => {
      // A frame that shows the same costs the browser one all the same.
      const { isNew, shown } = this.#next();
      if (isNew) this.#frame = requestAnimationFrame(() => this.#draw());
      else this.#wake(this.#untilNext(shown.now));
    }, ms);
  }

  /** What is to be seen now, and whether that differs from the last picture. */
  #next(): { readonly shown: Shown; readonly key: string; readonly isMoving: boolean; readonly isNew: boolean } {
    const shown = this.#shown(this.#options.now());
    // Where nothing is known, there is nothing that could move.
    const place = shown.phrases.length === 0 ? 0 : this.#axis.placeOf(shown.moment) * this.#look.second;
    const key = `${Math.round(place / leastMove)} ${Math.floor(shown.now / 60_000)}`;
    const isMoving = this.#isMoving(shown);
    const isNew = this.#isDue || isMoving || key !== this.#drawn || ratioOf(this.#look) !== this.#ratio;
    return { shown, key, isMoving, isNew };
  }

  #draw(): void {
    // The window may have come to a screen with finer pixels, which browsers do not tell when its size is the same.
    if (ratioOf(this.#look) !== this.#ratio) {
      this.#resize();
      return;
    }
    const began = performance.now();
    const { shown, key, isMoving, isNew } = this.#next();
    if (this.#pen && isNew) {
      drawFrame(this.#pen, shown, { colours: this.#colours, sprites: this.#sprites, ratio: this.#ratio });
      this.#drawn = key;
      this.#isDue = false;
    }
    const every = this.#reduced.matches ? stepMs : frameMs;
    this.#wake(isMoving ? Math.max(0, every - (performance.now() - began) - 2) : this.#untilNext(shown.now));
  }

  /** Whether something sounds that is in the window. */
  #isMoving(shown: Shown): boolean {
    if (shown.again) return true;
    const { now } = shown;
    return visibleOf(shown).some(({ startAt, endsAt }) => startAt <= now && now < endsAt + shineMs);
  }

  #untilNext(now: EpochMs): number {
    const { phrases } = this.#options.timeline;
    if (phrases.length === 0) return emptyMs;
    const next = phrases.find(({ startAt }) => startAt > now);
    return next ? Math.min(silentMs, next.startAt - now) : silentMs;
  }
}

/** Most pixels of the canvas: beyond that, finer pixels cost more than they show. */
const maxPixels = 4_200_000;

function ratioOf({ width, bottom }: Look): number {
  return Math.min(devicePixelRatio, 2, Math.sqrt(maxPixels / Math.max(1, width * bottom)));
}
