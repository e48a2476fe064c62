/** Writes changelogs for their readers: what changesets say, without the ids of commits, and one line for what is needed. */

/** A package of a release, as changesets passes it. */
interface Release {
  readonly name: string;
  readonly newVersion: string;
}

/** Returns what a changeset says, as an entry of a list. */
export function getReleaseLine({ summary }: { readonly summary: string }): Promise<string> {
  const [first = '', ...rest] = summary.trim().split('\n');
  return Promise.resolve([`- ${first}`, ...rest.map((line) => (line.trim() === '' ? '' : `  ${line}`))].join('\n'));
}

/** Returns the versions of our other packages that a package needs now; nothing where none has changed. */
export function getDependencyReleaseLine(_: unknown, releases: readonly Release[]): Promise<string> {
  const needs = releases.map(({ name, newVersion }) => `\`${name}\` ${newVersion}`);
  return Promise.resolve(needs.length === 0 ? '' : `- Needs ${needs.join(', ')}.`);
}
