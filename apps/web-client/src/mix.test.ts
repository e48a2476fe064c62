import { describe, expect, test } from 'vitest';
import { kindOf, levelOf, type Mix, readMix, wholeMix, withAmount, withMuted, withoutMix, writeMix } from './mix.ts';

/** A phrase by someone, with a sign. */
function phrase(actor: string, sign?: string) {
  const params = { tempo: 90, scale: ['C4'], instrumentType: 'synth', duration: 4, ...(sign && { sign }) } as const;
  return { params, activity: { title: '', url: '', actor, event: 'push', emotion: 'activity' } } as const;
}

describe('a mix', () => {
  test('knows six kinds by their signs, branches among the code, and takes what is older for code', () => {
    const signs = [
      'code.added',
      'branch.done',
      'talk.asked',
      'build.failed',
      'ship.done',
      'people.joined',
      'security.alert',
    ];
    expect(signs.map((sign) => kindOf(phrase('mona', sign)))).toEqual([
      'code',
      'code',
      'talk',
      'builds',
      'ships',
      'people',
      'security',
    ]);
    expect(kindOf(phrase('mona'))).toBe('code');
  });

  test('silences a kind or a person, and makes others soft', () => {
    const mix = withMuted(withAmount(withAmount(wholeMix, 'talk', 'off'), 'builds', 'soft'), 'Dependabot[bot]', true);
    expect(levelOf(phrase('mona', 'talk.asked'), mix)).toBe(0);
    expect(levelOf(phrase('mona', 'build.done'), mix)).toBeCloseTo(0.35);
    expect(levelOf(phrase('dependabot[bot]', 'code.added'), mix)).toBe(0);
    expect(levelOf(phrase('mona', 'code.added'), mix)).toBe(1);
    expect(levelOf(phrase('dependabot[bot]', 'code.added'), withMuted(mix, 'dependabot[bot]', false))).toBe(1);
    expect(withAmount(mix, 'talk', 'full').kinds).toEqual({ builds: 'soft' });
  });

  test("makes the listener's own happenings 6 dB louder than those of others", () => {
    const mix = { ...wholeMix, mine: 'mona' };
    const ratio = levelOf(phrase('Mona', 'code.added'), mix) / levelOf(phrase('lisa', 'code.added'), mix);
    expect(20 * Math.log10(ratio)).toBeCloseTo(6, 0);
    // Several who are named together are not the listener.
    expect(levelOf(phrase('mona and lisa', 'code.added'), mix)).toBeLessThan(1);
  });

  test('is the same after it was written and read, and leaves other words of an address alone', () => {
    const mix: Mix = {
      kinds: { talk: 'off', security: 'soft' },
      muted: ['bot[bot]', 'lisa'],
      mine: 'mona',
      theme: 'lofi',
    };
    expect(readMix(new URLSearchParams(writeMix(mix).toString()))).toEqual(mix);
    expect(readMix(writeMix(wholeMix))).toBeUndefined();
    const address = new URLSearchParams('phrase=a-1&talk=off&mine=mona');
    expect(withoutMix(address).toString()).toBe('phrase=a-1');
  });

  test('takes from an address only what it knows', () => {
    const many = Array.from({ length: 80 }, (_, index) => `u${index}`).join(',');
    const hostile = new URLSearchParams({
      talk: 'LOUD',
      code: 'full',
      mute: `<b>,,a b,${many}`,
      mine: '"><script>',
      theme: '../x',
    });
    const mix = readMix(hostile);
    expect(mix).toEqual({ kinds: {}, muted: many.split(',').slice(0, 50) });
  });
});
