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
    expect(access.learn(news(true, 1))).toBe(true);
    expect(access.learn(news(true, 2))).toBe(false);
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

  test('is always given to the demo room', () => {
    const access = new RepositoryAccess({ defaultAccess: 'deny', alwaysPublic: ['bots-n-cats/demo'] });
    expect(access.isPublic('Bots-N-Cats/Demo')).toBe(true);
  });
});
