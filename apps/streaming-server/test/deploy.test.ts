import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, matchesGlob, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings } from '../src/settings/config.ts';

const root = resolve(import.meta.dirname, '../../..');

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

describe('the files for containers', () => {
  const dockerfile = read('deploy/Dockerfile');
  const compose = read('deploy/compose.yaml');

  test('run the program that the package names as its command, from where the build has put it', () => {
    const [, folder = ''] = /npm run export -- (\S+)/.exec(dockerfile) ?? [];
    expect(dockerfile).toContain(`COPY --from=build ${folder} ${folder}\n`);
    const { bin } = JSON.parse(read('apps/streaming-server/package.json')) as { bin: Record<string, string> };
    expect(dockerfile).toContain(`"node", "${join(folder, bin.bnc ?? '')}"]`);
  });

  test('take a Node that the packages support', () => {
    const majors = [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => major);
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(new Set(majors).size).toBe(1);
    expect(engines.node).toMatch(new RegExp(`\\^${majors[0]}\\.`));
  });

  test('set nothing that the server does not read', () => {
    const [, environment = ''] = /environment:(.*?)depends_on:/s.exec(compose) ?? [];
    const names = [
      ...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=/g),
      ...environment.matchAll(/^ +(\w+):/gm),
    ].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(10);
    const known = new Set([...settings.map(({ variable }) => variable), 'NODE_ENV']);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test('send the build what is in git, and nothing that a clone has made or keeps secret', () => {
    const patterns = read('deploy/Dockerfile.dockerignore').trim().split('\n');
    const isIgnored = (file: string): boolean =>
      patterns.some((pattern) => matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`));
    const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    expect(tracked.filter(isIgnored)).toEqual([]);
    for (const line of read('.gitignore').trim().split('\n')) {
      expect(isIgnored(line.replace(/\/$/, '').replaceAll('*', 'x')), line).toBe(true);
    }
  });
});
