import type { GitHubDelivery } from '@bnc/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { read } from '../test/listener.ts';
import { deleted, push, sha, startMs, status, type Timed } from '../test/payloads.ts';
import { Storyteller } from './storyteller.ts';

const told: string[] = [];
const tellers: Storyteller[] = [];

function teller(options: { readonly maxRepositories?: number } = {}): Storyteller {
  const made = new Storyteller({
    ...options,
    onHeard({ activities }, repositoryId) {
      for (const { title } of activities) told.push(`${Date.now() - startMs} ${repositoryId}: ${title}`);
    },
  });
  tellers.push(made);
  return made;
}

let deliveries = 0;

function kept(timed: Timed, id: number): GitHubDelivery {
  const delivery = read(timed, `d${deliveries++}`, startMs);
  if (!delivery) throw new Error('The delivery does not count.');
  return { ...delivery, repositoryId: id };
}

beforeEach(() => {
  told.length = 0;
  vi.useFakeTimers({ now: startMs, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  for (const each of tellers.splice(0)) each.close();
  vi.useRealTimers();
});

describe('Storyteller', () => {
  it('reports at once, and later what becomes due, for each repository alone', async () => {
    const story = teller();
    story.hear(kept(push(0), 1));
    story.hear(kept(deleted(0, { branch: 'idea' }), 1));
    story.hear(kept(deleted(0, { branch: 'idea' }), 2));
    await vi.advanceTimersByTimeAsync(100);
    story.hear(kept(status(0), 2));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(told).toEqual([
      '0 1: Pushed 1 commit to main: Purr in tune',
      '3000 1: Deleted branch idea',
      '3000 2: Deleted branch idea',
      '60100 2: ci/kitty passed on main',
    ]);
  });

  it('hears a log that is read again at the times of the log', async () => {
    const story = teller();
    const past = startMs - 86_400_000;
    story.hear(kept(deleted(0, { branch: 'idea' }), 1), past);
    story.hear(kept(status(0), 1), past + 1000);
    story.hear(kept(push(0), 1), past + 120_000);
    expect(told).toEqual([
      '0 1: Deleted branch idea',
      '0 1: ci/kitty passed on main',
      '0 1: Pushed 1 commit to main: Purr in tune',
    ]);
    story.hear(kept(deleted(0, { branch: 'other' }), 1), past + 130_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(told.at(-1)).toBe('0 1: Deleted branch other');
  });

  it('forgets the repository that was quiet longest, and reports what it waits for first', () => {
    const story = teller({ maxRepositories: 2 });
    story.hear(kept(deleted(0, { branch: 'idea' }), 1));
    story.hear(kept(push(0), 2));
    expect(told).toEqual(['0 2: Pushed 1 commit to main: Purr in tune']);
    story.hear(kept(push(0), 3));
    expect(told.slice(1)).toEqual(['0 1: Deleted branch idea', '0 3: Pushed 1 commit to main: Purr in tune']);
  });

  it('keeps the repository that was heard last', () => {
    const story = teller({ maxRepositories: 2 });
    story.hear(kept(push(0), 1));
    story.hear(kept(push(0), 2));
    story.hear(kept(push(0, { before: sha(2), after: sha(3) }), 1));
    story.hear(kept(push(0), 3));
    expect(story.hear(kept(push(0), 1)).isDuplicate).toBe(true);
    expect(story.hear(kept(push(0), 2)).isDuplicate).toBe(false);
  });

  it('reports nothing after it was closed', async () => {
    const story = teller();
    story.hear(kept(deleted(0, { branch: 'idea' }), 1));
    story.close();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(told).toEqual([]);
  });

  it('keeps no process alive', () => {
    vi.useRealTimers();
    const story = teller();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    story.hear(kept(deleted(0, { branch: 'idea' }), 1));
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before);
  });
});
