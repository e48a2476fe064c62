import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

function filesOf(...patterns: readonly string[]): readonly string[] {
  return globSync(patterns, {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**', '**/api.d.ts', '**/CHANGELOG.md', '.toolchain/**'],
  }).toSorted();
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Words of our own that no reader of English expects, and what to write. */
const words: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\banswers\b/i, 'returns; sends; responses'],
  [/\btold\b/i, 'is called with, receives, is sent'],
  [/\bhears? of\b/i, 'receives, is called with'],
  [/\bbeside\b/i, 'next to, compared with'],
  [/\banew\b/i, 'again'],
  [/(?<!\bthere )\b(?:is|are) no (?!longer\b|more\b|less\b|better\b|worse\b|matter\b)/i, 'is not a'],
  [/\b(?:somebody|whoever)\b/i, 'a listener, the caller'],
  [/\b(?:he|his|him)\b/, 'they, their'],
  [/\bone's own\b/i, "of the caller's choice"],
  [/\bshall\b/i, 'must; is to'],
  [/\b(?:just|simply|easy|easily)\b/i, 'nothing: leave it out'],
  [/\bwhat must outlive\b/i, 'what is kept after'],
];

function faultsOf(text: string, file: string, line: number): string[] {
  return text.split('\n').flatMap((content, index) =>
    words.flatMap(([pattern, instead]) => {
      const [found] = pattern.exec(content) ?? [];
      return found === undefined ? [] : [`${file}:${line + index} "${found.trim()}": ${instead}`];
    }),
  );
}

/** Comments, and texts of more than one word: what people read of a program. */
function proseOf(source: ts.SourceFile): { readonly text: string; readonly line: number }[] {
  const found: { text: string; line: number }[] = [];
  const add = (text: string, at: number): void => {
    found.push({ text, line: source.getLineAndCharacterOfPosition(at).line + 1 });
  };
  const seen = new Set<number>();
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []) {
      if (!seen.has(pos)) add(source.text.slice(pos, end), pos);
      seen.add(pos);
    }
    if (
      (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) &&
      node.text.trim().includes(' ') &&
      // Programs in other languages are not prose.
      !/redis\.call|\bSELECT\b|\bINSERT\b/.test(node.text)
    ) {
      add(node.text, node.getStart(source));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
}

function isPlainFunction(declaration: ts.VariableDeclaration): boolean {
  const { initializer, type } = declaration;
  return (
    type === undefined &&
    initializer !== undefined &&
    (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))
  );
}

const sources = filesOf('{apps,packages}/*/src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
const programs = filesOf('{apps,packages,examples}/**/*.ts', 'tools/**/*.{ts,mjs}', '*.ts');

/** Text for people: without code, its lines where they were. */
function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```$|`[^`\n]*`/gm, (code) => code.replaceAll(/[^\n]/g, ''));
}

test.each(filesOf('*.md', 'docs/**/*.md', '{apps,packages,examples}/**/*.md'))(
  '%s is written in plain English',
  (file) => {
    expect(faultsOf(withoutCode(read(file)), file, 1)).toEqual([]);
  },
);

test.each(globSync('{apps,packages}/*/src', { cwd: root }))(
  'comments and messages in %s are written in plain English',
  (folder) => {
    const faults = sources
      .filter((file) => file.startsWith(`${folder}/`))
      .map(parse)
      .flatMap((source) => proseOf(source).flatMap(({ text, line }) => faultsOf(text, source.fileName, line)));
    expect(faults).toEqual([]);
  },
);

test('functions at the top level are declarations, and constants are camelCase', { timeout: 60_000 }, () => {
  const faults = programs.map(parse).flatMap((source) =>
    source.statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => declarationList.declarations)
      .filter((one) => isPlainFunction(one) || /^[A-Z][A-Z0-9_]+$/.test(one.name.getText()))
      .map((one) => `${source.fileName}: ${one.name.getText()}`),
  );
  expect(faults).toEqual([]);
});

test('@throws names the class in braces', () => {
  expect(sources.filter((file) => /@throws (?!\{\w+\})/.test(read(file)))).toEqual([]);
});
