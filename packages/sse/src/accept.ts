const specificity: Readonly<Record<string, number>> = { 'text/event-stream': 3, 'text/*': 2, '*/*': 1 };

/**
 * Tells whether an `Accept` header admits an event stream. The most specific range decides, `q=0` refuses,
 * no header admits everything (RFC 9110, 12.5.1).
 */
export function acceptsEventStream(accept: string | undefined): boolean {
  if (!accept || accept === 'text/event-stream') return true;
  let best = 0;
  let admitted = false;
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const rank = specificity[type] ?? 0;
    if (rank <= best) continue;
    best = rank;
    admitted = !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  }
  return admitted;
}
