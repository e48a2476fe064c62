import type { InstrumentSettings } from './instrument.ts';
import { RecordedInstrument, type Sound } from './recorded-instrument.ts';
import { ringing } from './recorded-instruments.ts';
import {
  hissLength,
  meowLength,
  recordChirp,
  recordHiss,
  recordMeow,
  recordMrrp,
  recordPurr,
  recordTrill,
  rolledLength,
} from './sounds/cats.ts';

/** A cat: one or two calls at a time. Its `tract` makes it small or large. */
abstract class CatVoice extends RecordedInstrument {
  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 2, ...settings });
  }
}

/** A meow of 0.45-0.9 s, highest at the note's pitch in 400-800 Hz, whose `contour` says what it means (Schötz, van de Weijer and Eklund 2024). */
export class Meow extends CatVoice {
  override readonly name = 'Meow';
  protected override readonly sound: Sound = {
    layers: 1,
    turns: 2,
    lengthOf: meowLength,
    envelope: ringing(0.5),
    level: 1.41,
    record: recordMeow,
  };
}

/** A chirp of 0.18 s that rises by 10 semitones around the note's pitch in 620-1240 Hz. */
export class Chirp extends CatVoice {
  override readonly name = 'Chirp';
  protected override readonly sound: Sound = {
    layers: 1,
    turns: 2,
    envelope: ringing(0.25),
    level: 1.27,
    record: recordChirp,
  };
}

/** A trill of 0.3-0.7 s: a rolled greeting that rises by 7 semitones around the note's pitch in 220-880 Hz (Schötz and Eklund 2011). */
export class Trill extends CatVoice {
  override readonly name = 'Trill';
  protected override readonly sound: Sound = {
    layers: 1,
    turns: 2,
    lengthOf: rolledLength(0.3, 0.7),
    envelope: ringing(0.4),
    level: 1.14,
    record: recordTrill,
  };
}

/** A mrrp of 0.25-0.5 s: a low, soft, rolled call that falls by 5 semitones, at the note's pitch in 160-640 Hz. */
export class Mrrp extends CatVoice {
  override readonly name = 'Mrrp';
  protected override readonly sound: Sound = {
    layers: 1,
    turns: 2,
    lengthOf: rolledLength(0.25, 0.5),
    envelope: ringing(0.4),
    level: 1.04,
    record: recordMrrp,
  };
}

/** A hiss of 0.3-1.2 s: breath around the teeth, without a pitch; `midi` is its brightness. */
export class Hiss extends CatVoice {
  override readonly name = 'Hiss';
  protected override readonly sound: Sound = {
    layers: 1,
    lengthOf: hissLength,
    envelope: ringing(0.45),
    level: 0.589,
    record: recordHiss,
  };
}

/** A purr that lasts as long as its note: 25.6 pulses a second breathing in and 27.8 breathing out, 0.9 s each (Eklund, Peters and Duthie 2010). */
export class Purr extends CatVoice {
  override readonly name = 'Purr';
  protected override readonly sound: Sound = {
    layers: 1,
    envelope: { attack: 0.06, decay: 0.1, sustain: 1, release: 0.2 },
    level: 3.5,
    record: recordPurr,
  };
}
