import { plain } from './untrusted.ts';

/** Completes the title of a verdict: whether the branch is green again, which attempt it is, and what failed. */
export function verdictTitle(
  title: string,
  {
    isFixed = false,
    attempt = 1,
    failed = [],
  }: { readonly isFixed?: boolean; readonly attempt?: number; readonly failed?: readonly string[] },
): string {
  return plain(
    `${title}${isFixed ? ' again' : ''}${attempt > 1 ? ` (attempt ${attempt})` : ''}${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`,
    200,
  );
}
