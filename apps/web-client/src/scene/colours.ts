import type { Emotion } from '@bnc/contracts';

/** The colours of the page, from its styles, for one colour scheme. */
export interface Colours {
  readonly isDark: boolean;
  readonly ground: string;
  readonly text: string;
  readonly dim: string;
  readonly hair: string;
  readonly accent: string;
  readonly emotions: Readonly<Record<Emotion, string>>;
}

/** What changes the colours of the page. */
export const colourQueries = ['(prefers-color-scheme: light)', '(forced-colors: active)'] as const;

/** Reads the colours of the page. Slow: call it when the scheme changes, not for each picture. */
export function readColours(): Colours {
  const probe = document.createElement('span');
  probe.hidden = true;
  // Where people force colours of their own, the styles name them, and no other is put in their place.
  probe.style.setProperty('forced-color-adjust', 'none');
  document.body.append(probe);
  const resolved = (name: string): string => {
    // A custom property by itself is only text; as a colour it is resolved for the scheme.
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours: Colours = {
    isDark: !matchMedia('(prefers-color-scheme: light)').matches,
    ground: resolved('ground'),
    text: resolved('text'),
    dim: resolved('dim'),
    hair: resolved('hair'),
    accent: resolved('accent'),
    emotions: {
      tension: resolved('tension'),
      resolution: resolved('resolution'),
      activity: resolved('activity'),
      growth: resolved('growth'),
    },
  };
  probe.remove();
  return colours;
}

/** Hues of people in degrees: they begin after the amber of the cats, and end before it. */
const firstHue = 115;
const hues = 285;

/** The colour of a place in the roster: neighbours are far apart, and programs are paler than people. */
export function colourOf(place: number, isProgram: boolean, isDark: boolean): string {
  // Steps of the golden ratio never come back to a hue that was near before.
  const hue = Math.round(firstHue + ((0.1 + place * 0.618034) % 1) * hues) % 360;
  const chroma = isProgram ? 0.055 : 0.13;
  return `oklch(${isDark ? 0.83 : 0.5} ${chroma} ${hue})`;
}
