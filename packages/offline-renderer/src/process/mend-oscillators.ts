/** Browsers scale saws and squares down until no overshoot of their partials (1.179 at every edge) is above 1. */
const browserLevel = 1 / 1.17898;

function levelFor(type: OscillatorType): number {
  return type === 'sawtooth' || type === 'square' ? browserLevel : 1;
}

/**
 * Gives saws and squares the level that they have in browsers, in every context of this process: the engine's are 1.4 dB louder,
 * which also changes the sound where one modulates another. Each oscillator gets a gain of its own behind it.
 */
export function mendOscillators(): void {
  const oscillator = OscillatorNode.prototype;
  const { connect } = AudioNode.prototype;
  const { setPeriodicWave } = oscillator;
  const type = Object.getOwnPropertyDescriptor(oscillator, 'type');
  const levels = new WeakMap<OscillatorNode, GainNode>();

  const levelOf = (of: OscillatorNode): GainNode => {
    const known = levels.get(of);
    if (known) return known;
    const level = of.context.createGain();
    level.gain.value = levelFor(of.type);
    Reflect.apply(connect, of, [level]);
    levels.set(of, level);
    return level;
  };
  const setLevel = (of: OscillatorNode): void => {
    const level = levels.get(of);
    if (level) level.gain.value = levelFor(of.type);
  };
  Object.defineProperties(oscillator, {
    connect: {
      configurable: true,
      value(this: OscillatorNode, ...given: Parameters<AudioNode['connect']>) {
        return Reflect.apply(connect, levelOf(this), given) as AudioNode | undefined;
      },
    },
    disconnect: {
      configurable: true,
      value(this: OscillatorNode, ...given: []) {
        levelOf(this).disconnect(...given);
      },
    },
    type: {
      ...type,
      set(this: OscillatorNode, to: OscillatorType) {
        type?.set?.call(this, to);
        setLevel(this);
      },
    },
    setPeriodicWave: {
      configurable: true,
      value(this: OscillatorNode, wave: PeriodicWave) {
        setPeriodicWave.call(this, wave);
        setLevel(this);
      },
    },
  });
}
