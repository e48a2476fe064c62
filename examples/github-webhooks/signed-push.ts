import { signWebhook } from '@bnc/github-webhooks';

/** What the programs here and GitHub both know. */
export const secret = 'a secret of at least 16 bytes';

/** A push as GitHub sends it: the body, and the headers that sign it. */
export function signedPush(id = '72d3162e-cc78-11e3-81ab-4c9367dc0958'): RequestInit {
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before: '1'.repeat(40),
    after: '2'.repeat(40),
    commits: [{ id: '2'.repeat(40), message: 'Purr in tune', added: ['purr.ts'], removed: [], modified: ['meow.ts'] }],
    head_commit: { id: '2'.repeat(40), message: 'Purr in tune', timestamp: '2026-11-22T12:00:00Z' },
    repository: { id: 42, full_name: 'cats/choir', private: false },
    sender: { login: 'mona', type: 'User' },
  });
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': id,
    'x-hub-signature-256': signWebhook(secret, body),
  };
  return { method: 'POST', headers, body };
}
