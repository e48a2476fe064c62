/** What one check of the doctor found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** A server may run with a warning, but something will be missing; with a problem it does not work. */
  readonly status: 'ok' | 'warning' | 'problem';
  /** What was found. */
  readonly message: string;
  /** What to do about it. Absent when there is nothing to do. */
  readonly todo?: string;
}

/** Time in ms that a server has to respond to the doctor. */
export const answerMs = 5000;

export function ok(name: string, message: string): Finding {
  return { name, status: 'ok', message };
}

export function warning(name: string, message: string, todo: string): Finding {
  return { name, status: 'warning', message, todo };
}

export function problem(name: string, message: string, todo: string): Finding {
  return { name, status: 'problem', message, todo };
}
