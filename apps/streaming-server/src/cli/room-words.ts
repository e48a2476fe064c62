/** What a room plays by default, in words. */
export const defaults: Readonly<Record<string, string>> = {
  theme: 'chamber',
  tempo: '60-108',
  heard: 'everything',
  bed: 'on',
  quiet: 'none',
};

/** What was chosen for a room, in words, by the names of `defaults`. */
export function chosenIn(settings: unknown): Readonly<Record<string, string | undefined>> {
  const { theme, tempo, heard, bed, quietHours } = (settings ?? {}) as {
    readonly theme?: string;
    readonly tempo?: readonly number[];
    readonly heard?: string;
    readonly bed?: boolean;
    readonly quietHours?: { readonly from: string; readonly to: string; readonly timeZone: string };
  };
  return {
    theme,
    tempo: tempo?.join('-'),
    heard,
    bed: bed === undefined ? undefined : bed ? 'on' : 'off',
    quiet: quietHours && `${quietHours.from}-${quietHours.to} ${quietHours.timeZone}`,
  };
}
