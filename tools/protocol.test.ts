import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function sourcesOf(folder: string): string {
  return globSync(`${folder}/**/*.ts`, { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .map(read)
    .join('\n');
}

function matchesOf(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map(([, name = '']) => name));
}

/** The lines of a page from a heading to the next one of its level. */
function sectionOf(page: string, heading: string): string {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(page) ?? [];
  expect(section, heading).not.toBe('');
  return section;
}

const protocol = read('docs/protocol.md');
const server = sourcesOf('apps/streaming-server/src');

/** The messages of a stream, and the fields of their data, as the contracts declare them. */
function declaredMessages(): ReadonlyMap<string, readonly string[]> {
  const file = 'packages/contracts/src/stream.ts';
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const data = source.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === 'StreamData',
  );
  const members = [...(data?.members ?? [])].filter((member) => ts.isPropertySignature(member));
  return new Map(
    members.map(({ name, type }) => [
      name.getText(source),
      type && ts.isTypeLiteralNode(type) ? type.members.map((member) => member.name?.getText(source) ?? '') : [],
    ]),
  );
}

describe('the messages of the protocol', () => {
  const rows = new Map(
    [...sectionOf(protocol, 'The stream').matchAll(/^\| `(\w+)` \| (.*?) \| .* \|$/gm)].map(
      ([, type = '', data = '']) => [
        type,
        // What stands in parentheses are values.
        matchesOf(data.replaceAll(/\([^)]*\)/g, ''), /`(\w+)`/g),
      ],
    ),
  );

  test.each([...declaredMessages()])('name %s and all of its fields, and no others', (type, fields) => {
    expect(rows.get(type)).toEqual(new Set(fields));
  });

  test('are those of the contracts', () => {
    const declared = [...declaredMessages().keys()];
    // The tables of fields that follow have other first columns.
    const [table = ''] = /^\| `type` \|[\s\S]*?\n\n/m.exec(protocol) ?? [];
    expect(matchesOf(table, /^\| `(\w+)` \| .*\|$/gm)).toEqual(new Set(['type', ...declared]));
  });
});

describe('the codes', () => {
  test('over HTTP are those that the server and its packages have', () => {
    const rows = matchesOf(sectionOf(protocol, 'Errors over HTTP'), /^\| `([A-Z][A-Z_]+)` \|/gm);
    for (const code of matchesOf(server, /new HttpError\(\s*\d+,\s*'([A-Z_]+)'/g)) expect(rows).toContain(code);
    const known = matchesOf(server + sourcesOf('packages/{sse,github-webhooks}/src'), /'([A-Z][A-Z_]+)'/g);
    expect([...rows].filter((code) => !known.has(code) && !code.startsWith('FST_'))).toEqual([]);
  });

  test('of `error` messages are those of the renderer', () => {
    const [, union = ''] = /type RenderErrorCode =([^;]+);/.exec(read('packages/offline-renderer/src/errors.ts')) ?? [];
    const rows = matchesOf(sectionOf(protocol, 'Codes in `error` messages'), /`(RENDER_\w+)`/g);
    expect([...rows].filter((code) => !union.includes(`'${code}'`))).toEqual([]);
    // These two are of what the server does not do: it asks no score for a loudness that it cannot have.
    const missing = [...matchesOf(union, /'(\w+)'/g)].filter((code) => !rows.has(code));
    expect(missing).toEqual(['RENDER_LOUDNESS']);
  });

  test('of the command line are explained in the operations, and no others', () => {
    const [, union = ''] = /type CliErrorCode =([^;]+);/.exec(server) ?? [];
    expect(matchesOf(read('docs/operations.md'), /^\| `(CLI_[A-Z]+)` \|/gm)).toEqual(matchesOf(union, /'(\w+)'/g));
  });

  test('of settings are explained in the operations, and no others', () => {
    const declared = matchesOf(server, /'(CONFIG_[A-Z_]+)'/g);
    expect(matchesOf(read('docs/operations.md'), /`(CONFIG_[A-Z_]+)`/g)).toEqual(declared);
  });
});
