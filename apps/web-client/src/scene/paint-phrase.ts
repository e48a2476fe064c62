import { drawCat } from './cat-head.ts';
import { type Colours, colourOf } from './colours.ts';
import { drawGesture } from './gesture.ts';
import { clockY, drumY, type Look, yOf } from './look.ts';
import type { Picture } from './picture.ts';
import type { PictureNote } from './picture-note.ts';

/** A phrase that is painted once, and then moved over the scene. */
export interface Sprite {
  /** Its notes as they are once they have sounded. */
  readonly lit: HTMLCanvasElement;
  /** Its notes as they are before they sound. */
  readonly ghost: HTMLCanvasElement;
  /** How far it begins before its first moment, in CSS pixels. */
  readonly margin: number;
  /** Its width in CSS pixels, both margins counted. */
  readonly width: number;
}

/** How a phrase is painted. */
export interface Paint {
  readonly look: Look;
  readonly colours: Colours;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
  /** What is written below a phrase: the time of day. */
  readonly time: string;
}

/** Paints a phrase, with its notes at their time and pitch. */
export function paintPhrase(picture: Picture, paint: Paint): Sprite {
  const { look } = paint;
  const margin = Math.ceil(Math.max(look.cat, look.letters * 5));
  const width = Math.ceil(picture.duration * look.second) + 2 * margin;
  return {
    margin,
    width,
    lit: painted(picture, paint, { margin, width, isLit: true }),
    ghost: painted(picture, paint, { margin, width, isLit: false }),
  };
}

function painted(
  picture: Picture,
  { look, colours, ratio, time }: Paint,
  { margin, width, isLit }: { readonly margin: number; readonly width: number; readonly isLit: boolean },
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil((look.bottom - look.top) * ratio);
  const pen = canvas.getContext('2d');
  if (!pen) return canvas;
  pen.setTransform(ratio, 0, 0, ratio, margin * ratio, -look.top * ratio);
  const colour = colourOf(picture.place, picture.isProgram, colours.isDark);
  drawGlow(pen, colours.emotions[picture.emotion], { look, width: picture.duration * look.second, margin });
  drawBars(pen, picture, { look, colours });
  // A sign that sounds alone has no gesture.
  if (picture.barLines.length > 1) {
    drawGesture(
      pen,
      { ...picture, colour: colours.emotions[picture.emotion] },
      { width: picture.duration * look.second, look },
    );
  }
  for (const note of picture.notes) drawNote(pen, note, { look, colours, colour, isLit, isProgram: picture.isProgram });
  pen.globalAlpha = 1;
  drawName(pen, picture, { look, colours, colour });
  pen.font = `${Math.round(look.letters * 0.85)}px system-ui, sans-serif`;
  pen.fillStyle = colours.dim;
  pen.fillText(time, 0, clockY(look));
  return canvas;
}

/** Lets the ground glow in the colour of an emotion. */
function drawGlow(
  pen: CanvasRenderingContext2D,
  colour: string,
  { look, width, margin }: { readonly look: Look; readonly width: number; readonly margin: number },
): void {
  const { top, bottom } = look;
  const glow = pen.createRadialGradient(0, 0, 0, 0, 0, 1);
  glow.addColorStop(0, colour);
  // Not to transparent black, which is seen on a light ground.
  glow.addColorStop(1, colour.replace(/^rgb\((.+)\)$/, 'rgb($1, 0)'));
  pen.save();
  pen.translate(width / 2, (top + bottom) / 2);
  pen.scale(width / 2 + margin, (bottom - top) / 2);
  pen.globalAlpha = 0.16;
  pen.fillStyle = glow;
  pen.fillRect(-1, -1, 2, 2);
  pen.restore();
}

function drawBars(
  pen: CanvasRenderingContext2D,
  { barLines }: Picture,
  { look, colours }: Pick<Paint, 'look' | 'colours'>,
): void {
  pen.fillStyle = colours.hair;
  const from = look.top + look.letters * 3.4;
  for (const time of barLines) pen.fillRect(time * look.second, from, 1, drumY(look) - from + look.letters * 0.5);
}

/** Rows in which names stand, so that people who follow each other closely do not cover each other. */
const nameRows = 2;

/** Writes who did it, after a mark that is round for people and has corners for programs. */
function drawName(
  pen: CanvasRenderingContext2D,
  { actor, place, isProgram, duration }: Picture,
  { look, colour }: { readonly look: Look; readonly colours: Colours; readonly colour: string },
): void {
  const { letters, top, second } = look;
  const y = top + letters * (1.2 + (place % nameRows) * 1.4);
  const radius = letters * 0.3;
  pen.fillStyle = colour;
  pen.beginPath();
  if (isProgram) pen.rect(0, y - letters * 0.35 - radius, radius * 2, radius * 2);
  else pen.arc(radius, y - letters * 0.35, radius, 0, Math.PI * 2);
  pen.fill();
  pen.font = `600 ${Math.round(letters)}px system-ui, sans-serif`;
  const room = Math.max(letters * 4, duration * second - letters);
  pen.fillText(shortened(pen, actor, room), letters, y);
}

function shortened(pen: CanvasRenderingContext2D, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  const letters = Array.from(text.slice(0, 60));
  while (letters.length > 1 && pen.measureText(`${letters.join('')}…`).width > width) letters.pop();
  return `${letters.join('')}…`;
}

/** Heights of notes in semitones, and how strong they are once they have sounded, and before. */
const shapes: Readonly<Record<PictureNote['voice'], readonly [height: number, lit: number, ghost: number]>> = {
  pad: [2.4, 0.34, 0.1],
  held: [1.3, 0.75, 0.2],
  lead: [1.9, 1, 0.3],
  bass: [1, 0.9, 0.25],
  dot: [1.5, 0.9, 0.25],
  drum: [1, 0.5, 0.2],
  cat: [1, 1, 0.28],
};

interface Ink {
  readonly look: Look;
  readonly colours: Colours;
  readonly colour: string;
  readonly isLit: boolean;
  readonly isProgram: boolean;
}

/** Draws one note. */
export function drawNote(pen: CanvasRenderingContext2D, note: PictureNote, ink: Ink): void {
  const { look, colours, colour, isLit, isProgram } = ink;
  const { voice, time, duration, midi, velocity } = note;
  const [semitones, lit, ghost] = shapes[voice];
  const x = time * look.second;
  const y = voice === 'drum' ? drumY(look) - (midi % 12) * 0.08 * look.letters : yOf(midi, look);
  const height = Math.max(2, semitones * look.semitone);
  pen.globalAlpha = (isLit ? lit : ghost) * (0.65 + 0.35 * velocity);
  if (voice === 'cat') {
    drawCat(pen, { x, y, size: look.cat, colour: colours.accent, eyes: colours.ground });
    return;
  }
  pen.fillStyle = voice === 'drum' ? colours.dim : colour;
  if (voice === 'drum') {
    pen.fillRect(x, y - look.letters * 0.25, Math.max(1.5, look.second * 0.03), look.letters * (0.2 + 0.6 * velocity));
    return;
  }
  const width = voice === 'dot' ? height : Math.max(height, duration * look.second - 1.5);
  pen.beginPath();
  // Programs have corners, people are round.
  pen.roundRect(x, y - height / 2, width, height, isProgram ? height * 0.12 : height / 2);
  pen.fill();
}
