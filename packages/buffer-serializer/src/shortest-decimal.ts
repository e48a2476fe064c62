/**
 * Shortest decimals of float32 samples. `JSON.stringify` prints the double that a float32 widens to, such as
 * 0.10000000149011612; 0.1 gives the same float32 back. Between 10^-6 and 2^23 the digits come from integer
 * arithmetic; the rare rest takes the slow way.
 */

const leastPlain = 1e-6; // below it JSON.stringify writes exponents
const mostPlain = 2 ** 23; // from here on float32 are integers

/** Powers of ten that a double holds exactly. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** By biased exponent: decimals whose step is finer than half the float32 spacing, so that they always suffice. */
const enoughDigits = Uint8Array.from({ length: 256 }, (_, biased) =>
  Math.min(22, Math.max(0, Math.floor((151 - biased) * Math.log10(2)) + 1)),
);

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Finds the double with the fewest decimal digits that rounds to the float32 `sample`. */
export function shortestDecimal(sample: number): number {
  const magnitude = Math.abs(sample);
  if (magnitude === 0) return sample;
  if (!isPlain(magnitude)) return byDigits(sample);
  const scale = powersOfTen[fewestDecimals(magnitude)] as number;
  const value = Math.round(magnitude * scale) / scale;
  return sample < 0 ? -value : value;
}

const zeroCode = 48;
const commaCode = 44;
const minusCode = 45;
const pointCode = 46;
const maxLength = 18; // "-1.17549435e-38,"

/** Writes samples as the inside of a JSON array, such as `0.5,-0.25`, in ASCII. */
export function writeDecimals(samples: Float32Array): Uint8Array<ArrayBuffer> {
  let text = new Uint8Array(Math.max(64, samples.length * 12));
  let at = 0;
  for (let i = 0; i < samples.length; i++) {
    if (at + maxLength > text.length) {
      const longer = new Uint8Array(text.length * 2);
      longer.set(text);
      text = longer;
    }
    if (i > 0) text[at++] = commaCode;
    const sample = samples[i] as number;
    const magnitude = Math.abs(sample);
    if (magnitude === 0) {
      if (Object.is(sample, -0)) text[at++] = minusCode;
      text[at++] = zeroCode;
      continue;
    }
    if (!isPlain(magnitude)) {
      const rare = String(byDigits(sample));
      for (let letter = 0; letter < rare.length; letter++) text[at++] = rare.charCodeAt(letter);
      continue;
    }
    if (sample < 0) text[at++] = minusCode;
    const decimals = fewestDecimals(magnitude);
    let digits = Math.round(magnitude * (powersOfTen[decimals] as number)) | 0; // < 10 * 2^24
    let whole = 0;
    if (magnitude >= 1) {
      whole = Math.trunc(digits / (powersOfTen[decimals] as number));
      digits -= whole * (powersOfTen[decimals] as number);
    }
    if (whole < 10) text[at++] = zeroCode + whole;
    else {
      const letters = String(whole);
      for (let letter = 0; letter < letters.length; letter++) text[at++] = letters.charCodeAt(letter);
    }
    if (decimals === 0) continue;
    text[at] = pointCode;
    for (let place = at + decimals; place > at; place--) {
      const rest = (digits / 10) | 0;
      text[place] = zeroCode + digits - rest * 10;
      digits = rest;
    }
    at += decimals + 1;
  }
  return text.subarray(0, at);
}

function enoughDecimals(magnitude: number): number {
  float[0] = magnitude;
  return enoughDigits[(bits[0] as number) >>> 23] as number;
}

/** Finds the fewest decimals that still give `magnitude` back; each step down is one division. */
function fewestDecimals(magnitude: number): number {
  let decimals = enoughDecimals(magnitude);
  while (decimals > 0) {
    const scale = powersOfTen[decimals - 1] as number;
    if (Math.fround(Math.round(magnitude * scale) / scale) !== magnitude) break;
    decimals--;
  }
  return decimals;
}

function byDigits(sample: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(sample.toPrecision(digits));
    if (Math.fround(candidate) === sample) return candidate;
  }
  return Number(sample.toPrecision(9));
}

function isPlain(magnitude: number): boolean {
  return magnitude >= leastPlain && magnitude < mostPlain;
}
