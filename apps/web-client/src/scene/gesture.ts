import type { Emotion, Gesture } from '@bnc/contracts';
import type { Look } from './look.ts';

/** Heights of a gesture, 0-1, at a share of its phrase, 0-1. */
const contours: Readonly<Record<Gesture, (share: number) => number>> = {
  stride: (x) => 0.5 + 0.13 * Math.sin(x * Math.PI * 4),
  rise: (x) => 0.22 + 0.62 * x ** 1.4,
  homecoming: (x) => 0.86 - 0.66 * Math.sin((x * Math.PI) / 2) ** 1.3,
  sigh: (x) => 0.66 + 0.12 * Math.sin(x * Math.PI) - 0.46 * x ** 2,
  sparkle: (x) => 0.24 + 0.5 * x + 0.12 * Math.abs(Math.sin(x * Math.PI * 4)),
  fanfare: (x) => 0.25 + 0.2 * Math.min(3, Math.floor(x * 4)),
  call: (x) => 0.42 + 0.2 * Math.sin(x * Math.PI * 1.7) ** 2 + (x > 0.8 ? (x - 0.8) * 1.6 : 0),
  murmur: (x) => 0.36 + 0.04 * Math.sin(x * Math.PI * 6),
};

/** How thick the band is at a share of the phrase: growth opens, resolution closes. */
const thickness: Readonly<Record<Emotion, (share: number) => number>> = {
  tension: () => 0.55,
  resolution: (x) => 1 - 0.75 * x,
  activity: () => 0.6,
  growth: (x) => 0.25 + 0.9 * x,
};

/** Points along a band. */
const points = 48;

/**
 * Draws what a phrase does as one broad band: its course is the gesture, and its edge the emotion, which can be read
 * without colour. Tension is jagged, activity comes in strokes, growth opens, and resolution comes to rest.
 */
export function drawGesture(
  pen: CanvasRenderingContext2D,
  { gesture, emotion, colour }: { readonly gesture: Gesture; readonly emotion: Emotion; readonly colour: string },
  { width, look: { top, bottom, letters } }: { readonly width: number; readonly look: Look },
): void {
  const height = bottom - top;
  const contour = contours[gesture];
  const thick = thickness[emotion];
  const half = Math.max(6, height * 0.035);
  const yAt = (x: number): number => bottom - height * (0.1 + 0.72 * contour(x));
  const jag = (index: number): number => (emotion === 'tension' && index % 2 === 1 ? half * 0.9 : 0);
  pen.save();
  pen.fillStyle = colour;
  pen.strokeStyle = colour;
  if (emotion === 'activity') {
    // Strokes instead of one band.
    const strokes = new Path2D();
    const step = Math.max(6, letters * 0.6);
    for (let x = 0; x < width; x += step) strokes.rect(x, 0, step * 0.5, bottom);
    pen.clip(strokes);
  }
  pen.beginPath();
  for (let index = 0; index <= points; index++) {
    const x = index / points;
    pen.lineTo(x * width, yAt(x) - half * thick(x) - jag(index));
  }
  for (let index = points; index >= 0; index--) {
    const x = index / points;
    pen.lineTo(x * width, yAt(x) + half * thick(x) - jag(index));
  }
  pen.closePath();
  pen.globalAlpha = 0.13;
  pen.fill();
  pen.globalAlpha = 0.3;
  pen.lineWidth = 1;
  pen.stroke();
  pen.restore();
}
