import { type DayDraft, second } from './day-draft.ts';

const jobs = Array.from({ length: 12 }, (_, index) => `unit ${index + 1}`);

/** A run of twelve jobs, told in 28 deliveries; of one job when it is tried again. Returns when it ends. */
export function addRun(
  day: DayDraft,
  from: number,
  {
    plan,
    number,
    attempt = 1,
    ...on
  }: {
    readonly plan: { readonly isRed: boolean; readonly isRecovery: boolean };
    readonly number: number;
    readonly attempt?: number;
    readonly sha: string;
    readonly branch: string;
    readonly by: string;
    readonly pull?: number;
  },
): number {
  const run = 10_000 + number;
  const { pull, ...build } = on;
  const about = { ...build, run, number, attempt, ...(pull !== undefined && { pull, on: 'pull_request' }) };
  const suite = 50_000_000 + run;
  const conclusion = plan.isRed ? 'failure' : 'success';
  day.add(from, 'workflow_run', { action: 'requested', ...about });
  day.add(from + day.between(3, 9) * second, 'workflow_run', { action: 'in_progress', ...about });
  const names = attempt > 1 ? jobs.slice(0, 1) : jobs;
  const ends = names.map((name, index) => {
    const at = from + day.between(40, 350) * second;
    const ended = index === 0 ? conclusion : 'success';
    const job = run * 100 + attempt * 20 + index;
    day.add(at, 'check_run', { action: 'completed', check: job, suite, name, conclusion: ended, ...build });
    day.add(at + 400, 'workflow_job', {
      action: 'completed',
      job,
      run,
      attempt,
      name,
      conclusion: ended,
      ...build,
    });
    return at;
  });
  const endsAfterMs = Math.max(...ends) + day.between(1, 3) * second;
  const deliveryId = day.add(endsAfterMs, 'workflow_run', { action: 'completed', conclusion, ...about });
  day.add(endsAfterMs + day.between(-800, 800), 'check_suite', { suite, conclusion, ...build });
  day.verdicts.push({ deliveryId, endsAfterMs, ...plan });
  return endsAfterMs;
}
