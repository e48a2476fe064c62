import type { Chronicle } from './chronicle.ts';
import type { Company } from './company.ts';
import type { Key } from './keys.ts';
import type { Volume } from './volume.ts';

/** What keys act on. */
export interface ListenerKeysOptions {
  readonly volume: Volume;
  readonly chronicle: Chronicle;
  readonly company: Company;
  /** Play, or Stop. */
  press(): void;
}

/** The keys of a listener. A screen reader reads what they show. */
export function listenerKeys({ volume, chronicle, company, press }: ListenerKeysOptions): readonly Key[] {
  const showWhy = (): void => {
    chronicle.showWhy();
    company.read(chronicle.shown, 'why');
  };
  return [
    { key: 'space', does: 'play or stop', run: press },
    { key: 'm', does: 'mute or unmute', run: () => volume.mute(!volume.isMuted) },
    { key: 'r', does: 'replay', run: () => chronicle.replay() },
    { key: 'x', does: 'open the mixer', run: () => company.showMixer() },
    { key: 'w', does: 'why it sounds like this', run: showWhy },
    { key: 'j', does: 'an earlier happening', run: () => company.read(chronicle.walk(-1)) },
    { key: 'k', does: 'a later happening', run: () => company.read(chronicle.walk(1)) },
  ];
}
