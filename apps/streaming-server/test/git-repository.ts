import { execFileSync } from 'node:child_process';

/** Makes a git repository in a folder, with a commit at each of these times. */
export function makeRepository(folder: string, times: readonly (string | number)[]): void {
  const git = (args: readonly string[], at = ''): void => {
    execFileSync('git', ['-C', folder, '-c', 'user.name=Mona', '-c', 'user.email=mona@example.org', ...args], {
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        ...(at !== '' && { GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at }),
      },
      stdio: 'ignore',
    });
  };
  git(['init', '-q', '-b', 'main']);
  for (const [index, time] of times.entries()) {
    git(['commit', '-q', '--allow-empty', '-m', `Commit ${index}`], new Date(time).toISOString());
  }
}
