/** Longest pattern and name that are compared in full. */
const maxLength = 200;

/**
 * Returns whether a rule protects a branch: one of its patterns matches, and none of those that begin with `!`.
 * @see
 * https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/managing-a-branch-protection-rule
 */
export function isProtected(branch: string, patterns: readonly string[]): boolean {
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && matches(branch, pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && matches(branch, pattern.slice(1)))
  );
}

/**
 * Returns whether a name matches a pattern: `*` stands for anything between two slashes, `**` for anything, a double
 * star with a slash for any number of parts, `?` for one character except a slash. Follows all readings at once, so the
 * cost depends on the two lengths and not on the contents.
 */
function hasPattern(name: string, pattern: string): boolean {
  const signs = pattern.slice(0, maxLength).match(/\*{2,}\/?|./gsu) ?? [];
  /** Adds a place in the pattern, and the places after it that may stand for nothing. */
  const enter = (places: Set<number>, first: number): void => {
    for (let place = first; ; place++) {
      places.add(place);
      if (!signs[place]?.startsWith('*')) return;
    }
  };
  let places = new Set<number>();
  enter(places, 0);
  for (const letter of name.slice(0, maxLength + 1)) {
    const next = new Set<number>();
    for (const place of places) {
      const sign = signs[place] ?? '';
      if (sign.startsWith('**')) {
        if (!sign.endsWith('/') || letter === '/') enter(next, place + 1);
        next.add(place);
      } else if (sign === '*') {
        if (letter !== '/') enter(next, place);
      } else if (sign === letter || (sign === '?' && letter !== '/')) enter(next, place + 1);
    }
    places = next;
  }
  return places.has(signs.length);
}

function matches(branch: string, pattern: string): boolean {
  return pattern === branch || (/[*?]/.test(pattern) && hasPattern(branch, pattern));
}
