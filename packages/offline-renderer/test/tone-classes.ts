/** What happens to a class of Tone.js in a graph, where it does not sound as in Chromium. */
export const exceptions: Readonly<Record<string, string>> = {
  PluckSynth:
    'near, and slowly: an octave of its attack, a few milliseconds of noise, may differ by 4 dB. It computes in an audio worklet',
  UserMedia: 'refused: `open()` fails with "UserMedia is not supported". There is no microphone',
};

/** Those that compute in an audio worklet. */
export const inWorklets: readonly string[] = ['BitCrusher', 'Freeverb', 'JCReverb', 'PluckSynth', 'ReverseDelay'];

const likeChromium = 'as in Chromium';
const slowly =
  'as in Chromium, slowly: each computes in one to eight audio worklets, which change threads every 128 frames';

/** The table of the README: every source, instrument, effect and signal of Tone.js. */
export function tableOf(classes: Readonly<Record<string, readonly string[]>>): string {
  const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const all = Object.values(classes).flat();
  const alike = Object.entries(classes).map(([kind, names]) => [
    `${kind}: ${list(names.filter((name) => !(name in exceptions) && !inWorklets.includes(name)))}`,
    likeChromium,
  ]);
  const others = Object.entries(exceptions).map(([name, how]) => [list([name]), how]);
  const slow = [list(all.filter((name) => inWorklets.includes(name) && !(name in exceptions))), slowly];
  const rows = [['classes of Tone.js', 'in a graph'], ['---', '---'], ...alike, slow, ...others];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
