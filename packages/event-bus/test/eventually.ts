/** Tries again until `check` passes, and returns what it returned; after `ms` its last failure counts. */
export async function eventually<Result>(check: () => Result | Promise<Result>, ms = 30_000): Promise<Result> {
  const end = performance.now() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
