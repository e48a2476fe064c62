import { describe, expect, test } from 'vitest';
import { RepositoryAccess } from './repository-access.ts';

const news = (isPrivate: boolean, occurredAt: number, repoId = 'Owner/Repo') => ({
  repoId,
  repositoryId: 7,
  isPrivate,
  occurredAt,
});

describe('access to a repository', () => {
  test("follows the operator's choice while nothing is known of it", () => {
    expect(new RepositoryAccess({ defaultAccess: 'public' }).isPublic('a/b')).toBe(true);
    expect(new RepositoryAccess({ defaultAccess: 'deny' }).isPublic('a/b')).toBe(false);
  });

  test('follows what its deliveries say, without regard to case', () => {
    const access = new RepositoryAccess({ defaultAccess: 'deny' });
    access.learn(news(false, 1));
    expect(access.isPublic('owner/REPO')).toBe(true);
  });

  test('ends for strangers as soon as a delivery says private, and says so once', () => {
    const access = new RepositoryAccess({ defaultAccess: 'public' });
    expect(access.learn(news(true, 1))).toEqual({ isClosed: true });
    expect(access.learn(news(true, 2))).toEqual({ isClosed: false });
    expect(access.isPublic('owner/repo')).toBe(false);
  });

  test('is not given back by a delivery that is older than the one that took it', () => {
    const access = new RepositoryAccess({ defaultAccess: 'public' });
    access.learn(news(true, 10));
    access.learn(news(false, 5));
    expect(access.isPublic('owner/repo')).toBe(false);
    access.learn(news(false, 11));
    expect(access.isPublic('owner/repo')).toBe(true);
  });

  test('follows a repository through all its names, until another one takes a name', () => {
    const access = new RepositoryAccess({ defaultAccess: 'deny' });
    access.learn(news(false, 1, 'choir/old'));
    expect(access.learn(news(false, 2, 'choir/new'))).toEqual({ isClosed: false, movedFrom: 'choir/old' });
    expect(access.learn(news(false, 3, 'band/newest'))).toEqual({ isClosed: false, movedFrom: 'choir/new' });
    expect(access.spelling('Choir/OLD')).toBe('band/newest');
    expect(access.isPublic('choir/old', 7)).toBe(true);
    expect(access.learn({ ...news(true, 4, 'choir/old'), repositoryId: 8 })).toEqual({ isClosed: true });
    expect(access.isPublic('choir/old')).toBe(false);
    expect(access.spelling('choir/new')).toBe('band/newest');
  });

  test('moves with news of a new name whatever its clock says, and not with a late delivery under the old one', () => {
    const access = new RepositoryAccess({ defaultAccess: 'public' });
    access.learn(news(false, 10, 'choir/old'));
    const moved = { ...news(false, 5, 'choir/new'), previousRepoId: 'choir/old' };
    expect(access.learn(moved)).toEqual({ isClosed: false, movedFrom: 'choir/old' });
    expect(access.learn(news(false, 9, 'choir/old'))).toEqual({ isClosed: false });
    expect(access.spelling('choir/old')).toBe('choir/new');
  });

  test('does not open a private repository to those who know its old name', () => {
    const access = new RepositoryAccess({ defaultAccess: 'public' });
    access.learn(news(true, 1, 'choir/old'));
    access.learn(news(true, 2, 'choir/new'));
    expect(access.isPublic('choir/old')).toBe(false);
  });

  test('is always given to the demo room', () => {
    const access = new RepositoryAccess({ defaultAccess: 'deny', alwaysPublic: ['bots-n-cats/demo'] });
    expect(access.isPublic('Bots-N-Cats/Demo')).toBe(true);
  });
});
