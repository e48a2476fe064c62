import type { Seconds } from '@bnc/contracts';
import type { Envelope } from './envelope.ts';
import type { InstrumentSettings, Voice } from './instrument.ts';
import { RecordedInstrument, type Sound } from './recorded-instrument.ts';
import { recordPad, recordStrings } from './sounds/ensemble.ts';
import { recordHat, recordKick, recordSnare } from './sounds/kit.ts';
import { recordHarp, recordPluck, recordUprightBass } from './sounds/plucked.ts';
import { recordBell, recordElectricPiano, recordLowDrum, recordMarimba, recordVibraphone } from './sounds/struck.ts';
import { recordBrass, recordFlute, recordReed } from './sounds/winds.ts';
import { createFilter } from './voices.ts';

/** The recording's own beginning and level, and a release. */
export function ringing(release: Seconds): Envelope {
  return { attack: 0, decay: 0, sustain: 1, release };
}

/** A marimba: see `recordMarimba`. */
export class Marimba extends RecordedInstrument {
  override readonly name = 'Marimba';
  protected override readonly sound: Sound = {
    layers: 4,
    envelope: ringing(0.6),
    level: 1.45,
    record: recordMarimba,
  };
}

/** A vibraphone whose sound leans left and right: see `recordVibraphone`. */
export class Vibraphone extends RecordedInstrument {
  override readonly name = 'Vibraphone';
  protected override readonly sound: Sound = {
    layers: 4,
    envelope: ringing(0.6),
    level: 0.785,
    record: recordVibraphone,
  };
}

/** A bell that dies away slowly: see `recordBell`. */
export class Bell extends RecordedInstrument {
  override readonly name = 'Bell';
  protected override readonly sound: Sound = { layers: 3, envelope: ringing(0.9), level: 0.861, record: recordBell };
}

/** An electric piano by frequency modulation: see `recordElectricPiano`. */
export class ElectricPiano extends RecordedInstrument {
  override readonly name = 'ElectricPiano';
  protected override readonly sound: Sound = {
    layers: 4,
    envelope: ringing(0.25),
    level: 0.776,
    record: recordElectricPiano,
  };
}

/** A plucked steel string: see `recordPluck`. */
export class Pluck extends RecordedInstrument {
  override readonly name = 'Pluck';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.35), level: 0.785, record: recordPluck };
}

/** A harp: see `recordHarp`. */
export class Harp extends RecordedInstrument {
  override readonly name = 'Harp';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.8), level: 0.75, record: recordHarp };
}

/** An upright bass: see `recordUprightBass`. */
export class Bass extends RecordedInstrument {
  override readonly name = 'Bass';
  protected override readonly sound: Sound = {
    layers: 3,
    envelope: ringing(0.12),
    level: 1.95,
    record: recordUprightBass,
  };
}

/** A clarinet-like reed: see `recordReed`. */
export class Reed extends RecordedInstrument {
  override readonly name = 'Reed';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.1), level: 0.944, record: recordReed };
}

/** Soft brass: see `recordBrass`. */
export class Brass extends RecordedInstrument {
  override readonly name = 'Brass';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.14), level: 0.933, record: recordBrass };
}

/** A breathy flute: see `recordFlute`. */
export class Flute extends RecordedInstrument {
  override readonly name = 'Flute';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.12), level: 1.06, record: recordFlute };
}

/** Held chords through a low-pass that opens and closes once in 14 s, unless the score gives a filter. */
abstract class Ensemble extends RecordedInstrument {
  protected abstract readonly cutoff: number;
  readonly #isPlain: boolean;
  #slow: AudioNode | undefined;

  constructor(settings: InstrumentSettings) {
    super(settings);
    this.#isPlain = settings.filter === undefined;
  }

  protected override createVoice(output: AudioNode): Voice {
    if (this.#isPlain) this.#slow ??= this.#createSlowFilter(output);
    return super.createVoice(this.#slow ?? output);
  }

  #createSlowFilter(output: AudioNode): AudioNode {
    const [filter] = createFilter(this.context, 'lowpass', { frequency: this.cutoff, Q: 0 }, output);
    const sweep = this.context.createOscillator();
    sweep.frequency.value = 0.07;
    const cents = this.context.createGain();
    cents.gain.value = 700;
    sweep.connect(cents).connect(filter.detune);
    sweep.start(this.context.currentTime);
    return filter;
  }
}

/** Slow, wide chords: see `recordPad`. */
export class Pad extends Ensemble {
  override readonly name = 'Pad';
  protected override readonly cutoff = 2600;
  protected override readonly sound: Sound = {
    layers: 2,
    envelope: { attack: 0.25, decay: 0.5, sustain: 0.8, release: 1.1 },
    level: 0.778,
    record: recordPad,
  };
}

/** A section of bowed strings: see `recordStrings`. */
export class Strings extends Ensemble {
  override readonly name = 'Strings';
  protected override readonly cutoff = 4200;
  protected override readonly sound: Sound = {
    layers: 2,
    envelope: { attack: 0.12, decay: 0.4, sustain: 0.9, release: 0.5 },
    level: 0.7,
    record: recordStrings,
  };
}

/** A drum: its sound dies away by itself. `midi` is a colour. */
abstract class Drum extends RecordedInstrument {
  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 3, ...settings });
  }
}

/** A bass drum under a felt beater: see `recordKick`. */
export class Kick extends Drum {
  override readonly name = 'Kick';
  protected override readonly sound: Sound = { layers: 2, envelope: ringing(0.4), level: 3.3, record: recordKick };
}

/** A snare drum under brushes: see `recordSnare`. */
export class Snare extends Drum {
  override readonly name = 'Snare';
  protected override readonly sound: Sound = {
    layers: 2,
    turns: 3,
    envelope: ringing(0.3),
    level: 1.7,
    record: recordSnare,
  };
}

/** A hi-hat under a brush: see `recordHat`. */
export class Hat extends Drum {
  override readonly name = 'Hat';
  protected override readonly sound: Sound = {
    layers: 2,
    turns: 3,
    lengthOf: (duration) => (duration >= 0.25 ? 0.25 : 0),
    envelope: ringing(0.4),
    level: 1.48,
    record: recordHat,
  };
}

/** A low drum: see `recordLowDrum`. */
export class LowDrum extends Drum {
  override readonly name = 'LowDrum';
  protected override readonly sound: Sound = { layers: 3, envelope: ringing(0.9), level: 2.4, record: recordLowDrum };
}
