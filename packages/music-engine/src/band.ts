import { isOpen } from './cadences.ts';
import { isParallel, nearest, scaleUnder } from './harmony.ts';
import { velocityAt } from './melody.ts';
import { clamp, round } from './numbers.ts';
import type { Part } from './performance.ts';
import { type Plan, range, slotAt } from './plan.ts';
import { barSteps, euclid, type Note, swung } from './rhythm.ts';
import type { Drum, Player } from './themes.ts';
import { voiceLead } from './voicing.ts';

/** The reverb of one voice. All voices share its decay, so that a renderer needs one reverb. */
export function reverb({ arrangement: { space }, reverbDecay }: Plan, wet: number): Pick<Part, 'effects'> {
  if (!space) return {};
  return { effects: { reverb: { wet: round(clamp(wet + space.wet, 0, 0.8)), decay: reverbDecay } } };
}

/** Gives a part the instrument and the options of a player. */
export function playedBy({ instrument, options }: Player): Pick<Part, 'instrument' | 'options'> {
  return { instrument, ...(options && { options }) };
}

/** How long each chord sounds. An open ending is not held: its last chord lasts a beat or a beat and a half. */
function lengths({ slots, cadence }: Plan): readonly number[] {
  const longest = slots.length > 2 ? 6 : 4;
  return slots.map(({ length }, i) => (i === slots.length - 1 && isOpen(cadence) ? Math.min(longest, length) : length));
}

/**
 * Halves the notes of busy voices in phrases of three bars or more, so that a score of four bars stays within 2.5 kB,
 * or 3 kB with a drum kit.
 */
function thinning({ steps }: Plan): 1 | 2 {
  return steps > 2 * barSteps ? 2 : 1;
}

/** The three upper notes of every chord, one voicing per slot. */
export function voicings(plan: Plan): number[][] {
  const { top } = plan.arrangement.chords;
  return voiceLead(plan.key, plan.slots, plan.bass, plan.emotion === 'tension' ? top - 3 : top);
}

/**
 * Chords in open position, each as near to the last as it can be: as the theme plays them, and also held where the
 * theme has a pad.
 */
export function chords(plan: Plan): Part[] {
  const { style, every = 1, gain, top: _, effects, ...player } = plan.arrangement.chords;
  const { pad } = plan.arrangement;
  // Bad news goes in half time: its chords are held whatever the theme.
  const isHeld = style === 'held' || plan.emotion === 'tension';
  const { effects: room } = reverb(plan, 0.3);
  const part: Omit<Part, 'notes'> = { ...playedBy(player), gain, pan: -0.5, effects: { ...room, ...effects } };
  const notes = isHeld ? heldChords(plan) : style === 'broken' ? brokenChords(plan, every) : stabs(plan);
  if (!pad) return [{ ...part, notes }];
  const held: Part = { ...playedBy(pad), gain: pad.gain, pan: -0.5, ...reverb(plan, 0.3), notes: heldChords(plan) };
  // A figure of its own is heard better over held chords alone.
  return plan.shape.counter === 'figure' ? [held] : [held, { ...part, notes }];
}

/** Chords that sound until the next one. They bring their own bass where the band has no bass. */
function heldChords(plan: Plan): Note[] {
  const hasBass = plan.shape.band.includes('bass');
  const voiced = voicings(plan).map((voicing, i) => (hasBass ? voicing : [plan.bass[i] ?? range.lowest, ...voicing]));
  const held = lengths(plan);
  return plan.slots.flatMap(({ start, chord }, i) => {
    const length = held[i] ?? 8;
    // Home is said louder than the way there, and again when signs have been heard.
    const level = chord.bass === 0 ? 1 : 0.55;
    const parts = i === 0 && length > 8 && thinning(plan) === 1 ? [8, length - 8] : [length];
    return parts.flatMap((part, n) => {
      const step = start + 8 * n;
      const velocity = velocityAt(plan, step, level);
      return (voiced[i] ?? []).map((midi) => ({ step, length: part, midi, velocity }));
    });
  });
}

/** The notes of chords one after the other, an octave higher. */
function brokenChords(plan: Plan, every: 1 | 2): Note[] {
  const voiced = voicings(plan);
  const apart = every === 1 ? thinning(plan) * (plan.density < 0.5 ? 2 : 1) : every;
  const held = lengths(plan);
  return plan.slots.flatMap(({ start }, i) => {
    const voicing = voiced[i] ?? [];
    return Array.from({ length: Math.ceil((held[i] ?? 8) / apart) }, (_, n) => {
      const step = start + n * apart;
      const midi = (voicing[n % voicing.length] ?? 60) + 12;
      return { step, length: apart / 2, midi, velocity: velocityAt(plan, step, 0.7) };
    });
  });
}

/** Short chords, some of them off the beat. */
function stabs(plan: Plan): Note[] {
  const voiced = voicings(plan);
  const held = lengths(plan);
  return plan.slots.flatMap(({ start }, i) =>
    Array.from({ length: Math.ceil((held[i] ?? 8) / 8) }, (_, half) =>
      half % thinning(plan) === 0 ? [half * 8, half * 8 + 3] : [half * 8 + 6],
    )
      .flat()
      .flatMap((onset) => {
        const step = start + onset;
        const velocity = velocityAt(plan, step, onset === 0 ? 0.7 : 0.55);
        return (voiced[i] ?? []).map((midi) => ({
          step: swung(step, plan.arrangement.swing),
          length: 2,
          midi,
          velocity,
        }));
      }),
  );
}

