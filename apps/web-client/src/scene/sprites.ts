import type { KnownPhrase } from '../phrase.ts';
import { type Paint, paintPhrase, type Sprite } from './paint-phrase.ts';
import { type Picture, pictureOf } from './picture.ts';

/** Most phrases that stay painted: more than a window shows. */
const maxSprites = 24;

/** Pictures of phrases, and what was painted of them. */
export class Sprites {
  readonly #pictures = new Map<KnownPhrase, Picture>();
  readonly #sprites = new Map<KnownPhrase, Sprite>();

  pictureOf(phrase: KnownPhrase): Picture {
    const known = this.#pictures.get(phrase);
    if (known) return known;
    const made = pictureOf(phrase);
    this.#pictures.set(phrase, made);
    return made;
  }

  /** Returns a painted phrase; paints it only if that has not been done. */
  spriteOf(phrase: KnownPhrase, paint: () => Paint): Sprite {
    const known = this.#sprites.get(phrase);
    const sprite = known ?? paintPhrase(this.pictureOf(phrase), paint());
    // The one that was used last is the last to go.
    this.#sprites.delete(phrase);
    this.#sprites.set(phrase, sprite);
    const [oldest] = this.#sprites.keys();
    if (oldest && this.#sprites.size > maxSprites) this.#sprites.delete(oldest);
    return sprite;
  }

  /** Forgets what was painted: the window or its colours have changed. */
  clear(): void {
    this.#sprites.clear();
  }

  /** Forgets all phrases except these. */
  keep(phrases: readonly KnownPhrase[]): void {
    const kept = new Set(phrases);
    for (const map of [this.#pictures, this.#sprites]) {
      for (const phrase of map.keys()) if (!kept.has(phrase)) map.delete(phrase);
    }
  }
}
