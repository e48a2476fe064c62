import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { colourOf } from './scene/colours.ts';

type Scheme = 'light' | 'dark';
type Rgb = readonly number[];

const styles = readFileSync(new URL('../styles/base.css', import.meta.url), 'utf8');

/** A colour of the page, in linear light. */
function named(name: string, scheme: Scheme): Rgb {
  const [, light = '', dark = ''] = new RegExp(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\);`).exec(styles) ?? [];
  const hex = Number.parseInt(scheme === 'light' ? light : dark, 16);
  return [hex >> 16, (hex >> 8) & 255, hex & 255].map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

/** The colour of someone in the scene, in linear light: https://bottosson.github.io/posts/oklab/ */
function ofPlace(place: number, scheme: Scheme): Rgb {
  const text = colourOf(place, place >= 48, scheme === 'dark');
  const [lightness = 0, chroma = 0, hue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return rgb.map((part) => Math.min(1, Math.max(0, part)));
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: Rgb, other: Rgb): number {
  const lights = [one, other].map(([r = 0, g = 0, b = 0]) => 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
  return Math.max(...lights) / Math.min(...lights);
}

test.each<Scheme>(['light', 'dark'])(
  'each text has a contrast of 4.5, and each edge of what is pressed 3 (%s)',
  (scheme) => {
    const weak: string[] = [];
    const check = (text: string, colour: Rgb, ground: string, least: number): void => {
      const ratio = contrast(colour, named(ground, scheme));
      if (!(ratio >= least)) weak.push(`${text} on ${ground}: ${ratio.toFixed(2)}`);
    };
    for (const ground of ['ground', 'raised']) {
      for (const text of ['text', 'dim', 'accent', 'tension', 'resolution', 'activity', 'growth']) {
        check(text, named(text, scheme), ground, 4.5);
      }
    }
    for (const text of ['text', 'dim']) check(text, named(text, scheme), 'foot', 4.5);
    check('on-accent', named('on-accent', scheme), 'accent', 4.5);
    // What is on.
    check('ground', named('ground', scheme), 'dim', 4.5);
    for (const ground of ['ground', 'raised', 'foot']) check('line', named('line', scheme), ground, 3);
    for (let place = 0; place < 96; place++) check(`place ${place}`, ofPlace(place, scheme), 'ground', 4.5);
    expect(weak).toEqual([]);
  },
);
