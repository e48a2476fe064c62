import { serialize } from '@bnc/buffer-serializer';
import type { MusicalParameters, Score, SerializedBufferV2Score } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';

/** Composes a phrase in the page, which loads this only for a listener who has chosen a theme. */
export function composeBuffer(params: MusicalParameters, gain: number): SerializedBufferV2Score {
  return serialize(compose(params), { encoding: 'score', gain });
}

/** Composes a signature alone, in the key and the theme of a phrase of its owner. */
export function composeSignature({ tempo, scale, tonic, mode, theme, signature }: MusicalParameters): Score {
  const key = { ...(tonic && { tonic }), ...(mode && { mode }), ...(theme && { theme }) };
  const own = signature === undefined ? {} : { signature };
  return compose({ tempo, scale, instrumentType: 'synth', duration: 2, bars: 0, ...key, ...own });
}
