import type { Score } from '@bnc/contracts';

function header(impulse: string): string {
  return `
sr = 44100
ksmps = 128
nchnls = 2
0dbfs = 1
giLeft ftgen 1, 0, 0, -1, "${impulse}", 0, 0, 1
giRight ftgen 2, 0, 0, -1, "${impulse}", 0, 0, 2
gaChords init 0
gaMelody init 0

instr Chords
  aTone vco2 0.3 * p5, cpsmidinn(p4), 12
  kLevel linsegr 0, 0.005, 1, 0.15, 0.4, 0.8, 0
  gaChords += aTone * kLevel
endin

instr Melody
  kIndex expseg 2.2, 0.4, 0.77, 10, 0.77
  aTone foscili 0.3 * p5, cpsmidinn(p4), 1, 2, kIndex
  kLevel linsegr 0, 0.005, 1, 0.3, 0.5, 0.5, 0
  gaMelody += aTone * kLevel
endin

instr Kick
  kPitch expseg 196, 0.045, 64, 0.115, 49, 1, 49
  kLevel expseg 1, 0.35, 0.001
  aTone oscili 0.9 * p5 * kLevel, kPitch
  outs aTone, aTone
endin

instr Snare
  aNoise butterbp rand:a(0.7 * p5), 2400, 2400
  kLevel expseg 1, 0.2, 0.001
  kBody expseg 1, 0.1, 0.001
  aBody vco2 0.3 * p5, 190, 12
  aSum = aNoise * kLevel + aBody * kBody
  outs aSum, aSum
endin

instr Hat
  aNoise butterhp rand:a(0.5 * p5), 7000
  kLevel expseg 1, 0.06, 0.001
  outs aNoise * kLevel, aNoise * kLevel
endin

instr Effects
  aChords butterlp gaChords, 1800
  aTap delayr 0.375
  aEcho butterlp gaMelody + aTap * 0.3, 4200
  delayw aEcho
  aDry = aChords + gaMelody + aTap * 0.25
  aLeft ftconv aDry * 0.3, 1, 1024
  aRight ftconv aDry * 0.3, 2, 1024
  outs aDry + aLeft, aDry + aRight
  gaChords = 0
  gaMelody = 0
endin
`;
}

const voices = ['Chords', 'Melody', 'Kick', 'Snare', 'Hat'] as const;

/** The benchmark's music for Csound: the same notes, its own oscillators, filters, echo and convolution with the same response. */
export function toCsound(score: Score, length: number, impulse: string): string {
  return `<CsoundSynthesizer>
<CsInstruments>${header(impulse)}</CsInstruments>
<CsScore>
i "Effects" 0 ${length}
${score.tracks
  .flatMap(({ notes }, track) =>
    // Its drums last as long as they sound.
    notes.map(({ time, duration, midi, velocity }) =>
      ['i', `"${voices[track]}"`, time, track < 2 ? duration : 0.35, midi, velocity].join(' '),
    ),
  )
  .join('\n')}
e ${length}
</CsScore>
</CsoundSynthesizer>
`;
}
