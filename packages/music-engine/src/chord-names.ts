import { get as chordTypeOf } from '@tonaljs/chord-type';
import { interval as intervalOf } from '@tonaljs/pitch-interval';
import { get as romanOf } from '@tonaljs/roman-numeral';

/** A chord, independent of its key. */
export interface Chord {
  /** Its name, such as `V7/3`. */
  readonly name: string;
  /** Semitones above the tonic, 0-11, root first. */
  readonly tones: readonly number[];
  /** The degree that each tone is written on, 0-6: 0 for any kind of first degree, 6 for any kind of seventh. */
  readonly degrees: readonly number[];
  /** The tone in the bass, in semitones above the tonic, 0-11. */
  readonly bass: number;
}

const figured = /^([^/]+)(?:\/(\d))?$/u;

/**
 * Reads the name of a chord: a roman numeral, then the kind of chord, then the tone in the bass after a slash. Numerals
 * count from the major scale, whatever the mode: `bVII` lies a whole tone under the tonic. A lower-case numeral is a
 * minor chord. `/3` puts the third into the bass, `/5` the fifth, `/7` the seventh, `/4` the fourth of a suspended
 * chord.
 * @throws {RangeError} for anything else.
 * @example
 * readChord('V7/3').tones // [7, 11, 2, 5]
 */
export function readChord(name: string): Chord {
  const [, chord = '', figure = '1'] = figured.exec(name) ?? [];
  const roman = romanOf(chord);
  const type = roman.empty ? undefined : chordTypeOf(typeOf(roman.chordType, roman.major));
  const intervals = type?.intervals.map((text) => intervalOf(text)) ?? [];
  const root = intervalOf(roman.interval ?? '').semitones;
  const bass = intervals.find(({ num }) => (num - 1) % 7 === Number(figure) - 1);
  if (intervals.length === 0 || Number.isNaN(root) || bass === undefined) {
    throw new RangeError(
      `"${name}" is not a chord: write a roman numeral, its kind and the tone in the bass, such as "I", "vim7", "bVII" or "V7/3".`,
    );
  }
  return {
    name,
    tones: intervals.map(({ semitones }) => (root + semitones) % 12),
    degrees: intervals.map(({ num }) => ((roman.step ?? 0) + num - 1) % 7),
    bass: (root + bass.semitones) % 12,
  };
}

/** Lower-case numerals are minor, so that `vi7` and `vim7` are one chord. */
function typeOf(written: string, isMajor: boolean): string {
  return isMajor || /^(?:m(?!aj)|o|sus)/u.test(written) ? written : `m${written}`;
}
