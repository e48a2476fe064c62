import type { EpochMs } from '@bnc/contracts';
import type { KnownPhrase } from '../phrase.ts';
import { drawCat } from './cat-head.ts';
import { type Colours, colourOf } from './colours.ts';
import { clockY, type Look, yOf } from './look.ts';
import type { Sprites } from './sprites.ts';
import type { TimeAxis } from './time-axis.ts';
import type { Anchor } from './view.ts';

/** What a picture shows. */
export interface Shown {
  /** The moment that is heard now, by the server's clock. */
  readonly now: EpochMs;
  /** The moment that stands at the line. */
  readonly moment: EpochMs;
  readonly anchor: Anchor;
  readonly axis: TimeAxis;
  readonly look: Look;
  readonly isLive: boolean;
  /** The phrase that is heard again. */
  readonly again: KnownPhrase | undefined;
  readonly selected: KnownPhrase | undefined;
  /** All phrases, the oldest first. */
  readonly phrases: readonly KnownPhrase[];
}

interface Paints {
  readonly colours: Colours;
  readonly sprites: Sprites;
  readonly ratio: number;
}

/** The least light of the past, as a share: reached about nine minutes after a phrase has ended. */
const darkest = 0.34;

/** How long a note shines after it began, in s. */
const shineSeconds = 0.35;

/** Shortest silence whose length is written, in ms. */
const toldSilenceMs = 90_000;

/** Longest phrase, in ms. */
const maxLengthMs = 120_000;

/** Draws the scene once. */
export function drawFrame(pen: CanvasRenderingContext2D, shown: Shown, paints: Paints): void {
  const { look } = shown;
  const { colours, ratio } = paints;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.globalAlpha = 1;
  pen.fillStyle = colours.ground;
  pen.fillRect(0, 0, look.width, look.bottom);
  if (shown.phrases.length === 0) {
    drawSilence(pen, look, colours);
    return;
  }
  const visible = visibleOf(shown);
  for (const phrase of visible) drawPhrase(pen, phrase, { shown, paints });
  drawSilences(pen, visible, { shown, paints });
  drawLine(pen, shown, colours);
  for (const phrase of visible) drawShine(pen, phrase, { shown, paints });
}

/** Draws an empty score: five lines, and a cat that sleeps where the present is. */
function drawSilence(pen: CanvasRenderingContext2D, look: Look, { hair, dim, ground }: Colours): void {
  const middle = (look.top + look.bottom) / 2;
  const gap = Math.min(look.letters * 2.2, (look.bottom - look.top) / 7);
  pen.fillStyle = hair;
  for (let line = -2; line <= 2; line++) pen.fillRect(0, Math.round(middle + line * gap), look.width, 1);
  const size = gap * 2.6;
  const x = look.nowX - size / 2;
  pen.fillStyle = ground;
  pen.fillRect(x - size * 0.7, middle - size * 0.7, size * 1.4, size * 1.4);
  drawCat(pen, { x, y: middle, size, colour: dim, eyes: ground, sleeps: true });
}

/** Returns the phrase at a place of the window; if two overlap, the later one. */
export function phraseAt(x: number, shown: Shown): KnownPhrase | undefined {
  const reach = shown.look.letters;
  return shown.phrases.findLast(
    ({ startAt, endsAt }) => xOf(startAt, shown) - reach <= x && x <= xOf(endsAt, shown) + reach,
  );
}

/** Where a moment stands in the window. */
function xOf(at: EpochMs, { axis, anchor, look }: Shown): number {
  return anchor.x + (axis.placeOf(at) - axis.placeOf(anchor.at)) * look.second;
}

/** Whether two are one phrase: it may have come again, with its score. */
function isSame(phrase: KnownPhrase, other: KnownPhrase | undefined): boolean {
  return phrase.phraseId === other?.phraseId;
}

/** Phrases that are in the window, at least in part, the oldest first. */
export function visibleOf(shown: Shown): KnownPhrase[] {
  const { axis, anchor, look, phrases } = shown;
  const margin = look.cat * 2;
  // Most phrases are long past: only those that may reach into the window are looked at.
  const begin = axis.timeAt(axis.placeOf(anchor.at) - (anchor.x + margin) / look.second) - maxLengthMs;
  const visible: KnownPhrase[] = [];
  for (let index = phrases.length - 1; index >= 0; index--) {
    const phrase = phrases[index];
    if (!phrase || phrase.startAt < begin) break;
    if (xOf(phrase.endsAt, shown) > -margin && xOf(phrase.startAt, shown) < look.width + margin) visible.push(phrase);
  }
  return visible.toReversed();
}

interface Scenery {
  readonly shown: Shown;
  readonly paints: Paints;
}

