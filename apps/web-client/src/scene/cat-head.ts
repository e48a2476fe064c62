/** Draws the head of a cat around a point, as broad as `size`; its eyes are open while it speaks. */
export function drawCat(
  pen: CanvasRenderingContext2D,
  { x, y, size, colour, eyes }: { x: number; y: number; size: number; colour: string; eyes: string },
): void {
  const half = size / 2;
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(x - half, y - half);
  pen.lineTo(x - half * 0.36, y - half * 0.42);
  pen.quadraticCurveTo(x, y - half * 0.56, x + half * 0.36, y - half * 0.42);
  pen.lineTo(x + half, y - half);
  pen.lineTo(x + half, y + half * 0.1);
  pen.bezierCurveTo(x + half, y + half * 1.05, x - half, y + half * 1.05, x - half, y + half * 0.1);
  pen.closePath();
  pen.fill();
  if (size < 16) return;
  pen.fillStyle = eyes;
  for (const side of [-1, 1]) {
    pen.beginPath();
    pen.ellipse(x + side * half * 0.4, y + half * 0.08, half * 0.13, half * 0.19, 0, 0, Math.PI * 2);
    pen.fill();
  }
}
