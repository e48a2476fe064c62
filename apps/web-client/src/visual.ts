/** Time in ms between two pictures. */
const frameMs = 60;

/** Draws the current sound as one line. It stands still in silence, and for people who prefer reduced motion. */
export class Visual {
  readonly #canvas: HTMLCanvasElement;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #samples = new Float32Array(1024);
  #analyser: AnalyserNode | undefined;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /** Draws while something sounds; draws nothing otherwise. */
  set analyser(analyser: AnalyserNode | undefined) {
    this.#analyser = this.#still.matches ? undefined : analyser;
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#draw();
  }

  #draw(): void {
    const canvas = this.#canvas;
    const pen = canvas.getContext('2d');
    if (!pen) return;
    canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
    canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
    const { width, height } = canvas;
    this.#samples.fill(0);
    this.#analyser?.getFloatTimeDomainData(this.#samples);
    pen.strokeStyle = getComputedStyle(canvas).getPropertyValue('--accent');
    pen.lineWidth = 2 * devicePixelRatio;
    pen.beginPath();
    this.#samples.forEach((sample, index) => {
      pen.lineTo((index / (this.#samples.length - 1)) * width, height / 2 - sample * height * 0.9);
    });
    pen.stroke();
    if (!this.#analyser) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#frame = requestAnimationFrame(() => this.#draw());
    }, frameMs);
  }
}