function drawPhrase(pen: CanvasRenderingContext2D, phrase: KnownPhrase, { shown, paints }: Scenery): void {
  const { look, now, isLive, moment } = shown;
  const { startAt, endsAt, params } = phrase;
  const { ratio, colours, sprites } = paints;
  const sprite = sprites.spriteOf(phrase, () => ({ look, colours, ratio, time: timeBelow(phrase, shown) }));
  const left = xOf(startAt, shown) - sprite.margin;
  const right = left + sprite.width;
  const hasYielded = endsAt < startAt + params.duration * 1000 - 1;
  const soundedTo = isSame(phrase, shown.again) ? moment : now;
  // What never sounded is not there.
  const end = hasYielded ? xOf(endsAt, shown) : right;
  const split = soundedTo >= endsAt ? end : soundedTo < startAt ? left : Math.min(end, xOf(soundedTo, shown));
  pen.globalAlpha = isLive ? lightOf(now - endsAt) : 1;
  copy(pen, sprite.lit, { left, from: left, to: split, look, ratio });
  copy(pen, sprite.ghost, { left, from: split, to: end, look, ratio });
  if (isSame(phrase, shown.selected)) {
    pen.globalAlpha = 1;
    pen.fillStyle = colours.text;
    pen.fillRect(
      left + sprite.margin,
      look.bottom - look.letters * 0.4,
      Math.max(24, end - left - 2 * sprite.margin),
      3,
    );
  }
}

/** Copies the part of a sprite between two places of the window. */
function copy(
  pen: CanvasRenderingContext2D,
  sprite: HTMLCanvasElement,
  { left, from, to, look, ratio }: { left: number; from: number; to: number; look: Look; ratio: number },
): void {
  const begin = Math.max(from, 0);
  const width = Math.min(to, look.width) - begin;
  if (width <= 0) return;
  const sx = (begin - left) * ratio;
  const sw = Math.min(width * ratio, sprite.width - sx);
  if (sw <= 0) return;
  pen.drawImage(sprite, sx, 0, sw, sprite.height, begin, look.top, sw / ratio, sprite.height / ratio);
}

/** How bright something is that ended so many ms ago. */
function lightOf(agoMs: number): number {
  return agoMs <= 0 ? 1 : Math.max(darkest, 1 - 0.2 * Math.log2(1 + agoMs / 60_000));
}

/** Writes how long a silence was, as its distance does not tell. */
function drawSilences(
  pen: CanvasRenderingContext2D,
  visible: readonly KnownPhrase[],
  { shown, paints }: Scenery,
): void {
  const { phrases, look } = shown;
  pen.globalAlpha = 0.8;
  pen.fillStyle = paints.colours.dim;
  pen.textAlign = 'center';
  pen.font = `${Math.round(look.letters * 0.85)}px system-ui, sans-serif`;
  for (const after of visible) {
    const before = phrases[phrases.indexOf(after) - 1];
    if (!before || after.startAt - before.endsAt < toldSilenceMs) continue;
    const [from, to] = [xOf(before.endsAt, shown), xOf(after.startAt, shown)];
    if (to - from < look.letters * 5) continue;
    pen.fillText(spanOf(after.startAt - before.endsAt), (from + to) / 2, clockY(look));
  }
  pen.textAlign = 'left';
}

/** The line of the present. */
function drawLine(pen: CanvasRenderingContext2D, shown: Shown, { text }: Colours): void {
  const { look, moment, isLive, again } = shown;
  const x = Math.round(xOf(moment, shown));
  pen.globalAlpha = isLive || again ? 0.95 : 0.3;
  pen.fillStyle = text;
  pen.fillRect(x - 1, look.top + look.letters * 0.3, 2, look.bottom - look.top - look.letters * 0.3);
}

/** Lets notes shine while they begin, and cats lift their heads. */
function drawShine(pen: CanvasRenderingContext2D, phrase: KnownPhrase, { shown, paints }: Scenery): void {
  const { look, now, moment } = shown;
  const soundedTo = isSame(phrase, shown.again) ? moment : now;
  const elapsed = (soundedTo - phrase.startAt) / 1000;
  if (elapsed < 0 || soundedTo > phrase.endsAt + shineSeconds * 1000) return;
  const { colours, sprites } = paints;
  const { notes, place, isProgram } = sprites.pictureOf(phrase);
  const left = xOf(phrase.startAt, shown);
  const colour = colourOf(place, isProgram, colours.isDark);
  for (const { voice, time, midi } of notes) {
    const age = (elapsed - time) / shineSeconds;
    if (age < 0 || age >= 1 || voice === 'pad' || voice === 'drum' || voice === 'bass') continue;
    const x = left + time * look.second;
    const y = yOf(midi, look);
    if (voice === 'cat') {
      pen.globalAlpha = 1;
      const size = look.cat * (1 + 0.35 * Math.sin(Math.PI * age));
      drawCat(pen, { x, y, size, colour: colours.accent, eyes: colours.ground });
    } else {
      pen.globalAlpha = 0.4 * (1 - age);
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(x + look.semitone, y, look.semitone * (1.6 + 2 * age), 0, Math.PI * 2);
      pen.fill();
    }
  }
}

/** Returns the time of day to write below a phrase; '' if the phrase before has the same. */
function timeBelow(phrase: KnownPhrase, { phrases }: Shown): string {
  const before = phrases[phrases.indexOf(phrase) - 1];
  const time = timeOf(phrase.startAt);
  return before && timeOf(before.startAt) === time ? '' : time;
}

function timeOf(at: EpochMs): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
