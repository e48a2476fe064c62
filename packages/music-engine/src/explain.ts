import type { MusicalParameters } from '@bnc/contracts';

/**
 * Explains parameters in short sentences, the most important first. Parameters without reasons are described instead.
 * @example explain(mapActivity(activity)) // ['Pull request merged: a plucked sign on the left, then 4 bars.', ...]
 */
export function explain(params: MusicalParameters): string[] {
  const { reasons, tempo, scale, instrumentType, duration, pattern, tonic, mode, theme } = params;
  if (reasons && reasons.length > 0) {
    return reasons.map(({ because, therefore }) => sentence(`${because}: ${therefore}`));
  }
  return [
    `${tempo} BPM for ${Number(duration.toFixed(1))} seconds`,
    tonic && mode ? `notes of ${tonic} ${mode}` : `notes ${scale.join(' ')}`,
    `lead on ${instrumentType}`,
    pattern ? `a melody of ${pattern.notes.length} notes, as given` : 'a melody of its own',
    ...(theme ? [`theme ${theme}`] : []),
  ].map(sentence);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
