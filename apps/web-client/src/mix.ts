import type { Phrase } from './phrase.ts';

/** Kinds of happenings, in the order of the mixer. */
export const kinds = ['code', 'talk', 'builds', 'ships', 'people', 'security'] as const;

export type Kind = (typeof kinds)[number];

/** How much of a kind is heard. */
export const amounts = ['off', 'soft', 'full'] as const;

export type Amount = (typeof amounts)[number];

/** What a listener wants to hear in a room. */
export interface Mix {
  /** Kinds that are not heard in full. */
  readonly kinds: Readonly<Partial<Record<Kind, Amount>>>;
  /** Logins of those who are not heard, in lower case. */
  readonly muted: readonly string[];
  /** The listener's own login, in lower case: what they do is louder than the rest. */
  readonly mine?: string | undefined;
  /** The theme that arranges scores here, in place of the room's. */
  readonly theme?: string | undefined;
}

/** Everything in full, as the room plays it. */
export const wholeMix: Mix = { kinds: {}, muted: [] };

/** 9 dB softer. */
const soft = 0.35;

/** 3 dB: if the listener has named a login, what it does is this much louder, and the rest this much softer. */
const mine = Math.SQRT2;

/** Most people whom a mix can mute; a login has at most 100 characters. */
const maxMuted = 50;
const login = /^[\w.[\]-]{1,100}$/;
const themeName = /^[\w-]{1,40}$/;

/** Kinds by the first word of a sign. */
const bySign: Readonly<Record<string, Kind>> = {
  code: 'code',
  branch: 'code',
  talk: 'talk',
  build: 'builds',
  ship: 'ships',
  people: 'people',
  security: 'security',
};

/** Names the kind of a phrase, by its sign. */
export function kindOf({ params: { sign = '' } }: Pick<Phrase, 'params'>): Kind {
  return bySign[sign.split('.')[0] ?? ''] ?? 'code';
}

/** Who is heard in a phrase: a person, or a program that acted by itself. Undefined if several are named together. */
export function actorOf({ activity: { actor } }: Pick<Phrase, 'activity'>): string | undefined {
  return login.test(actor) ? actor : undefined;
}

/** Returns how loud a phrase is in a mix: a factor from 0 to √2. */
export function levelOf(phrase: Pick<Phrase, 'params' | 'activity'>, mix: Mix): number {
  const actor = actorOf(phrase)?.toLowerCase();
  const amount = mix.kinds[kindOf(phrase)] ?? 'full';
  if (amount === 'off' || (actor !== undefined && mix.muted.includes(actor))) return 0;
  const own = mix.mine === undefined ? 1 : actor === mix.mine ? mine : 1 / mine;
  return (amount === 'soft' ? soft : 1) * own;
}

/** Returns a mix in which a kind has another amount. */
export function withAmount(mix: Mix, kind: Kind, amount: Amount): Mix {
  const { [kind]: _former, ...others } = mix.kinds;
  return { ...mix, kinds: amount === 'full' ? others : { ...others, [kind]: amount } };
}

/** Returns a mix in which someone is muted, or heard again. Beyond 50, those who were muted first are heard again. */
export function withMuted(mix: Mix, name: string, isMuted: boolean): Mix {
  const others = mix.muted.filter((one) => one !== name.toLowerCase());
  return { ...mix, muted: isMuted ? [...others, name.toLowerCase()].slice(-maxMuted) : others };
}

/** The words of a mix in an address or on this device; other words there belong to others. */
const words = [...kinds, 'mute', 'mine', 'theme'] as const;

/** Writes a mix as words of a query, such as `talk=off&mute=dependabot`; nothing for the whole. */
export function writeMix({ kinds: amountsOf, muted, mine: own, theme }: Mix): URLSearchParams {
  const query = new URLSearchParams();
  for (const kind of kinds) if (amountsOf[kind]) query.set(kind, amountsOf[kind]);
  if (muted.length > 0) query.set('mute', muted.join(','));
  if (own !== undefined) query.set('mine', own);
  if (theme !== undefined) query.set('theme', theme);
  return query;
}

/** Reads a mix that anyone may have written; undefined if there is none. */
export function readMix(query: URLSearchParams): Mix | undefined {
  if (!words.some((word) => query.has(word))) return undefined;
  const pairs = kinds.flatMap((kind) => {
    const amount = amounts.find((one) => one === query.get(kind));
    return amount && amount !== 'full' ? [[kind, amount] as const] : [];
  });
  const muted = (query.get('mute') ?? '').toLowerCase().split(',');
  const own = query.get('mine')?.toLowerCase() ?? '';
  const theme = query.get('theme') ?? '';
  return {
    kinds: Object.fromEntries(pairs),
    muted: [...new Set(muted)].filter((name) => login.test(name)).slice(0, maxMuted),
    ...(login.test(own) && { mine: own }),
    ...(themeName.test(theme) && { theme }),
  };
}

/** Returns a query without the words of a mix. */
export function withoutMix(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([word]) => !words.some((one) => one === word)));
}
