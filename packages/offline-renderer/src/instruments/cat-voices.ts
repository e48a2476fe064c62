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

/** A meow whose `contour` says what it means: see `recordMeow`. */
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

/** A chirp: see `recordChirp`. */
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

/** A trill: see `recordTrill`. */
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

/** A mrrp: see `recordMrrp`. */
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

/** A hiss: see `recordHiss`. */
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

/** A purr that lasts as long as its note: see `recordPurr`. */
export class Purr extends CatVoice {
  override readonly name = 'Purr';
  protected override readonly sound: Sound = {
    layers: 1,
    envelope: { attack: 0.06, decay: 0.1, sustain: 1, release: 0.2 },
    level: 3.5,
    record: recordPurr,
  };
}
