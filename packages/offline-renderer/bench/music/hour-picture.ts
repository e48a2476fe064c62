import { crc32, deflateSync } from 'node:zlib';
import { spectrum } from '@bnc/testing/sound';
import { type Stereo, sampleRate } from './mix.ts';

/** One hour as a picture is this many columns wide: three seconds each. */
const columns = 1200;
const spectrumRows = 180;
const curveRows = 90;
const frameSize = 4096;
/** Frequencies of the spectrogram's edges, in Hz; its rows are even steps of pitch. */
const edges = [40, 14_000] as const;
/** Levels of the spectrogram in dBFS, dark to bright, and of the curve in LUFS, bottom to top. */
const shades = [-105, -35] as const;
const levels = [-70, -10] as const;

type Colour = readonly [red: number, green: number, blue: number];

/** Dark blue, violet, orange, pale yellow: even steps of lightness, also in grey. */
const palette: readonly Colour[] = [
  [6, 6, 20],
  [60, 18, 92],
  [150, 42, 100],
  [232, 100, 60],
  [252, 252, 180],
];
const background: Colour = [18, 18, 24];
const grid: Colour = [58, 58, 70];
const line: Colour = [120, 220, 200];

/** Gathers what a picture of an hour needs while the hour is mixed. */
export class HourSpectrum {
  readonly #power: Float64Array[];
  readonly #seconds: number;
  #second = 0;

  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#power = Array.from({ length: columns }, () => new Float64Array(spectrumRows));
  }

  add([left, right]: Stereo): void {
    const column = this.#power[Math.min(columns - 1, Math.floor((this.#second++ / this.#seconds) * columns))];
    if (!column) return;
    const mono = left.map((sample, i) => (sample + (right[i] ?? 0)) / 2);
    for (let at = 0; at + frameSize <= mono.length; at += sampleRate / 4) {
      const magnitudes = spectrum(mono, frameSize, at);
      for (let row = 0; row < spectrumRows; row++) {
        const [low, high] = [binOf(row), Math.max(binOf(row) + 1, binOf(row + 1))];
        let loudest = 0;
        for (let bin = low; bin < high; bin++) loudest = Math.max(loudest, magnitudes[bin] ?? 0);
        column[row] = Math.max(column[row] ?? 0, loudest);
      }
    }
  }

  /** Level in dBFS of a row (0 is the lowest) in a column. */
  at(column: number, row: number): number {
    return 20 * Math.log10((this.#power[column]?.[row] ?? 0) + 1e-9);
  }
}

function binOf(row: number): number {
  const hertz = edges[0] * (edges[1] / edges[0]) ** (row / spectrumRows);
  return Math.round((hertz * frameSize) / sampleRate);
}

/**
 * Draws an hour: a spectrogram of 40 Hz to 14 kHz, and below it the momentary loudness from -70 to -10 LUFS with a line every 10 LU
 * and every ten minutes. Returns a PNG.
 */
export function drawHour({ spectrum, momentary }: DrawnHour): Buffer {
  const height = spectrumRows + curveRows;
  const pixels = new Uint8Array(columns * height * 3);
  const paint = (x: number, y: number, colour: Colour): void => pixels.set(colour, (y * columns + x) * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < columns; x++) paint(x, y, background);
  for (let x = 0; x < columns; x++) {
    for (let row = 0; row < spectrumRows; row++) paint(x, spectrumRows - 1 - row, shadeOf(spectrum.at(x, row)));
  }
  drawCurve(momentary, (x, y, colour) => paint(x, spectrumRows + y, colour));
  return png(pixels, columns, height);
}

/** What an hour is drawn from. */
interface DrawnHour {
  readonly spectrum: HourSpectrum;
  /** Momentary loudness in LUFS, evenly spaced. */
  readonly momentary: Float32Array;
}

function drawCurve(momentary: Float32Array, paint: (x: number, y: number, colour: Colour) => void): void {
  const place = (lufs: number): number =>
    Math.round((1 - Math.min(1, Math.max(0, (lufs - levels[0]) / (levels[1] - levels[0])))) * (curveRows - 1));
  for (let x = 0; x < columns; x++) {
    for (let lufs: number = levels[0]; lufs <= levels[1]; lufs += 10) paint(x, place(lufs), grid);
    if (x % (columns / 6) === 0) for (let y = 0; y < curveRows; y++) paint(x, y, grid);
    const part = momentary.subarray(
      Math.floor((x / columns) * momentary.length),
      Math.max(1, Math.floor(((x + 1) / columns) * momentary.length)),
    );
    const [high, low] = [place(Math.max(...part, levels[0])), place(Math.min(...part))];
    for (let y = high; y <= low; y++) paint(x, y, line);
  }
}

function shadeOf(decibels: number): Colour {
  const place = Math.min(0.9999, Math.max(0, (decibels - shades[0]) / (shades[1] - shades[0]))) * (palette.length - 1);
  const [from = background, to = background] = palette.slice(Math.floor(place));
  const mixed = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * (place % 1)));
  return [mixed[0] ?? 0, mixed[1] ?? 0, mixed[2] ?? 0];
}

/** Encodes 24-bit pixels (PNG, third edition, W3C 2025): one filter-less image, no other chunks. */
function png(pixels: Uint8Array, width: number, height: number): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  const bytes = width * 3;
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * bytes, (y + 1) * bytes), y * (bytes + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
