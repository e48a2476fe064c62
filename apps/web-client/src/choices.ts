import type { MixStore } from './mix-store.ts';
import { remember, remembered } from './storage.ts';

/** What a listener chooses besides the mix. */
export interface Choices {
  bed: boolean;
  hello: boolean;
  trimMs: number;
  spoken: string;
  ducks: boolean;
}

/** Reads what was chosen on this device, or is in the address. */
export function readChoices({ bed, trimMs }: MixStore): Choices {
  return {
    bed,
    hello: remembered('hello') !== 'off',
    trimMs,
    spoken: remembered('spoken') ?? 'titles',
    ducks: remembered('ducks') === 'on',
  };
}

/** Keeps what is chosen. */
export function keepChoices({ bed, hello, trimMs, spoken, ducks }: Choices, store: MixStore): void {
  store.bed = bed;
  store.trimMs = trimMs;
  remember('hello', onOff(hello));
  remember('spoken', spoken);
  remember('ducks', onOff(ducks));
}

function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}
