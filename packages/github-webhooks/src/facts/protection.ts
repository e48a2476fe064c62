/** Turns a pattern of branch names into an expression: `*` matches within a part of the name, `**` across, `?` one character. */
const expressionOf = (pattern: string): RegExp => {
  const source = pattern
    .slice(0, 200)
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    // One class each and no nesting: linear, whatever the pattern is.
    .replaceAll(/\*{2,}\/?|\*|\?/g, (wild) => (wild === '?' ? '[^/]' : wild === '*' ? '[^/]*' : '.*'));
  return new RegExp(`^${source}$`);
};

/**
 * Tells whether a branch is protected by one of some patterns.
 * @see https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/managing-a-branch-protection-rule
 */
export const isProtected = (branch: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => pattern === branch || (/[*?]/.test(pattern) && expressionOf(pattern).test(branch)));
