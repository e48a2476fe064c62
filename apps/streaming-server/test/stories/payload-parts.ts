import { createHash } from 'node:crypto';

/** The repository that payloads are of, and when they are sent. */
export interface Scene {
  readonly repoId: string;
  readonly repositoryId: number;
  /** When it happens, in epoch milliseconds: payloads tell whole seconds. */
  readonly at: number;
}

/** Who did it. */
export interface By {
  readonly by: string;
}

/** What is about a pull request or an issue. */
export interface OfPull extends By {
  readonly number: number;
  readonly title?: string;
}

/** An object of a payload. */
export type Json = Readonly<Record<string, unknown>>;

/** The default branch. */
export const home: string = 'main';

/** A whole number that is the same for the same text. */
export function idOf(text: string): number {
  return Number.parseInt(createHash('sha1').update(text).digest('hex').slice(0, 8), 16);
}

/** The id of a commit of this name; zeros for none, as GitHub writes what did not exist. */
export function commitId(name: string): string {
  return name === '' ? '0'.repeat(40) : createHash('sha1').update(name).digest('hex');
}

/** A time as GitHub writes it. */
export function iso(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** A person or a program. */
export function account(login: string): Json {
  return {
    login,
    id: idOf(login),
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    html_url: `https://github.com/${login.endsWith('[bot]') ? `apps/${login.slice(0, -5)}` : login}`,
  };
}

/** A page of the repository. */
export function linkTo({ repoId }: Scene, path: string): string {
  return `https://github.com/${repoId}/${path}`;
}

/** What every payload has. */
export function envelope(scene: Scene, by: string): Json {
  const { repoId, repositoryId, at } = scene;
  const [owner = '', name = ''] = repoId.split('/');
  return {
    repository: {
      id: repositoryId,
      name,
      full_name: repoId,
      private: false,
      html_url: `https://github.com/${repoId}`,
      owner: { ...account(owner), type: 'Organization' },
      default_branch: home,
      language: 'TypeScript',
      pushed_at: iso(at),
      updated_at: iso(at),
    },
    sender: account(by),
  };
}

/** What every payload has of a pull request. */
export function pullOf(scene: Scene, { number, title = `Idea ${number}` }: Pick<OfPull, 'number' | 'title'>): Json {
  return {
    id: 7_000_000 + number,
    number,
    title,
    html_url: linkTo(scene, `pull/${number}`),
    updated_at: iso(scene.at),
  };
}
