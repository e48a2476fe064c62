import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseStage } from './stage.ts';

/** A package manager as a stranger uses it. */
export interface Manager {
  readonly name: string;
  /** What npm installs to have it; absent for those that are there. */
  readonly program?: string;
  /** Adds packages to a folder. `program` is where its program is. */
  add(stage: ReleaseStage, folder: string, wishes: readonly string[], program: string): Promise<unknown>;
  /** The command that runs a file there. */
  command(program: string): readonly [command: string, ...args: string[]];
}

const node = process.execPath;

export const managers: readonly Manager[] = [
  {
    name: 'npm',
    add: (stage, folder, wishes) => stage.run('npm', ['install', ...wishes], folder),
    command: () => [node],
  },
  {
    name: 'pnpm',
    add: (stage, folder, wishes) => {
      // Else pnpm would wait until what was published a moment ago is a day old.
      writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'minimumReleaseAge: 0\n');
      return stage.run('pnpm', ['add', ...wishes], folder);
    },
    command: () => [node],
  },
  {
    name: "yarn, with Plug'n'Play",
    program: '@yarnpkg/cli-dist@4/bin/yarn.js',
    add: (stage, folder, wishes, program) => {
      writeFileSync(join(folder, 'yarn.lock'), '');
      return stage.run(node, [program, 'add', ...wishes], folder);
    },
    command: (program) => [node, program, 'node'],
  },
  {
    name: 'yarn 1',
    program: 'yarn@1/bin/yarn.js',
    add: (stage, folder, wishes, program) => stage.run(node, [program, 'add', '--non-interactive', ...wishes], folder),
    command: () => [node],
  },
  {
    name: 'bun',
    program: 'bun@1/bin/bun.exe',
    add: (stage, folder, wishes, program) => stage.run(program, ['add', ...wishes], folder),
    command: (program) => [program],
  },
];

/** Brings the program of a manager; returns where it is. */
export async function bring({ program }: Manager, stage: ReleaseStage): Promise<string> {
  const [, wish = '', name = '', file = ''] = /^((@?[^@]+)@\d+)\/(.+)$/.exec(program ?? '') ?? [];
  if (wish === '') return '';
  const folder = stage.folder(`program-${name.replaceAll('/', '-')}`);
  await stage.run('npm', ['install', wish], folder);
  return join(folder, 'node_modules', name, file);
}
