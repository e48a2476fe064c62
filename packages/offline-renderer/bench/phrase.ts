import type { Score } from '@bnc/contracts';
import type * as ToneModule from 'tone';

const bar = 2;

/** Chords, an FM melody and drums, with filter, echo and a reverb of 1.5 s: `seconds` is a multiple of 2. */
export function createPhrase(seconds: number): Score {
  const starts = Array.from({ length: Math.ceil(seconds / bar) }, (_, i) => i * bar);
  const at = (beats: readonly number[], midi: number, duration: number, velocity: number) =>
    starts
      .flatMap((start) => beats.map((beat) => ({ time: start + beat, duration, midi, velocity })))
      .filter(({ time }) => time < seconds);
  const chord = starts.flatMap((time, i) =>
    [0, 4, 7].map((step) => ({
      time,
      duration: Math.min(1.8, seconds - time),
      midi: 55 + ((i * 5) % 7) + step,
      velocity: 0.6,
    })),
  );
  const melody = starts
    .flatMap((start, i) =>
      [0, 0.5, 0.75, 1, 1.5].map((beat, k) => ({
        time: start + beat,
        duration: 0.22,
        midi: 72 + ((i * 3 + k * 2) % 12),
        velocity: 0.6,
      })),
    )
    .filter(({ time }) => time < seconds);
  const reverb = { wet: 0.3, decay: 1.5 };
  return {
    tempo: 120,
    duration: seconds,
    prngSeed: 1,
    tracks: [
      {
        instrument: 'synth',
        options: { envelope: { release: 0.8 }, filter: { frequency: 1800 } },
        effects: { reverb },
        notes: chord,
      },
      {
        instrument: 'fmSynth',
        effects: { delay: { wet: 0.25, time: 0.375, feedback: 0.3 }, reverb },
        notes: melody,
      },
      { instrument: 'kick', notes: at([0, 1], 36, 0.2, 0.8) },
      { instrument: 'snare', notes: at([0.5, 1.5], 60, 0.1, 0.7) },
      { instrument: 'hat', notes: at([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75], 80, 0.05, 0.5) },
    ],
  };
}

/** The same music as a reader of the Tone.js documentation writes it: its own synths, its transport, `Tone.Offline`. */
export async function renderWithTone(Tone: typeof ToneModule, score: Score, length: number): Promise<Float32Array> {
  const [chords, melody, kick, snare, hat] = score.tracks;
  const buffer = await Tone.Offline(
    async ({ transport }) => {
      const reverb = new Tone.Reverb({ decay: 1.5, wet: 0.3 }).toDestination();
      await reverb.ready;
      const poly = new Tone.PolySynth(Tone.Synth, { envelope: { release: 0.8 } }).chain(new Tone.Filter(1800), reverb);
      const fm = new Tone.FMSynth().chain(
        new Tone.FeedbackDelay({ delayTime: 0.375, feedback: 0.3, wet: 0.25 }),
        reverb,
      );
      const membrane = new Tone.MembraneSynth().toDestination();
      const noise = new Tone.NoiseSynth().toDestination();
      const high = new Tone.NoiseSynth({ envelope: { attack: 0.001, decay: 0.05, sustain: 0 } }).chain(
        new Tone.Filter(7000, 'highpass'),
        Tone.getDestination(),
      );
      const play = (
        track: Score['tracks'][number] | undefined,
        strike: (hertz: number, duration: number, time: number, velocity: number) => void,
      ): void => {
        for (const note of track?.notes ?? []) {
          const hertz = Tone.Frequency(note.midi, 'midi').toFrequency();
          transport.schedule((time) => strike(hertz, note.duration, time, note.velocity), note.time);
        }
      };
      play(chords, (hertz, duration, time, velocity) => poly.triggerAttackRelease(hertz, duration, time, velocity));
      play(melody, (hertz, duration, time, velocity) => fm.triggerAttackRelease(hertz, duration, time, velocity));
      play(kick, (hertz, duration, time, velocity) => membrane.triggerAttackRelease(hertz, duration, time, velocity));
      play(snare, (_, duration, time, velocity) => noise.triggerAttackRelease(duration, time, velocity));
      play(hat, (_, duration, time, velocity) => high.triggerAttackRelease(duration, time, velocity));
      transport.start(0);
    },
    length,
    2,
    44_100,
  );
  return buffer.getChannelData(0);
}