/** The bass line of the chords, with fifths, octaves or steps between them as the theme asks. */
export function bass(plan: Plan, lead: readonly Note[]): Part {
  const { style, gain, ...player } = plan.arrangement.bass;
  const played = plan.emotion === 'tension' ? 'roots' : style;
  const held = lengths(plan);
  const notes = plan.slots.flatMap(({ start, chord }, i): Note[] => {
    const length = held[i] ?? 8;
    const low = plan.bass[i] ?? 42;
    const following = plan.bass[i + 1];
    const note = (offset: number, held: number, midi: number, level: number): Note => ({
      step: swung(start + offset, plan.arrangement.swing),
      length: held,
      midi,
      velocity: velocityAt(plan, start + offset, level),
    });
    if (played === 'roots' || following === undefined) return [note(0, length, low, 0.9)];
    if (played === 'octaves') {
      const high = low + 12;
      const every = 2 * thinning(plan);
      return Array.from({ length: Math.ceil(length / every) }, (_, n) => {
        const at = start + n * every;
        const after = (n + 1) * every < length ? low : following;
        const isHigh =
          n % 2 === 1 &&
          !makesParallels(lead, { at: at - every, by: every, from: low, to: high }) &&
          !makesParallels(lead, { at, by: every, from: high, to: after });
        return note(n * every, every * 0.75, isHigh ? high : low, n % 2 ? 0.65 : 0.85);
      });
    }
    const step = approach(plan, lead, { at: start + length - 2, by: 2, from: low, to: following });
    const walk = step === undefined ? [] : [note(length - 2, 2, step, 0.7)];
    if (length === 8) return [note(0, walk.length > 0 ? 5 : 7, low, 0.9), ...walk];
    const fifth = nearest((plan.key.tonic + (chord.tones[2] ?? chord.bass)) % 12, low + 6);
    const upper = (at: number): number =>
      makesParallels(lead, { at: start + at - 2, by: 2, from: low, to: fifth }) ? low : fifth;
    const bars = Array.from({ length: Math.floor(length / barSteps) }, (_, bar) => bar * barSteps);
    return [
      ...bars.flatMap((bar) => [
        note(bar, 6, low, 0.9),
        note(bar + 6, 2, low, 0.6),
        note(bar + 8, 5, upper(bar + 8), 0.8),
      ]),
      ...(length % barSteps === 8 ? [note(length - 8, 5, low, 0.85)] : []),
      ...walk,
    ];
  });
  return { ...playedBy(player), gain, pan: 0, notes };
}

interface Approach {
  readonly at: number;
  /** Sixteenths until the next bass note. */
  readonly by: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Finds a neighbour of the next bass note in the scale that makes no parallels with the lead, if possible on the side
 * from which the bass comes.
 */
function approach(plan: Plan, lead: readonly Note[], { at, by, from, to }: Approach): number | undefined {
  const slot = slotAt(plan, at);
  const scale = slot ? scaleUnder(plan.key, slot.chord) : plan.key.semitones;
  const side = from <= to ? -1 : 1;
  return [side, 2 * side, -side, -2 * side]
    .map((move) => to + move)
    .find(
      (midi) =>
        midi >= range.lowest &&
        scale.includes((midi - plan.key.tonic + 120) % 12) &&
        !makesParallels(lead, { at, by, from: midi, to }) &&
        !makesParallels(lead, { at: at - 6, by: 6, from, to: midi }),
    );
}

/** True where the bass moves in fifths or octaves with the lead. */
function makesParallels(lead: readonly Note[], { at, by, from, to }: Approach): boolean {
  const [now, then] = [at, at + by].map((moment) => lead.findLast(({ step }) => step <= moment)?.midi);
  return now !== undefined && then !== undefined && isParallel(from, now, to, then);
}

/**
 * Drums, very soft. Their pitch is only a colour, but still the tonic of the key. Activity plays sixteenths, bad news
 * half time.
 */
export function beat(plan: Plan): Part[] {
  const kind = plan.arrangement.beat;
  if (kind === 'none') return [];
  const bars = plan.sections.flatMap(({ firstBar, bars }) => Array.from({ length: bars }, (_, i) => firstBar + i));
  const { swing, drums } = plan.arrangement;
  const part = (drum: Drum, near: number, onsets: readonly number[]): Part => ({
    ...playedBy(drums[drum]),
    gain: drums[drum].gain,
    pan: drum === 'hat' ? 0.6 : 0,
    notes: bars.flatMap((bar) =>
      onsets.map((onset) => ({
        step: swung(bar * barSteps + onset, swing),
        length: 1,
        midi: nearest(plan.key.tonic, near),
        velocity: velocityAt(plan, bar * barSteps + onset, onset % 4 === 0 ? 0.7 : 0.5),
      })),
    ),
  });
  if (plan.emotion === 'tension') return [part('kick', 42, [0]), part('hat', 88, [8])];
  const hat = part('hat', 88, hatOnsets(plan));
  if (kind !== 'brushes') return [part('kick', 42, kickOnsets(plan)), part('snare', 54, [4, 12]), hat];
  return plan.gesture === 'fanfare' ? [part('kick', 42, [0, 8]), hat] : [hat];
}

function kickOnsets(plan: Plan): readonly number[] {
  if (plan.arrangement.beat === 'straight kit') return [0, 8];
  return thinning(plan) === 1 ? [0, 7, 10] : [0, 10];
}

function hatOnsets(plan: Plan): readonly number[] {
  const { arrangement, emotion, density } = plan;
  if (emotion === 'activity') return euclid(density > 0.7 ? 10 : 9, 16);
  if (arrangement.beat === 'brushes') return euclid(5, 16);
  return thinning(plan) === 1 ? [2, 6, 10, 14] : [6, 14];
}
