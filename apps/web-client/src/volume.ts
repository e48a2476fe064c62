/** One volume, with a mute that always tells the truth. */
export class Volume {
  #percent: number;
  #isMuted = false;
  #restsUntil: number;
  readonly #onChange: () => void;

  /** @param restsUntil - nothing is heard until then, in epoch ms; 0 for no rest */
  constructor(percent: number, onChange: () => void, restsUntil = 0) {
    this.#percent = clamp(percent);
    this.#restsUntil = restsUntil;
    this.#onChange = onChange;
  }

  /** 0-100; equal steps sound about equal. */
  get percent(): number {
    return this.#percent;
  }

  /** True when nothing can be heard. */
  get isMuted(): boolean {
    return this.#isMuted || this.#percent === 0 || this.isResting;
  }

  /** True until the end of a rest. */
  get isResting(): boolean {
    return Date.now() < this.#restsUntil;
  }

  /** When the rest ends or has ended, in epoch ms; 0 for none. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** Silences everything until a moment, unless the volume or the mute is changed before. */
  rest(until: number): void {
    this.#restsUntil = until;
    this.#onChange();
  }

  /** What samples are multiplied by, 0-1. */
  get level(): number {
    return this.isMuted ? 0 : (this.#percent / 100) ** 2;
  }

  /** Sets the volume; moving it ends a mute, and a rest. */
  set(percent: number): void {
    this.#percent = clamp(percent);
    this.#isMuted = false;
    this.#restsUntil = 0;
    this.#onChange();
  }

  /** Mutes, or plays on at the volume from before, or at half volume if that was 0. Ends a rest. */
  mute(isMuted: boolean): void {
    if (!isMuted && this.#percent === 0) this.#percent = 50;
    this.#isMuted = isMuted;
    this.#restsUntil = 0;
    this.#onChange();
  }
}

function clamp(percent: number): number {
  return Number.isFinite(percent) ? Math.min(100, Math.max(0, Math.round(percent))) : 80;
}
