/** What the page remembers on this device. A browser that refuses to store anything costs only the memory. */
export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a text on this device, where the browser allows it. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // The page works without it.
  }
}
