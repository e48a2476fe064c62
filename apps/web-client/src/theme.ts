import type { composeBuffer } from './composer.ts';
import type { Phrase } from './phrase.ts';

/**
 * The themes that a listener can choose, and their loudness compared with `chamber` at the same gain: medians of 14
 * phrases.
 */
const loudness: Readonly<Record<string, number>> = { chamber: 1, ambient: 0.76, '8-bit': 1.09, lofi: 0.95 };

/** Names of the themes. */
export const themes: readonly string[] = Object.keys(loudness);

/** Arranges phrases in the theme that the listener has chosen, in place of the room's. */
export class ThemeChanger {
  #compose: typeof composeBuffer | undefined;
  readonly #levels = new WeakMap<Phrase, number>();

  /** Loads the composer; settles when phrases can be arranged. */
  async load(): Promise<void> {
    this.#compose ??= (await import('./composer.ts')).composeBuffer;
  }

  /** Returns a phrase as it sounds in a theme. Clips stay as they are: the server has rendered them. */
  arrange(phrase: Phrase, theme = ''): Phrase {
    const { buffer, params } = phrase;
    const { theme: own = 'chamber' } = params;
    const isScore = 'encoding' in buffer && buffer.encoding === 'score';
    if (!this.#compose || !isScore || !themes.includes(theme) || theme === own) return phrase;
    const arranged = { ...phrase, buffer: this.#compose({ ...params, theme }, buffer.gain ?? 1) };
    this.#levels.set(arranged, (loudness[own] ?? 1) / (loudness[theme] ?? 1));
    return arranged;
  }

  /** The factor that makes a phrase as loud as it is in the room's theme. */
  levelOf(phrase: Phrase): number {
    return this.#levels.get(phrase) ?? 1;
  }
}
