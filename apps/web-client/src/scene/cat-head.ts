/** The head of a cat. */
export interface CatHead {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly colour: string;
  readonly eyes: string;
  readonly sleeps?: boolean;
}

/** Draws the head of a cat around a point, `size` wide; a cat that sleeps has its eyes closed. */
export function drawCat(pen: CanvasRenderingContext2D, { x, y, size, colour, eyes, sleeps = false }: CatHead): void {
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
  pen.strokeStyle = eyes;
  pen.lineWidth = Math.max(1, size / 24);
  for (const side of [-1, 1]) {
    pen.beginPath();
    if (sleeps) {
      pen.arc(x + side * half * 0.4, y + half * 0.02, half * 0.17, 0.15 * Math.PI, 0.85 * Math.PI);
      pen.stroke();
      continue;
    }
    pen.ellipse(x + side * half * 0.4, y + half * 0.08, half * 0.13, half * 0.19, 0, 0, Math.PI * 2);
    pen.fill();
  }
}
