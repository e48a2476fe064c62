import { Automation, isRamp } from './automation.ts';

type Scheduling = Pick<
  AudioParam,
  | 'setValueAtTime'
  | 'linearRampToValueAtTime'
  | 'exponentialRampToValueAtTime'
  | 'setTargetAtTime'
  | 'setValueCurveAtTime'
  | 'cancelScheduledValues'
  | 'cancelAndHoldAtTime'
>;

/**
 * Corrects targets and curves that start in the future, in every context of this process. The engine (web-audio-api
 * 1.6) begins them as soon as the event before them has ended, back in time: a gain that should start at 0.5 starts at
 * 36. It does not when an event stands at their start. So what is scheduled is also kept here, and when a render
 * starts, the parameters that have such targets or curves are scheduled again, with the value of that time in front of
 * each.
 *
 * The changed methods stay, and cost time in every call: for a process that ends after its render.
 */
export function mendAutomation(): void {
  const param = AudioParam.prototype;
  const context = OfflineAudioContext.prototype;
  const native: Scheduling = {
    setValueAtTime: param.setValueAtTime,
    linearRampToValueAtTime: param.linearRampToValueAtTime,
    exponentialRampToValueAtTime: param.exponentialRampToValueAtTime,
    setTargetAtTime: param.setTargetAtTime,
    setValueCurveAtTime: param.setValueCurveAtTime,
    cancelScheduledValues: param.cancelScheduledValues,
    cancelAndHoldAtTime: param.cancelAndHoldAtTime,
  };
  const value = Object.getOwnPropertyDescriptor(param, 'value');
  const { startRendering } = context;
  const kept = new WeakMap<AudioParam, Automation>();
  const wrong = new Set<AudioParam>();

  const automationOf = (of: AudioParam): Automation => {
    const automation = kept.get(of) ?? new Automation(of.value);
    kept.set(of, automation);
    return automation;
  };

  /** Calls the engine, which also checks the arguments, and keeps what is scheduled. */
  const record = <Name extends keyof Scheduling>(
    name: Name,
    keep: (automation: Automation, given: Parameters<Scheduling[Name]>, of: AudioParam) => void,
  ): void => {
    Object.defineProperty(param, name, {
      configurable: true,
      writable: true,
      value(this: AudioParam, ...given: Parameters<Scheduling[Name]>): AudioParam {
        const automation = automationOf(this);
        Reflect.apply(native[name], this, given);
        keep(automation, given, this);
        return this;
      },
    });
  };
  record('setValueAtTime', (automation, [to, time]) => automation.add({ kind: 'set', value: to, time }));
  record('linearRampToValueAtTime', (automation, [to, time]) => automation.add({ kind: 'linear', value: to, time }));
  record('exponentialRampToValueAtTime', (automation, [to, time]) =>
    automation.add({ kind: 'exponential', value: to, time }),
  );
  record('setTargetAtTime', (automation, [to, time, constant], of) => {
    automation.add({ kind: 'target', value: to, time, constant });
    if (time > 0) wrong.add(of);
  });
  record('setValueCurveAtTime', (automation, [values, time, duration], of) => {
    automation.add({ kind: 'curve', values: [...values], time, duration });
    if (time > 0) wrong.add(of);
  });
  record('cancelScheduledValues', (automation, [from]) => automation.cancel(from));
  record('cancelAndHoldAtTime', (automation, [at]) => automation.hold(at));
  Object.defineProperty(param, 'value', {
    ...value,
    set(this: AudioParam, to: number) {
      value?.set?.call(this, to);
      kept.get(this)?.add({ kind: 'set', value: to, time: 0 });
    },
  });

  const reschedule = (of: AudioParam): void => {
    const { steps } = automationOf(of);
    native.cancelScheduledValues.call(of, 0);
    for (const [index, { event, before }] of steps.entries()) {
      const { time } = event;
      if (event.kind === 'set') native.setValueAtTime.call(of, event.value, time);
      else if (isRamp(event)) {
        const ramp = event.kind === 'linear' ? native.linearRampToValueAtTime : native.exponentialRampToValueAtTime;
        ramp.call(of, event.value, time);
      } else {
        const next = steps[index + 1]?.event;
        native.setValueAtTime.call(of, before, time);
        if (event.kind === 'curve') native.setValueCurveAtTime.call(of, [...event.values], time, event.duration);
        // A ramp that follows replaces the target: both begin at its start.
        else if (!next || !isRamp(next)) native.setTargetAtTime.call(of, event.value, time, event.constant);
      }
    }
  };
  context.startRendering = function (this: OfflineAudioContext) {
    for (const each of wrong) reschedule(each);
    wrong.clear();
    return startRendering.call(this);
  };
}
