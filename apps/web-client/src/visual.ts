import type * as Tone from 'tone';

/** Draws the current sound as one line. The line stands still for people who prefer reduced motion. */
export function drawWaveform(canvas: HTMLCanvasElement, analyser: Tone.Analyser): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const draw = (): void => {
    requestAnimationFrame(draw);
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    const height = Math.round(canvas.clientHeight * devicePixelRatio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const samples = still.matches ? new Float32Array(2) : analyser.getValue();
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = getComputedStyle(canvas).getPropertyValue('--accent');
    pen.lineWidth = 2 * devicePixelRatio;
    pen.beginPath();
    samples.forEach((sample, index) => {
      pen.lineTo((index / (samples.length - 1)) * width, height / 2 - sample * height * 0.9);
    });
    pen.stroke();
  };
  draw();
}
