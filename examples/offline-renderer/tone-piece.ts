/** A piece for Tone.js as people write it for pages: it knows nothing of the renderer. */
import * as Tone from 'tone';

export async function build({ duration }: { duration: number }, { chord }: { chord: string[] }): Promise<void> {
  const reverb = new Tone.Reverb(1).toDestination();
  await reverb.ready;
  const synth = new Tone.PolySynth(Tone.Synth).connect(reverb);
  new Tone.Loop((time) => synth.triggerAttackRelease(chord, '8n', time), '4n').start(0);
  Tone.getTransport().start(0).stop(duration);
}
