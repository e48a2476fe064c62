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

/** A marimba, MIDI 36-96, mono: rosewood bars tuned 1 : 4 : 10 (Fletcher and Rossing 1998; Bork 1995). */
export class Marimba extends RecordedInstrument {
  override readonly name = 'Marimba';
  protected override readonly sound: Sound = {
    layers: 4,
    envelope: ringing(0.6),
    level: 1.45,
    record: recordMarimba,
  };
}

/** A vibraphone, MIDI 53-89, stereo: metal bars over pipes that make it lean left and right (Rossing 2000). */
export class Vibraphone extends RecordedInstrument {
  override readonly name = 'Vibraphone';
  protected override readonly sound: Sound = {
    layers: 4,
    envelope: ringing(0.6),
    level: 0.785,
    record: recordVibraphone,
  };
}

/** A bell, MIDI 48-96, stereo: twelve partials, each with its own decay (Risset 1969, no. 430). */
export class Bell extends RecordedInstrument {
  override readonly name = 'Bell';
  protected override readonly sound: Sound = { layers: 3, envelope: ringing(0.9), level: 0.861, record: recordBell };
}

/** An electric piano, MIDI 28-100, stereo: frequency modulation 1 : 1 by velocity and a tine of 14 : 1 (Chowning 1973). */
export class ElectricPiano extends RecordedInstrument {
  override readonly name = 'ElectricPiano';
  protected override readonly sound: Sound = {
    layers: 4,
    envelope: ringing(0.25),
    level: 0.776,
    record: recordElectricPiano,
  };
}

/** A plucked steel string, MIDI 40-96, stereo (Karplus and Strong 1983; Jaffe and Smith 1983). */
export class Pluck extends RecordedInstrument {
  override readonly name = 'Pluck';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.35), level: 0.785, record: recordPluck };
}

/** A harp, MIDI 36-96, stereo: a gut string plucked near its middle (Jaffe and Smith 1983). */
export class Harp extends RecordedInstrument {
  override readonly name = 'Harp';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.8), level: 0.75, record: recordHarp };
}

/** An upright bass, MIDI 28-60, mono: a thick plucked string and the resonances of a body (Jaffe and Smith 1983). */
export class Bass extends RecordedInstrument {
  override readonly name = 'Bass';
  protected override readonly sound: Sound = {
    layers: 3,
    envelope: ringing(0.12),
    level: 1.95,
    record: recordUprightBass,
  };
}

/** A reed, MIDI 50-96, mono: the odd partials of a clarinet, vibrato from 0.3 s on (Benade 1976). */
export class Reed extends RecordedInstrument {
  override readonly name = 'Reed';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.1), level: 0.944, record: recordReed };
}

/** Soft brass, MIDI 41-84, mono: the louder, the more partials; vibrato from 0.3 s on (Risset and Mathews 1969). */
export class Brass extends RecordedInstrument {
  override readonly name = 'Brass';
  protected override readonly sound: Sound = { layers: 4, envelope: ringing(0.14), level: 0.933, record: recordBrass };
}

/** A breathy flute, MIDI 60-96, mono: few partials, noise around the note, vibrato from 0.3 s on (Verge and Hirschberg 1995). */
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

/** Slow, wide chords, MIDI 36-96, stereo: three saws a side, with different phases left and right (Szabó 2010). */
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

/** A section of bowed strings, MIDI 36-96, stereo: the saws of a pad with the resonances of violins (Fletcher and Rossing 1998). */
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

/** A drum: its sound dies away by itself. `midi` sets its colour. */
abstract class Drum extends RecordedInstrument {
  constructor(settings: InstrumentSettings) {
    super({ maxVoices: 3, ...settings });
  }
}

/** A bass drum under a felt beater, about 50 Hz at MIDI 36; higher is tighter. Mono. */
export class Kick extends Drum {
  override readonly name = 'Kick';
  protected override readonly sound: Sound = { layers: 2, envelope: ringing(0.4), level: 3.3, record: recordKick };
}

/** A snare drum under brushes: a swish, or a stroke from velocity 0.5 up. Mono (Rossing 2000). */
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

/** A hi-hat under a brush: closed, or open for notes of 0.25 s or more. Mono. */
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

/** A low drum whose lowest mode lies at the note, moved by octaves into 50-100 Hz. Mono (Rossing 2000). */
export class LowDrum extends Drum {
  override readonly name = 'LowDrum';
  protected override readonly sound: Sound = { layers: 3, envelope: ringing(0.9), level: 2.4, record: recordLowDrum };
}
