/** One volume with a mute that never lies. */
export class Volume {
  #percent: number;
  #isMuted = false;
  readonly #onChange: () => void;

  constructor(percent: number, onChange: () => void) {
    this.#percent = clamp(percent);
    this.#onChange = onChange;
  }

  /** 0-100; equal steps sound about equal. */
  get percent(): number {
    return this.#percent;
  }

  /** True when nothing can be heard. */
  get isMuted(): boolean {
    return this.#isMuted || this.#percent === 0;
  }

  /** What samples are multiplied by. */
  get level(): number {
    return this.isMuted ? 0 : (this.#percent / 100) ** 2;
  }

  /** Sets the volume; moving it ends a mute. */
  set(percent: number): void {
    this.#percent = clamp(percent);
    this.#isMuted = false;
    this.#onChange();
  }

  /** Mutes, or plays on at the volume from before; at half volume where that was nothing. */
  mute(isMuted: boolean): void {
    if (!isMuted && this.#percent === 0) this.#percent = 50;
    this.#isMuted = isMuted;
    this.#onChange();
  }
}

function clamp(percent: number): number {
  return Number.isFinite(percent) ? Math.min(100, Math.max(0, Math.round(percent))) : 80;
}
