/** Tries again until `check` passes; after `ms` its last failure counts. */
export async function eventually(check: () => unknown, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
