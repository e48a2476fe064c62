/** The form in which names are compared: GitHub ignores case. The one place that knows it. */
export const lower = (name: string): string => name.toLowerCase();
