/** The form in which names are compared: GitHub ignores case. The one place that knows it. */
export function lower(name: string): string {
  return name.toLowerCase();
}
