import { type Finding, ok, problem, warning } from './finding.ts';

/** Difference of clocks in ms that people can hear: a phrase starts at the same moment by the clocks of all servers. */
const heardMs = 100;
const wrongMs = 2000;

/** Judges how far another clock is ahead of this one. */
export function clockFinding(whose: string, aheadMs: number, errorMs: number): Finding {
  const name = 'clock';
  const off = Math.max(0, Math.abs(aheadMs) - errorMs);
  const shown = `${Math.round(Math.abs(aheadMs))} ms ${aheadMs > 0 ? 'behind' : 'ahead of'} ${whose}`;
  const todo = 'Keep the clocks of all machines in step with NTP, such as chrony or systemd-timesyncd.';
  if (off > wrongMs) return problem(name, `this machine is ${shown}`, todo);
  if (off > heardMs) return warning(name, `this machine is ${shown}`, todo);
  return ok(name, `in step with ${whose}, within ${Math.max(1, Math.ceil(errorMs))} ms`);
}
