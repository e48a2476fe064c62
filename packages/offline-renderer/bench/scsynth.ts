import type { Score } from '@bnc/contracts';

/** Where the files of a render lie. */
export interface ScsynthFiles {
  /** The response, as a WAV file of two channels. */
  readonly impulse: string;
  /** Its length in frames. */
  readonly frames: number;
  /** Where the language writes the commands for the server. */
  readonly commands: string;
}

const definitions = `
var chords = 16, melody = 18, size = 2048;
var defs = [
  SynthDef(\\Chords, { |hertz, seconds, velocity|
    var env = Env([0, 1, 0.4, 0.4, 0.001, 0], [0.005, 0.15, (seconds - 0.155).max(0.001), 0.8, 0.001], [0, -3, 0, -5, 0]);
    Out.ar(chords, LFTri.ar(hertz) * EnvGen.kr(env, doneAction: 2) * velocity * 0.5);
  }),
  SynthDef(\\Melody, { |hertz, seconds, velocity|
    var env = Env([0, 1, 0.5, 0.001, 0], [0.005, (seconds - 0.005).max(0.001), 0.5, 0.001], [0, -3, -5, 0]);
    var index = EnvGen.kr(Env([2.2, 0.77], [0.4], \\exp));
    var modulator = SinOsc.ar(hertz * 2) * index * hertz * 2;
    Out.ar(melody, SinOsc.ar(hertz + modulator) * EnvGen.kr(env, doneAction: 2) * velocity * 0.4);
  }),
  SynthDef(\\Kick, { |velocity|
    var pitch = EnvGen.kr(Env([196, 64, 49], [0.045, 0.115], \\exp));
    var level = EnvGen.kr(Env([1, 0.001], [0.35], \\exp), doneAction: 2);
    Out.ar(0, (SinOsc.ar(pitch) * level * velocity * 0.9) ! 2);
  }),
  SynthDef(\\Snare, { |velocity|
    var level = EnvGen.kr(Env([1, 0.001], [0.2], \\exp), doneAction: 2);
    var body = LFTri.ar(190) * EnvGen.kr(Env([1, 0.001], [0.1], \\exp)) * 0.3;
    Out.ar(0, (BPF.ar(WhiteNoise.ar, 2400, 1.7) * level * 0.7 + body * velocity) ! 2);
  }),
  SynthDef(\\Hat, { |velocity|
    var level = EnvGen.kr(Env([1, 0.001], [0.06], \\exp), doneAction: 2);
    Out.ar(0, (HPF.ar(WhiteNoise.ar, 7000) * level * velocity * 0.5) ! 2);
  }),
  SynthDef(\\Effects, {
    var dry, tap, song = In.ar(melody);
    tap = LocalIn.ar(1);
    LocalOut.ar(DelayC.ar(LPF.ar(song + (tap * 0.3), 4200), 0.5, 0.375));
    dry = LPF.ar(In.ar(chords), 1800) + song + (tap * 0.25);
    Out.ar(0, dry + PartConv.ar(dry * 0.3, size, [2, 3]));
  }),
];
`;

const names = ['Chords', 'Melody', 'Kick', 'Snare', 'Hat'] as const;

/**
 * The benchmark's music for SuperCollider's language, which writes the commands of a render without real time: the same notes, its own
 * oscillators, filters, echo and convolution with the same response.
 */
export function toSuperCollider(score: Score, length: number, { impulse, frames, commands }: ScsynthFiles): string {
  return `(
${definitions}
var list = [[0.0, [\\d_recv, defs[0].asBytes]]] ++ defs[1..].collect { |def| [0.0, [\\d_recv, def.asBytes]] };
list = list ++ [
  [0.0, [\\b_allocReadChannel, 0, "${impulse}", 0, 0, 0]],
  [0.0, [\\b_allocReadChannel, 1, "${impulse}", 0, 0, 1]],
  [0.0, [\\b_alloc, 2, ${Math.ceil(frames / 1024) * 2048}, 1]],
  [0.0, [\\b_alloc, 3, ${Math.ceil(frames / 1024) * 2048}, 1]],
  [0.0, [\\b_gen, 2, "PreparePartConv", 0, size]],
  [0.0, [\\b_gen, 3, "PreparePartConv", 1, size]],
  [0.0, [\\s_new, \\Effects, 1000, 1, 0]],
];
${score.tracks
  .flatMap(({ notes }, track) =>
    notes.map(
      ({ time, duration, midi, velocity }) =>
        [
          time,
          `[\\s_new, \\${names[track]}, -1, 0, 0, \\hertz, ${midi}.midicps, \\seconds, ${duration.toFixed(4)}, \\velocity, ${velocity}]`,
        ] as const,
    ),
  )
  .sort(([one], [other]) => one - other)
  .map(([time, command]) => `list = list.add([${time.toFixed(4)}, ${command}]);`)
  .join('\n')}
list = list.add([${length.toFixed(4)}, [\\c_set, 0, 0]]);
Score(list).writeOSCFile("${commands}");
0.exit;
)
`;
}
