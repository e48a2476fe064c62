import type {
  CatName,
  Emotion,
  Gesture,
  InstrumentType,
  MusicalParameters,
  OscillatorShape,
  Score,
} from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import { mulberry32 } from '@bnc/music-engine/mulberry32';

const scales = [
  ['C4', 'D4', 'E4', 'G4', 'A4'],
  ['D4', 'E4', 'F4', 'G4', 'A4', 'B4', 'C5'],
  ['A3', 'B3', 'C4', 'D4', 'E4', 'F4', 'G4'],
  ['F4', 'G4', 'A4', 'Bb4', 'C5', 'D5', 'E5'],
];
const types: readonly InstrumentType[] = ['synth', 'fmSynth', 'polySynth', 'sampler'];
const emotions: readonly Emotion[] = ['tension', 'resolution', 'activity', 'growth'];
const gestures: readonly Gesture[] = ['stride', 'rise', 'homecoming', 'sigh', 'sparkle', 'fanfare', 'call', 'murmur'];
const cats: readonly CatName[] = ['purr', 'meow', 'chirp', 'trill', 'mrrp', 'hiss'];
const shapes: readonly OscillatorShape[] = ['sine', 'square', 'sawtooth', 'triangle'];

/** Phrases as rooms play them: every lead, gesture, cat and effect that the composer uses. The same index gives the same phrase. */
export function phraseOf(index: number): Score {
  const random = mulberry32(index + 1);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const tempo = 60 + Math.floor(random() * 80);
  const bars = pick([1, 1, 2, 2, 4]);
  const type = types[index % types.length] ?? 'synth';
  const params: MusicalParameters = {
    tempo,
    bars,
    duration: (bars * 240) / tempo,
    scale: pick(scales),
    instrumentType: type,
    emotion: pick(emotions),
    gesture: gestures[index % gestures.length] ?? 'stride',
    density: random(),
    intensity: random(),
    prngSeed: Math.floor(random() * 2 ** 32),
    cats: random() < 0.6 ? [pick(cats)] : [],
    theme: pick(['chamber', 'chamber', 'ambient', '8-bit', 'lofi']),
    effects: {
      reverb: { wet: 0.1 + 0.4 * random(), decay: pick([1, 2, 2, 3]) },
      ...(random() < 0.3 && { delay: { wet: 0.25, time: 30 / tempo, feedback: 0.3 } }),
      ...(random() < 0.3 && { chorus: { wet: 0.3, rate: 0.8, depth: 0.4 } }),
      ...(random() < 0.15 && { distortion: { wet: 0.2, amount: 0.2 } }),
      ...(random() < 0.3 && { filter: { type: 'lowpass', frequency: 1500 + 4000 * random(), Q: 0.7 } as const }),
    },
    ...(type !== 'sampler' && random() < 0.5 && { instrumentOptions: { oscillator: { type: pick(shapes) } } }),
  };
  return compose(params);
}
