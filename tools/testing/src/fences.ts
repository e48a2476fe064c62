/** A block of code in a page of the docs. */
export interface Fence {
  /** The words after the three backticks, such as `ts` or `ts page`. */
  readonly info: string;
  /** Line of the page on which the code begins. */
  readonly line: number;
  readonly code: string;
  /** What the page says that the code prints, line by line; `…` stands for any text. */
  readonly shown: readonly string[];
  /** The file that later code of the page imports, where the first line names one: such code is not run by itself. */
  readonly name?: string;
}

/** Reads the blocks of code of a page. */
export function fencesOf(text: string): readonly Fence[] {
  const fences: Fence[] = [];
  for (const match of text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) {
    const [, info = '', code = ''] = match;
    const before = fences.at(-1);
    if (info === '' && before && before.shown.length === 0) {
      // A block without a language is what the code before it prints.
      fences[fences.length - 1] = { ...before, shown: code.trimEnd().split('\n') };
      continue;
    }
    const [, name] = /^\/\/ ([\w-]+\.ts)\n/.exec(code) ?? [];
    const line = text.slice(0, match.index).split('\n').length + 1;
    fences.push({ info, line, code, shown: shownBy(info, code), ...(name !== undefined && { name }) });
  }
  return fences;
}

/** The last lines of a program that are comments, and the lines after a command. */
function shownBy(info: string, code: string): readonly string[] {
  const lines = code.trimEnd().split('\n');
  if (info === 'console') return lines.slice(1);
  const program = lines.findLastIndex((line) => !line.startsWith('// '));
  return info.startsWith('ts') ? lines.slice(program + 1).map((line) => line.slice(3)) : [];
}

/** Returns the first line in which the output of a program is not what its page shows. */
export function differenceOf(output: string, shown: readonly string[]): string | undefined {
  const lines = output.trimEnd().split('\n');
  const length = Math.max(lines.length, shown.length);
  const at = Array.from({ length }, (_, index) => index).find((index) => !matches(lines[index], shown[index]));
  return at === undefined
    ? undefined
    : `prints in line ${at + 1}: ${lines[at] ?? '(nothing)'}\nthe page says:    ${shown[at] ?? '(nothing)'}`;
}

function matches(line: string | undefined, pattern: string | undefined): boolean {
  if (line === undefined || pattern === undefined) return (line ?? '') === '' && (pattern ?? '') === '';
  const parts = pattern.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(line);
}
