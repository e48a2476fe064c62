import type { Seconds } from '@bnc/contracts';

type Ramp = { readonly kind: 'linear' | 'exponential'; readonly value: number; readonly time: Seconds };
type Target = { readonly kind: 'target'; readonly value: number; readonly time: Seconds; readonly constant: Seconds };
type Curve = {
  readonly kind: 'curve';
  readonly values: readonly number[];
  readonly time: Seconds;
  readonly duration: Seconds;
};
type AutomationEvent = { readonly kind: 'set'; readonly value: number; readonly time: Seconds } | Ramp | Target | Curve;

/** What is scheduled for one parameter, in order of time: the rules of the Web Audio API, 1.6.3 "Computation of value". */
export class Automation {
  readonly #start: State;
  #events: AutomationEvent[] = [];

  /** @param value Before the first event. */
  constructor(value: number) {
    this.#start = { value, time: 0, moving: undefined };
  }

  /** Events in order of time (those of one time in the order in which they were added), each with the value that it begins at. */
  get steps(): readonly { readonly event: AutomationEvent; readonly before: number }[] {
    let state = this.#start;
    return this.#events.map((event) => {
      const step = { event, before: valueIn(state, event.time) };
      state = after(state, event);
      return step;
    });
  }

  add(event: AutomationEvent): void {
    const place = this.#events.findLastIndex(({ time }) => time <= event.time);
    this.#events.splice(place + 1, 0, event);
  }

  /** Removes what begins, or ends as a ramp, at a time or later, and a curve that runs at that time. */
  cancel(from: Seconds): void {
    this.#events = this.#events.filter(
      (event) => event.time < from && !(event.kind === 'curve' && from < event.time + event.duration),
    );
  }

  /** Removes what is later than a time and keeps the value of that time. */
  hold(at: Seconds): void {
    const value = this.valueAt(at);
    const next = this.#events.find(({ time }) => time > at);
    const running = this.#events.findLast(({ time }) => time <= at);
    this.#events = this.#events.filter(({ time }) => time <= at);
    if (next && isRamp(next)) this.add({ kind: next.kind, value, time: at });
    else if (running?.kind === 'target') this.add({ kind: 'set', value, time: at });
    else if (running?.kind === 'curve' && at < endOf(running)) {
      this.#events.pop();
      for (const event of toRamps(running, at)) this.add(event);
    }
  }

  valueAt(at: Seconds): number {
    const before = this.#events.filter(({ time }) => time <= at);
    const next = this.#events[before.length];
    const state = before.reduce(after, this.#start);
    return next && isRamp(next) ? rampValue(next, rampStart(state), at) : valueIn(state, at);
  }
}

/** Whether a value moves to an event, in a line, from the one before. */
export function isRamp(event: AutomationEvent): event is Ramp {
  return event.kind === 'linear' || event.kind === 'exponential';
}

/** The value at a time, and what moves it from then on. */
interface State {
  readonly value: number;
  readonly time: Seconds;
  readonly moving: Target | Curve | undefined;
}

function after(state: State, event: AutomationEvent): State {
  const { time } = event;
  if (event.kind === 'target' || event.kind === 'curve') return { value: valueIn(state, time), time, moving: event };
  return { value: event.value, time, moving: undefined };
}

function valueIn({ value, moving }: State, at: Seconds): number {
  if (moving?.kind === 'curve') return curveValue(moving, at);
  if (moving) {
    return moving.constant === 0
      ? moving.value
      : moving.value + (value - moving.value) * Math.exp((moving.time - at) / moving.constant);
  }
  return value;
}

/** A ramp replaces a target from the start of the target, and begins at the end of a curve. */
function rampStart({ value, time, moving }: State): { readonly value: number; readonly time: Seconds } {
  return moving?.kind === 'curve' ? { value: moving.values.at(-1) ?? value, time: endOf(moving) } : { value, time };
}

function rampValue(ramp: Ramp, from: { readonly value: number; readonly time: Seconds }, at: Seconds): number {
  const share = Math.min(1, Math.max(0, (at - from.time) / (ramp.time - from.time)));
  if (ramp.kind === 'linear') return from.value + share * (ramp.value - from.value);
  const ratio = ramp.value / from.value;
  return ratio > 0 ? from.value * ratio ** share : from.value;
}

function endOf({ time, duration }: Curve): Seconds {
  return time + duration;
}

function curveValue({ values, time, duration }: Curve, at: Seconds): number {
  const place = Math.min(1, (at - time) / duration) * (values.length - 1);
  const left = values[Math.floor(place)] ?? 0;
  return left + (place % 1) * ((values[Math.ceil(place)] ?? 0) - left);
}

/** A curve until a time, as the straight lines that it is made of. */
function toRamps(curve: Curve, end: Seconds): AutomationEvent[] {
  const step = curve.duration / (curve.values.length - 1);
  const points = curve.values
    .map((value, index) => ({ value, time: curve.time + index * step }))
    .filter(({ time }) => time < end);
  return [...points, { value: curveValue(curve, end), time: end }].map((point, index) => ({
    kind: index === 0 ? 'set' : 'linear',
    ...point,
  }));
}
